"""Phase shifts of higher waves: the S wave's own, and Born's integral of a weak force."""

from __future__ import annotations

import pytest
import torch
from scipy.special import spherical_jn

from hadronlab.physics.scattering.partial_waves import tangent
from hadronlab.physics.scattering.rmatrix import RMatrix

RMATRIX = RMatrix(8.0, 80, 469.46)
K = torch.tensor([0.3, 1.0, 2.2], dtype=torch.float64)


def test_the_s_wave_is_that_of_the_resolvent() -> None:
    V = -70.0 * torch.exp(-RMATRIX.r.square())
    exact = torch.tan(RMATRIX.solve(None, V).phase_shifts(K))
    torch.testing.assert_close(tangent(RMATRIX, V, 0, K), exact, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("wave", [0, 1, 2, 4])
def test_a_weak_force_scatters_as_born_says(wave: int) -> None:
    """tan δ_l = −k/c ∫ V j_l² r² dr to first order in V."""
    V = -1e-2 * torch.exp(-RMATRIX.r.square())
    j = torch.from_numpy(spherical_jn(wave, torch.outer(K, RMATRIX.r).numpy()))
    born = -K / RMATRIX.kinetic * ((j.square() * RMATRIX.r.square() * V) @ RMATRIX.mesh.dr)
    found = tangent(RMATRIX, V, wave, K)
    torch.testing.assert_close(found, born, rtol=1e-3, atol=1e-11)  # the second order; rounding of the match
