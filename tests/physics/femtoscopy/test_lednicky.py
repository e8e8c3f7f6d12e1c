"""Lednický–Lyuboshits against the reference, its closed form, and the full wave."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from scipy.special import dawsn
from torch import Tensor

from hadronlab.physics.femtoscopy.lednicky import Lednicky, shortfall, threshold_amplitude
from hadronlab.physics.femtoscopy.pair import pair_weights
from hadronlab.physics.femtoscopy.sources import Gaussian
from hadronlab.physics.scattering.coulomb_waves import bohr_constant


def tensor(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def closed_form(k: Tensor, t: Tensor, r_eff: float, R: float) -> Tensor:
    f, z = t / k, 2 * k * R
    f1 = torch.as_tensor(dawsn(z.numpy())) / z
    f2 = -torch.expm1(-(z**2)) / z
    inside = 1 - r_eff / (2 * math.sqrt(math.pi) * R)
    return f.abs() ** 2 / (2 * R**2) * inside + 2 * f.real / (math.sqrt(math.pi) * R) * f1 - f.imag / R * f2


@pytest.mark.parametrize("R", [0.8, 1.2])
@pytest.mark.parametrize("name", ["omega_ccc", "omega_omega", "n_omega", "n_phi"])
def test_reference(reference: dict[str, Any], momenta, name: str, R: float) -> None:
    entry, source = reference["e_lednicky"][name], Gaussian(R)
    k, r_eff = momenta(entry["k_MeV"]), entry["effective_range_fm"]
    formula, inverse = Lednicky(k, reach=source.reach), 1 / entry["scattering_length_fm"]
    for key, r_amplitude, r_inside in (
        ("C_minus_1", r_eff, r_eff),
        ("C_minus_1_zero_range", 0.0, 0.0),
        ("C_minus_1_without_range_correction", r_eff, 0.0),
    ):
        t = threshold_amplitude(k, inverse, r_amplitude)
        found, expected = formula.change(t, r_inside, source.density), tensor(entry[f"R={R}"][key])
        assert float(((found - expected) / (1 + expected).clamp(min=1)).abs().max()) < 1e-7
        torch.testing.assert_close(found, closed_form(k, t, r_inside, R), rtol=0, atol=1e-12)


def test_absorption() -> None:
    """Im f0 > 0: fewer come out than go in, |1 + 2it| < 1, and the closed form holds all the same."""
    k, source = tensor([0.05, 0.3, 0.8]), Gaussian(1.5)
    t = threshold_amplitude(k, -1 / torch.tensor(0.9 + 0.4j, dtype=torch.complex128), 1.0)
    assert bool(((1 + 2j * t).abs() < 1).all())
    found = Lednicky(k, reach=source.reach).change(t, 1.0, source.density)
    torch.testing.assert_close(found, closed_form(k, t, 1.0, 1.5), rtol=0, atol=1e-12)


def test_protons(reference: dict[str, Any], protons, momenta) -> None:
    """Threshold phases, and C where it is a substitute and where it is none: 3.49 for 4.38 at R = 1.2 fm."""
    entry = reference["f_pp_reid"]
    a, r = entry["coulomb_scattering_length_fm"], entry["coulomb_effective_range_fm"]
    k = momenta(entry["k_MeV"][:4])
    t = threshold_amplitude(k, 1 / a, r, protons.bohr)
    torch.testing.assert_close(torch.angle(t), tensor(entry["delta_rad"][:4]), rtol=0, atol=4e-4)
    torch.testing.assert_close(t.abs(), torch.sin(torch.angle(t)), rtol=1e-12, atol=0)
    weights = pair_weights(0.5, 0.5, identical=True)
    k = k[3:]  # 20 MeV/c
    for R, formula, full in ((1.2, 3.49, 4.38), (3.0, 1.538, 1.556)):
        source = Gaussian(R)
        calculation = protons.koonin_pratt(source, k)
        terms, change = (
            calculation.background(source.density),
            calculation.change(protons.resolvent, source.density),
        )
        missed = shortfall(calculation, protons.resolvent, source.density, 1 / a, r)
        assert float(weights(*terms, {0.0: change})) == pytest.approx(full, abs=0.006)
        assert float(weights(*terms, {0.0: change + missed})) == pytest.approx(formula, abs=0.006)


def test_a_tiny_charge_joins_the_neutral_formula() -> None:
    k, source = tensor([0.1, 0.6]), Gaussian(2.0)
    found = []
    for bohr in (0.0, bohr_constant(1, 500.0) * 1e-7):
        t = threshold_amplitude(k, 0.3, 2.0, bohr)
        found.append(Lednicky(k, bohr, reach=source.reach).change(t, 2.0, source.density))
    torch.testing.assert_close(found[1], found[0], rtol=0, atol=1e-7)  # η = 2e-8
    assert not torch.equal(found[1], found[0])


def test_differentiable_in_all_it_is_fitted_with() -> None:
    k, bohr = tensor([0.1, 0.5]), bohr_constant(1, 469.0)
    formula = Lednicky(k, bohr, reach=30.0)

    def change(p: Tensor) -> Tensor:
        return formula.change(threshold_amplitude(k, p[0], p[1], bohr), p[1], Gaussian(p[2]).density)

    assert torch.autograd.gradcheck(change, (tensor([-0.13, 2.8, 1.7]).requires_grad_(),), atol=1e-8)


def test_bins_have_their_own_parameters() -> None:
    k, R = tensor([0.1, 0.5, 0.9]), tensor([1.5, 2.0])
    inverse, r = tensor([-0.1, 0.4]), tensor([2.0, 1.0])
    formula = Lednicky(k, reach=30.0)
    together = formula.change(threshold_amplitude(k, inverse, r), r, Gaussian(R).density)
    for i in range(2):
        t = threshold_amplitude(k, float(inverse[i]), float(r[i]))
        alone = formula.change(t, float(r[i]), Gaussian(float(R[i])).density)
        torch.testing.assert_close(together[i], alone, rtol=0, atol=1e-13)
