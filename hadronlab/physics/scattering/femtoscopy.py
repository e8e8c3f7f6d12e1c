"""Momentum correlations of two hadrons from a Gaussian source: the Koonin–Pratt formula."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.scattering.quadrature import gauss_legendre
from hadronlab.physics.scattering.rmatrix import Resolvent


def gaussian_source(r: Tensor, radius: float) -> Tensor:
    """S(r) = e^{−r²/4R²}/(4πR²)^{3/2}, fm^-3: the relative distance of two points of width R, ∫ d³r S = 1."""
    return torch.exp(-((r / (2.0 * radius)) ** 2)) / (4.0 * math.pi * radius**2) ** 1.5


def correlation_function(
    resolvent: Resolvent, k: Tensor, source_radius: float, fraction: float = 1.0
) -> Tensor:
    """C(k) = ∫ d³r S(r) |ψ_k(r)|², (…, M), for distinguishable hadrons without Coulomb force.

    Only the S-wave differs from a plane wave: C = 1 + ∫ 4πr² S (|φ_k|² − j0²) dr, φ_k → sin(kr + δ)/kr.

    Args:
        resolvent: `RMatrix.solve(U, V)`.
        k: (M,) relative momentum, fm^-1, > 0.
        source_radius: R, fm.
        fraction: share of the pairs in this spin channel; the others do not interact.

    Raises:
        HadronlabError: the source radius is not positive.
    """
    if not source_radius > 0:
        raise HadronlabError(f"source_radius={source_radius} fm must be positive")
    mesh = resolvent.mesh
    k = k.to(mesh.r)
    kk = k.unsqueeze(-1)
    inside = resolvent.wave_functions(k).square() - torch.sin(kk * mesh.r).square()
    change = (inside * gaussian_source(mesh.r, source_radius) * mesh.dr).sum(-1)
    end = max(mesh.radius, 13.0 * source_radius)  # e^{−r²/4R²} is below 1e-18 there
    if end > mesh.radius:
        n_points = 40 + int(2 * float(k.max()) * (end - mesh.radius))  # several points a half-wave
        r, dr = (x.to(mesh.r) for x in gauss_legendre(mesh.radius, end, n_points))
        phase = resolvent.phase_shifts(k).unsqueeze(-1)
        outside = torch.sin(kk * r + phase).square() - torch.sin(kk * r).square()
        change = change + (outside * gaussian_source(r, source_radius) * dr).sum(-1)
    return 1.0 + fraction * 4.0 * math.pi * change / k**2
