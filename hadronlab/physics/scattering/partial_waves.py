"""Phase shifts of any partial wave by a local potential, on the mesh of the S wave."""

from __future__ import annotations

import numpy as np
import torch
from scipy.special import spherical_jn, spherical_yn
from torch import Tensor

from hadronlab.physics.scattering.rmatrix import RMatrix


def tangent(rmatrix: RMatrix, V: Tensor, wave: int, k: Tensor) -> Tensor:
    """tan δ_l, (…, M), of V (…, n), MeV, on the nodes, at momenta k (…, M) > 0, fm⁻¹. Neutral pairs; V ends with the mesh.

    k ρ = u/u′ in kr at the edge is matched to cos δ ĵ + sin δ n̂, ĵ = kr j_l, n̂ = −kr y_l.
    """
    centrifugal = rmatrix.kinetic * wave * (wave + 1) / rmatrix.r.square()
    k = k.to(rmatrix.r)
    solved = rmatrix.solve(None, V + centrifugal)
    rho = k * solved.rho(rmatrix.kinetic * k.square())
    x = (k * rmatrix.radius).numpy()
    (j, dj), (y, dy) = (_riccati(of, wave, x) for of in (spherical_jn, spherical_yn))
    return (rho * dj - j) / (rho * dy - y)


def _riccati(of: np.ufunc, wave: int, x: np.ndarray) -> tuple[Tensor, Tensor]:
    """x f_l(x) and its derivative."""
    value, slope = of(wave, x), of(wave, x, derivative=True)
    return torch.from_numpy(x * value), torch.from_numpy(value + x * slope)
