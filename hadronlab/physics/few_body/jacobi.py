"""Mass-scaled Jacobi coordinates x = J r: without the centre of mass the kinetic energy is T = −½ Δ_x."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def jacobi_matrix(masses: Tensor, hbar_c: float = 1.0) -> Tensor:
    """J, shape (N−1, N), with J diag(ħ²c²/m) Jᵀ = 1 and J·(1, …, 1) = 0.

    Row k joins particle k+1 to the centre of mass of particles 0 … k, scaled by √μ_k/ħc. With masses in GeV
    and r in fm, x is in GeV^{-1/2} and T = −½ Σ_k ∇²_{x_k} in GeV.
    """
    n = len(masses)
    rows = []
    for k in range(1, n):
        before = masses[:k].sum()
        row = torch.zeros(n, dtype=masses.dtype)
        row[:k] = -masses[:k] / before
        row[k] = 1.0
        rows.append(row * torch.sqrt(before * masses[k] / (before + masses[k])) / hbar_c)
    return torch.stack(rows)


def from_jacobi_matrix(masses: Tensor, hbar_c: float = 1.0) -> Tensor:
    """J⁻, shape (N, N−1): r = J⁻ x is the configuration with its centre of mass at the origin."""
    return (hbar_c**2 / masses)[:, None] * jacobi_matrix(masses, hbar_c).T


def permutation_map(perm: Sequence[int], masses: Tensor) -> Tensor:
    """Orthogonal (N−1, N−1) O with x(πr) = O x(r), (πr)_i = r_{π(i)}, for a π that exchanges equal masses."""
    permutation = torch.eye(len(masses), dtype=masses.dtype)[list(perm)]
    return jacobi_matrix(masses) @ permutation @ from_jacobi_matrix(masses)


def pair_vectors_matrix(masses: Tensor, pairs: Sequence[tuple[int, int]], hbar_c: float = 1.0) -> Tensor:
    """(n_pairs, N−1) matrix W: r_i − r_j = Σ_k W_pk x_k, in fm."""
    back = from_jacobi_matrix(masses, hbar_c)
    return torch.stack([back[i] - back[j] for i, j in pairs])
