"""Poles of S against the zeros of closed forms, bound states and the shape of a resonance."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
import torch
from scipy.special import spherical_jn, spherical_yn
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.forces.coupled_separable import CoupledSeparable
from hadronlab.physics.scattering.channels import Channel, hadron_channels
from hadronlab.physics.scattering.coupled_channels import CoupledRMatrix
from hadronlab.physics.scattering.coupled_resolvent import CoupledResolvent
from hadronlab.physics.scattering.s_matrix_poles import find_poles, follow_poles

CHANNELS = hadron_channels(((1115.7, 1115.7), (938.9, 1318.3)))
TRUTH = CoupledSeparable(((-95.0, 70.0), (70.0, -210.0)), (1.9, 2.3))


@pytest.fixture(scope="module")
def separable() -> CoupledResolvent:
    rmatrix = CoupledRMatrix(12.0, 60, CHANNELS)
    return rmatrix.solve(TRUTH.nonlocal_part(rmatrix.r[:, None], rmatrix.r))


def closed_form_zero(k: complex, sheet: int) -> complex:
    """The zero of det(λ^−1 − J) near k, by Newton with a numerical derivative."""
    one, other = CHANNELS
    kinetic = torch.tensor([one.kinetic, other.kinetic], dtype=torch.float64)

    def determinant(k1: complex) -> complex:
        k2 = sheet * 1j * cmath.sqrt((other.threshold - one.kinetic * k1**2) / other.kinetic)
        matrix = TRUTH.denominator(torch.tensor([k1, k2], dtype=torch.complex128), kinetic)
        return complex(torch.linalg.det(matrix))

    for _ in range(30):
        slope = (determinant(k + 1e-6) - determinant(k - 1e-6)) / 2e-6
        k -= determinant(k) / slope
    return k


def test_separable_poles(separable: CoupledResolvent) -> None:
    """A bound state, a resonance below the second threshold, and a pole on the sheet (+, −)."""
    physical = find_poles(separable, 1.5, 0.9)
    assert physical.energy[0].real == pytest.approx(float(separable.bound_states().energies[0]), abs=1e-9)
    assert len(physical.energy) == 2
    found = [(k, 1) for k in physical.k[:, 0].tolist()]
    found += [(k, -1) for k in find_poles(separable, 1.5, 0.9, (1, -1)).k[:, 0].tolist()]
    expected = [(0.51194j, 1), (0.85716 - 0.02440j, 1), (0.12801j, -1)]  # roughly: Newton does the rest
    assert len(found) == len(expected)
    for (k, sheet), (near, of) in zip(found, expected, strict=True):
        assert sheet == of
        # with κ2 = 0.86 growing outward e^{2·0.86·12} = 9e8 roundings of ρ remain
        assert abs(k - closed_form_zero(near, of)) < (1e-8 if of == 1 else 1e-4)


def well(depth: Tensor | float, orbital: int, n_points: int = 40) -> CoupledResolvent:
    """A square well of 2 fm, ħ²/2μ = 30 MeV fm², up to its edge."""
    rmatrix = CoupledRMatrix(2.0, n_points, [Channel(30.0, 0.0, orbital)])
    V = torch.as_tensor(depth, dtype=torch.float64)[..., None, None, None]
    return rmatrix.solve(V=-V.expand(*V.shape[:-1], n_points))


def mismatch(k: complex, depth: float, orbital: int) -> float:
    """j_l inside against h_l outside, relative, at complex momenta."""
    q = np.sqrt(k**2 + depth / 30.0)
    x, y = complex(q * 2.0), complex(k * 2.0)
    hankel = spherical_jn(orbital, y) + 1j * spherical_yn(orbital, y)
    slope = spherical_jn(orbital, y, True) + 1j * spherical_yn(orbital, y, True)
    left, right = q * spherical_jn(orbital, x, True) * hankel, k * spherical_jn(orbital, x) * slope
    return abs(left - right) / (abs(left) + abs(right))


@pytest.mark.parametrize(("orbital", "depth", "number"), [(0, 12.0, 2), (0, 60.0, 2), (1, 100.0, 3), (2, 130.0, 3)])  # fmt: skip
def test_square_well_poles(orbital: int, depth: float, number: int) -> None:
    solution = well(depth, orbital)
    found = find_poles(solution, 3.0, 1.5)
    assert len(found.energy) == number
    for k in found.k[:, 0].tolist():
        assert mismatch(k, depth, orbital) < 1e-9
    bound = found.energy.real[found.k[:, 0].imag > 1e-9]
    torch.testing.assert_close(bound, solution.bound_states().energies, atol=1e-8, rtol=0)


def test_a_narrow_resonance_is_in_the_phase() -> None:
    """δ2 of a D wave behind its barrier climbs through 90° + background at E_r with dδ/dE = 2/Γ."""
    solution = well(130.0, 2)
    pole = complex(find_poles(solution, 1.0, 0.2).energy[-1])
    assert pole.real > 0 > pole.imag
    energy = torch.linspace(pole.real - 0.3, pole.real + 0.3, 7, dtype=torch.float64)
    climb = solution.phase_shifts(energy)[:, 0].diff() / energy.diff()
    assert float(climb.max()) == pytest.approx(2 / (-2 * pole.imag), rel=0.05)


def test_a_bound_state_becomes_virtual() -> None:
    """Followed through a batch of depths: k runs down the imaginary axis through threshold at depth c π²/16 a²."""
    critical = 30.0 * math.pi**2 / 16
    depth = critical * torch.tensor([1.3, 1.1, 0.9, 0.8], dtype=torch.float64)
    found = follow_poles(well(depth, 0), torch.tensor([0.05j]))
    k = found.k[..., 0, 0]
    assert k.real.abs().max() < 1e-9
    assert (k.imag[:2] > 0).all() and (k.imag[2:] < 0).all() and (k.imag.diff() < 0).all()
    for one, height in zip(k.tolist(), depth.tolist(), strict=True):
        assert mismatch(one, height, 0) < 1e-9


def test_refusals(separable: CoupledResolvent) -> None:
    with pytest.raises(HadronlabError, match="one potential"):
        find_poles(well(torch.tensor([1.0, 2.0]), 0), 1.0, 1.0)
    with pytest.raises(HadronlabError, match="for each of the 2 channels"):
        find_poles(separable, 1.0, 1.0, (1,))
