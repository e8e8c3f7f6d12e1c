"""V_LO, V0 + V2∇² from two sources, and the phase shifts of both forms of V2 against an ODE."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from hadronlab.errors import HadronlabError
from hadronlab.physics.finite_volume.box import box_spectrum
from hadronlab.physics.forces.local_potentials import Gaussians, omega_ccc
from hadronlab.physics.forces.separable import Separable
from hadronlab.physics.scattering.derivative_expansion import (
    hermitian_kernel,
    localised,
    next_to_leading_order,
    non_hermitian_resolvent,
)
from hadronlab.physics.scattering.quadrature import gauss_legendre
from hadronlab.physics.scattering.rmatrix import RMatrix

V0, V2 = (-60.0, 0.8), (9.0, 1.3)  # strength and exponent of one Gaussian each; MeV and MeV fm²


def test_leading_order_of_eigenstates_is_the_potential() -> None:
    spectrum = box_spectrum(5.0, 2398.0, local=omega_ccc(), n_levels=3)
    r = torch.linspace(0.1, 2.0, 20, dtype=torch.float64)
    psi = spectrum.wavefunctions(r)[:1]
    lhs = spectrum.energies[:1, None] * psi + spectrum.kinetic * spectrum.laplacian(r)[:1]
    torch.testing.assert_close((lhs / psi)[0], omega_ccc()(r), atol=1e-8, rtol=0)


@pytest.mark.parametrize("n_sources", [2, 4])
def test_two_sources_give_both_terms(n_sources: int) -> None:
    torch.manual_seed(1)
    amplitude = torch.randn(3, n_sources, 11, dtype=torch.float64)
    laplacian = torch.randn(3, n_sources, 11, dtype=torch.float64) * 50
    r = torch.linspace(0.1, 2.0, 11, dtype=torch.float64)
    v0, v2 = -60 * torch.exp(-r), 9 * torch.exp(-(r**2))
    found = next_to_leading_order(v0 * amplitude + v2 * laplacian, amplitude, laplacian)
    torch.testing.assert_close(found[0], v0.expand(3, -1), atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(found[1], v2.expand(3, -1), atol=1e-9, rtol=1e-9)


def test_one_source_is_refused() -> None:
    one = torch.ones(1, 5, dtype=torch.float64)
    with pytest.raises(HadronlabError, match="two sources or more, got 1"):
        next_to_leading_order(one, one, one)


def ode_phase(hermitian: bool, c: float, k: float, end: float) -> float:
    """δ mod π of −c u'' + V0 u + V2 u'' (+ V2' u' + ½V2'' u in the Hermitian form) = c k² u."""

    def slope(r: float, y: np.ndarray) -> list[float]:
        v0 = V0[0] * math.exp(-V0[1] * r * r)
        b = V2[1]
        v2 = V2[0] * math.exp(-b * r * r)
        d1, d2 = -2 * b * r * v2, (4 * b * b * r * r - 2 * b) * v2
        rest = (d1 * y[1] + 0.5 * d2 * y[0]) if hermitian else 0.0
        return [y[1], ((v0 - c * k * k) * y[0] + rest) / (c - v2)]

    u, du = solve_ivp(slope, (1e-9, end), [1e-9, 1.0], method="DOP853", rtol=1e-12, atol=1e-16).y[:, -1]
    return (math.atan2(k * u, du) - k * end) % math.pi


@pytest.mark.parametrize("hermitian", [True, False])
@pytest.mark.parametrize("k", [0.1, 0.8, 1.8])
def test_phase_shifts_of_both_forms(hermitian: bool, k: float) -> None:
    rmatrix = RMatrix(6.0, 60, 600.0)
    r = rmatrix.r
    v0, v2 = V0[0] * torch.exp(-V0[1] * r**2), V2[0] * torch.exp(-V2[1] * r**2)
    momentum = torch.tensor([k], dtype=torch.float64)
    if hermitian:
        delta = float(rmatrix.phase_shifts(hermitian_kernel(rmatrix.mesh, v2), v0, momentum))
    else:
        delta = float(non_hermitian_resolvent(rmatrix, v0, v2).phase_shifts(momentum))
    expected = ode_phase(hermitian, rmatrix.kinetic, k, 6.0)
    assert (delta - expected + 1.5) % math.pi - 1.5 == pytest.approx(0.0, abs=1e-8)


def test_the_two_forms_differ() -> None:
    """So that the test above would notice if one were taken for the other."""
    assert abs(ode_phase(True, 32.4, 0.8, 6.0) - ode_phase(False, 32.4, 0.8, 6.0)) > 0.01


def test_without_v2_nothing_changes_and_batches_agree() -> None:
    rmatrix = RMatrix(6.0, 40, 600.0)
    v0 = Gaussians(strengths=(-150.0,), exponents=(0.8,))(rmatrix.r)
    k = torch.tensor([0.3, 1.0], dtype=torch.float64)
    zero = torch.zeros_like(v0)
    plain = rmatrix.solve(V=v0)
    batch = non_hermitian_resolvent(rmatrix, v0.expand(2, -1), torch.stack([zero, 0.1 * v0]))
    torch.testing.assert_close(batch.phase_shifts(k)[0], plain.phase_shifts(k), atol=1e-11, rtol=0)
    one = non_hermitian_resolvent(rmatrix, v0, 0.1 * v0)
    torch.testing.assert_close(batch.phase_shifts(k)[1], one.phase_shifts(k), atol=1e-11, rtol=0)
    states = batch.bound_states(), plain.bound_states()
    torch.testing.assert_close(states[0].energies[0, :1], states[1].energies, rtol=1e-10, atol=0)
    torch.testing.assert_close(states[0].u[0, :1], states[1].u, rtol=0, atol=1e-9)
    kernel = hermitian_kernel(rmatrix.mesh, torch.stack([zero, 0.1 * v0]))
    assert kernel.shape == (2, 40, 40)
    assert float(kernel[0].abs().max()) == 0.0  # every term has the factor V2 = 0


def test_too_large_v2_is_refused() -> None:
    rmatrix = RMatrix(3.0, 20, 600.0)
    v2 = 40.0 * torch.exp(-(rmatrix.r**2))
    with pytest.raises(HadronlabError, match=r"above ħ²/2m = 32\.45"):
        non_hermitian_resolvent(rmatrix, torch.zeros_like(v2), v2)


def test_localised_potential_of_an_eigenstate() -> None:
    """For an exact U and φ, V_θ = (E − H0)φ/φ, whatever else U contains."""
    truth = Separable()
    r, dr = gauss_legendre(0.0, 40.0, 120)
    k = torch.tensor([0.3], dtype=torch.float64)
    phi = truth.wave_function(k, r)
    found = localised(truth.nonlocal_part(r[:, None], r), 4 * math.pi * r**2 * dr, phi)
    torch.testing.assert_close(found, truth.equation_lhs(k, r) / phi, rtol=1e-8, atol=1e-14)
