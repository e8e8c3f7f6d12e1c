"""Charges and quantum statistics without a strong force, against the reference and the neutral closed forms."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from hadronlab.errors import HadronlabError
from hadronlab.physics.femtoscopy.background import Background, gamow
from hadronlab.physics.femtoscopy.sources import Gaussian, Levy
from hadronlab.physics.scattering.coulomb_waves import bohr_constant, coulomb_waves
from hadronlab.physics.scattering.quadrature import panels


def background(k: torch.Tensor, reach: float, bohr: float) -> Background:
    return Background(k, *panels(0.0, reach, 1.0, 5.0 / float(k.max())), bohr)


def test_protons_without_a_strong_force(reference: dict[str, Any], momenta) -> None:
    bohr = bohr_constant(1, reference["_meta"]["constants"]["proton_MeV"] / 2)
    for entry in reference["b_coulomb_pp"]:
        source, k = Gaussian(entry["R_fm"]), momenta([entry["k_MeV"]])
        direct, exchange = background(k, source.reach, bohr)(source.density)
        assert float(direct) == pytest.approx(entry["C_distinguishable"], abs=1e-12)
        assert float(exchange) == pytest.approx(entry["exchange"], abs=1e-12)
        assert float(direct - exchange / 2) == pytest.approx(entry["C_spin_averaged"], abs=1e-12)


def test_neutral_pairs_are_uncorrelated_but_for_statistics() -> None:
    k, source = torch.tensor([0.01, 0.3, 1.5], dtype=torch.float64), Gaussian(1.7)
    direct, exchange = background(k, source.reach, 0.0)(source.density)
    torch.testing.assert_close(direct, torch.ones_like(k), rtol=0, atol=1e-14)
    torch.testing.assert_close(exchange, torch.exp(-4 * k**2 * 1.7**2), rtol=0, atol=1e-13)
    far = Levy(1.0, 1.0)  # 3 % of its pairs lie beyond its reach
    torch.testing.assert_close(
        background(k, far.reach, 0.0)(far.density)[0], torch.ones_like(k), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_tiny_charge_joins_the_neutral_pair(sign: float) -> None:
    """Everything is linear in η there, with A − 1 = −πη; without a branch other than that of no charge at all."""
    k, source = torch.tensor([0.1, 0.8], dtype=torch.float64), Gaussian(1.2)
    eta = sign * 1e-8
    at_first = torch.tensor([0.1], dtype=torch.float64)
    assert float(gamow(at_first, 2 * eta * 0.1)) - 1 == pytest.approx(-math.pi * eta, rel=1e-6)
    neutral = torch.stack(background(k, source.reach, 0.0)(source.density))
    once, twice = (
        torch.stack(background(k, source.reach, 0.2 * eta * n)(source.density)) - neutral for n in (1, 2)
    )
    assert float(once.abs().min()) > 1e-10
    torch.testing.assert_close(twice, 2 * once, rtol=1e-5, atol=1e-15)


@pytest.mark.parametrize("charges", [1, -1])
def test_averages_over_angles_are_those_of_partial_waves(charges: int) -> None:
    """As integrals over s = (r − z)/2 of D(s) = e^{−iks}(F0′ − iF0): by quadrature here, in closed form there."""
    bohr, k = bohr_constant(charges, 469.136), torch.tensor([0.1, 0.6], dtype=torch.float64)
    r = torch.tensor([0.4, 3.0, 9.0], dtype=torch.float64)
    table = Background(k, r, r, bohr)
    for column, end in enumerate(r.tolist()):
        s, ds = panels(0.0, end, 0.5, 1.0)
        D = []
        for x in (s, end - s):
            waves = coulomb_waves(k, x, bohr)
            D.append(torch.exp(-1j * k[:, None] * x) * torch.complex(waves.dF, -waves.F))
        torch.testing.assert_close((D[0].abs() ** 2 @ ds) / end, table.direct[:, column], rtol=1e-11, atol=0)
        crossed = ((D[0] * D[1].conj()).real @ ds) / end
        torch.testing.assert_close(crossed, table.exchange[:, column], rtol=0, atol=1e-11)


def test_what_makes_no_sense_is_refused() -> None:
    k = torch.tensor([0.5, 0.0], dtype=torch.float64)
    with pytest.raises(HadronlabError, match="k > 0, got 0"):
        background(k, 5.0, 0.0)
    with pytest.raises(HadronlabError, match=r"Coulomb barrier.* above 0\.005 fm⁻¹"):
        background(0.002 * k[:1], 5.0, 1.0)
    with pytest.raises(HadronlabError, match=r"∫ 4πr² S dr = 2 .*normalise"):
        background(k[:1], 20.0, 0.0)(lambda r: 2 * Gaussian(1.0).density(r))
    with pytest.raises(HadronlabError, match="reach for its radius"):
        background(k[:1], 5.0, 0.0)(Gaussian(3.0).density)
