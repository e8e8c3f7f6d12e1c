"""Known potentials: limits, symmetry, and the projection of Perey–Buck on the S-wave."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from hadronlab.errors import HadronlabError
from hadronlab.physics.constants import HBAR_C, kinetic_constant
from hadronlab.physics.forces.local_potentials import (
    Gaussians,
    SumOfPotentials,
    YukawaSquared,
    nucleon_omega,
    nucleon_phi,
    omega_ccc,
    omega_omega,
)
from hadronlab.physics.forces.nonlocal_potentials import LocalAndSeparable, PereyBuck
from hadronlab.physics.scattering.quadrature import gauss_legendre
from hadronlab.physics.scattering.rmatrix import RMatrix

CONF = Path(__file__).parents[3] / "conf"
R = torch.tensor([0.05, 0.4, 1.1, 2.3], dtype=torch.float64)


def test_kinetic_constant_is_that_of_the_reduced_mass() -> None:
    """ħ²/m_B for two baryons of mass m_B, whose reduced mass is m_B/2."""
    assert kinetic_constant(4796.0 / 2) == pytest.approx(197.3269804**2 / 4796.0, rel=1e-15)
    assert kinetic_constant(3.3, 1.0) == pytest.approx(1 / 6.6, rel=1e-15)


@pytest.mark.parametrize(
    ("potential", "r", "expected"),
    [
        (omega_ccc(), 0.0, 239.5 - 62.7 - 98.8),
        (omega_ccc(), 0.5, 239.5 * math.exp(-12.425) - 62.7 * math.exp(-1.95) - 98.8 * math.exp(-0.85)),
        (omega_omega(), 0.0, 914.0 + 305.0 - 112.0),
        (omega_omega(), 0.949, 305 * math.exp(-((0.949 / 0.305) ** 2)) - 112 / math.e),  # the core is e^{-44}
        (nucleon_omega(), 0.0, -313.0 - 252.0 * 0.85),
        (nucleon_omega(), 1.0, -252.0 * (1 - math.exp(-0.85)) * math.exp(-2 * 146.0 / HBAR_C)),
        (nucleon_phi(), 0.0, -371.0 - 119.0),
        (nucleon_phi(), 2.0, -97.0 * (1 - math.exp(-4 / 0.3969)) ** 2 * math.exp(-4 * 146.4 / HBAR_C) / 4),
    ],
)
def test_values(potential: Gaussians, r: float, expected: float) -> None:
    value = float(potential(torch.tensor(r, dtype=torch.float64)))
    assert value == pytest.approx(expected, rel=2e-7)


def test_ranges_are_inverse_roots_of_exponents() -> None:
    a = Gaussians(strengths=(3.0, -2.0), ranges=(0.5, 2.0))
    b = Gaussians(strengths=(3.0, -2.0), exponents=(4.0, 0.25))
    torch.testing.assert_close(a(R), b.local(R))
    torch.testing.assert_close(SumOfPotentials((a, b))(R), 2 * a(R))


def test_perey_buck_is_the_angular_average() -> None:
    """½∫ dx over the angle between r and r' of the three-dimensional kernel, by quadrature."""
    truth = PereyBuck(omega_omega(), nonlocality=0.7)
    r, rp = R[:, None], torch.tensor([0.1, 0.8, 1.5], dtype=torch.float64)
    x, w = gauss_legendre(-1.0, 1.0, 60)
    distance2 = (r**2 + rp**2)[..., None] - 2 * (r * rp)[..., None] * x
    average = 0.5 * (torch.exp(-distance2 / 0.49) @ w) / (math.pi**1.5 * 0.343)
    expected = omega_omega()(0.5 * (r + rp)) * average
    torch.testing.assert_close(truth.nonlocal_part(r, rp), expected, rtol=1e-11, atol=1e-14)


def test_perey_buck_is_symmetric_finite_and_local_in_the_limit() -> None:
    form = Gaussians(strengths=(-50.0,), exponents=(0.5,))
    r, dr = gauss_legendre(0.0, 4.0, 400)
    U = PereyBuck(form, nonlocality=0.05).nonlocal_part(r[:, None], r)
    assert bool(torch.isfinite(U).all())
    # exp near the smallest double differs between a vector lane and the scalar tail of the loop
    torch.testing.assert_close(U, U.T, rtol=0, atol=1e-290)
    inside = (r > 0.3) & (r < 3.5)
    local = U @ (4 * math.pi * r**2 * dr)  # acting on φ = 1
    torch.testing.assert_close(local[inside], form(r[inside]), rtol=2e-3, atol=1e-4)
    assert float(PereyBuck(form, 0.4).nonlocal_part(R[:1] * 0, R[:1] * 0)) == pytest.approx(
        -50.0 / (math.pi**1.5 * 0.064), rel=1e-9
    )


def test_the_nonlocal_truth_has_the_scattering_length_of_the_local_one() -> None:
    """To 1e-4 of 1/a0, with other phase shifts; its kernel has one eigenvalue, c (π/2β)^{3/2}."""
    pair = instantiate(OmegaConf.load(CONF / "system" / "n_omega_nonlocal.yaml").system.potential)
    mesh = RMatrix(24.0, 200, 954.7 * 1711.5 / (954.7 + 1711.5))
    U = pair.nonlocal_part(mesh.r[:, None], mesh.r)
    ours, local = mesh.solve(U, pair.local(mesh.r)), mesh.solve(None, nucleon_omega()(mesh.r))
    assert float(ours.scattering_length()) == pytest.approx(float(local.scattering_length()), rel=1e-4)
    k = torch.tensor([1.0], dtype=torch.float64)
    assert float(ours.phase_shifts(k) - local.phase_shifts(k)) > math.radians(2)
    eigenvalues = torch.linalg.eigvalsh(mesh.mesh.kernel(U))
    assert float(eigenvalues[0]) == pytest.approx(-90.16 * (math.pi / 6) ** 1.5, rel=1e-6)
    assert float(eigenvalues[1:].abs().max()) < 1e-9


def test_refusals() -> None:
    with pytest.raises(HadronlabError, match="not both"):
        Gaussians(strengths=(1.0,))
    with pytest.raises(HadronlabError, match="1 strengths and 2"):
        Gaussians(strengths=(1.0,), exponents=(1.0, 2.0))
    with pytest.raises(HadronlabError, match="singularity"):
        YukawaSquared(1.0, 140.0, 1.0, power=0)
    with pytest.raises(HadronlabError, match="must be positive"):
        PereyBuck(omega_ccc(), 0.0)
    with pytest.raises(HadronlabError, match="exponent=-1"):
        LocalAndSeparable(omega_ccc(), 1.0, -10.0, -1.0)


def test_potentials_can_be_written_in_yaml() -> None:
    name = "hadronlab.physics.forces.local_potentials."
    gaussians = {"_target_": name + "Gaussians", "strengths": [1.0], "ranges": [2.0]}
    terms = [gaussians, {"_target_": name + "omega_ccc"}]
    node = OmegaConf.create({"_target_": name + "SumOfPotentials", "terms": terms})
    torch.testing.assert_close(instantiate(node)(R), torch.exp(-(R**2) / 4) + omega_ccc()(R))
