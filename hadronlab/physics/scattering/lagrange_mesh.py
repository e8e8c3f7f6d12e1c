"""Lagrange functions on a Gauss–Legendre mesh of (0, radius): a spectral basis for radial wave functions.

The N basis functions f_j(r) are polynomials with f_j(0) = 0 and f_j(r_i) = δ_ij / √w_j, so that local
potentials are diagonal, U(r_i, r_j) is its own matrix, and no integral of a potential is ever needed.
(D. Baye, Phys. Rep. 565 (2015) 1; P. Descouvemont and D. Baye, Rep. Prog. Phys. 73 (2010) 036301.)
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from hadronlab.errors import HadronlabError


class LagrangeMesh:
    """Nodes, weights, derivatives and interpolation for u(r) = r φ(r) with u(0) = 0.

    Args:
        radius: end of the mesh, fm.
        n_points: number of nodes N.
        closed: also impose u(radius) = 0 (a Dirichlet box).

    Attributes:
        r: (N,) nodes, fm.
        dr: (N,) weights of ∫ dr, fm.
        weight: (N,) weights of ∫ 4π r² dr, fm³.
        stiffness: (N, N) matrix ∫ f_i' f_j' dr, fm^-2: −d²/dr² made Hermitian by the Bloch operator.
        second_derivative: (N, N) matrix f_j''(r_i), fm^-5/2.
        edge: (N,) values f_j(radius), fm^-1/2.

    Raises:
        HadronlabError: the radius is not positive or there are fewer than two points.
    """

    def __init__(
        self, radius: float, n_points: int, closed: bool = False, device: torch.device | str | None = None
    ):
        if not (math.isfinite(radius) and radius > 0):
            raise HadronlabError(f"radius of the mesh is {radius} fm: give a positive length")
        if n_points < 2:
            raise HadronlabError(f"the mesh has n_points={n_points}: give at least 2 (30 to 100 is usual)")
        self.radius = float(radius)
        self.n_points = int(n_points)
        x, w = np.polynomial.legendre.leggauss(n_points)
        knots = np.concatenate([[-1.0], x, [1.0]] if closed else [[-1.0], x])
        bary = _barycentric_weights(knots)
        first = _differentiation_matrix(knots, bary)
        inner = slice(1, n_points + 1)
        half = 0.5 * radius
        # f_i' f_j' has degree 2N on a closed mesh: one more point makes its integral exact.
        fine, fine_weight = np.polynomial.legendre.leggauss(n_points + 1)
        slope = _interpolation_matrix(fine, knots, bary) @ first[:, inner]
        scale = 1.0 / np.sqrt(half * w)  # f_j = (Lagrange polynomial of node j) / √w_j

        def tensor(array: np.ndarray) -> Tensor:
            return torch.tensor(array, dtype=torch.float64, device=device)

        self.r = tensor(half * (1.0 + x))
        self.dr = tensor(half * w)
        self.weight = 4.0 * math.pi * self.r**2 * self.dr
        self.stiffness = tensor(slope.T @ (fine_weight[:, None] * slope) / half * np.outer(scale, scale))
        self.second_derivative = tensor((first @ first)[inner, inner] / half**2 * scale)
        self.edge = tensor(_interpolation_matrix(np.ones(1), knots, bary)[0, inner] * scale)
        self._knots, self._bary = knots, bary

    def checked(self, name: str, values: Tensor, axes: int, channels: tuple[int, ...] = ()) -> Tensor:
        """Values of a potential of that name, (…, *channels, N) or (…, *channels, N, N) by `axes`, on the nodes.

        Raises HadronlabError for another shape, and for NaN or infinite values.
        """
        shape = (*channels, *(self.n_points,) * axes)
        if tuple(values.shape[-len(shape) :]) != shape:
            want = "(…, " + ", ".join(map(str, shape)) + ")"
            raise HadronlabError(
                f"{name} has shape {tuple(values.shape)}: give it on the nodes .r, as {want}"
            )
        if not bool(torch.isfinite(values).all()):
            raise HadronlabError(f"{name} holds NaN or infinite values on the scattering mesh")
        return values.to(self.r)

    def kernel(self, U: Tensor) -> Tensor:
        """U (…, N, N), MeV fm^-3 → matrix elements √(w_i w_j) 4π r_i r_j U, MeV [Wang, Eq. 1]; of C channels (…, CN, CN)."""
        U = U.to(self.r)
        if bool((U - U.mT).abs().amax() > 1e-6 * U.abs().amax()):
            raise HadronlabError(
                "U(r,r') is not symmetric, so H is not Hermitian: pass (U + Uᵀ)/2 or a symmetric model"
            )
        root = self.weight.sqrt().repeat(U.shape[-1] // self.n_points)
        return root.unsqueeze(-1) * root * U  # Eq. (1)

    def interpolate(self, values: Tensor, r: Tensor) -> Tensor:
        """Values (…, N) of u on the nodes → u(r), (…, len(r)), for r in [0, radius]."""
        x = r.detach().cpu().double().numpy() / (0.5 * self.radius) - 1.0
        if x.size and not (x.min() >= -1.0 - 1e-12 and x.max() <= 1.0 + 1e-12):
            raise HadronlabError(f"r must lie in [0, {self.radius:g}] fm, the mesh of the wave function")
        inner = _interpolation_matrix(x, self._knots, self._bary)[:, 1 : self.n_points + 1]
        return values.to(self.r) @ torch.as_tensor(inner, device=self.r.device).T


def _barycentric_weights(knots: np.ndarray) -> np.ndarray:
    """1/∏_{k≠j}(x_j − x_k) up to a common factor, through logarithms so that hundreds of knots are safe."""
    gap = knots[:, None] - knots[None, :]
    np.fill_diagonal(gap, 1.0)
    log_size = -np.log(np.abs(gap)).sum(1)
    return np.prod(np.sign(gap), axis=1) * np.exp(log_size - log_size.max())


def _differentiation_matrix(knots: np.ndarray, bary: np.ndarray) -> np.ndarray:
    """(M, M) derivative of the interpolating polynomial at its knots; rows sum to zero by construction."""
    gap = knots[:, None] - knots[None, :]
    np.fill_diagonal(gap, 1.0)
    matrix = bary[None, :] / bary[:, None] / gap
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, -matrix.sum(1))
    return matrix


def _interpolation_matrix(x: np.ndarray, knots: np.ndarray, bary: np.ndarray) -> np.ndarray:
    """(len(x), M): values at the knots → values at x, by the barycentric formula."""
    gap = x[:, None] - knots
    hit = gap == 0.0
    matrix = bary / np.where(hit, 1.0, gap)
    matrix = np.where(hit.any(1, keepdims=True), hit, matrix)
    return matrix / matrix.sum(1, keepdims=True)
