"""Matrix elements of Gaussians e^{−½xᵀAx} of d = N − 1 mass-scaled Jacobi vectors x, T = −½Δ_x.

With B = A + A', C = B⁻¹ is the covariance of x, v_p = w_pᵀCw_p that of r_p = w_p·x an axis, and
  ⟨A|A'⟩ = [2^d √(det A det A')/det B]^{3/2} (unit norms),  ⟨T⟩ = ⟨A|A'⟩ (3/2) Tr(A C A').
Arrays of small matrices hold the matrix indices in front, (d, d, …): loops over these, vectors over all else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Elements:
    """Between Gaussians on the left and on the right, whose axes are broadcast to (…).

    covariance C (d, d, …); overlap (…); kinetic (…), T over the overlap; variance v_p (n_pairs, …).
    """

    covariance: np.ndarray
    overlap: np.ndarray
    kinetic: np.ndarray
    variance: np.ndarray


def elements(left: np.ndarray, right: np.ndarray, pair_rows: np.ndarray) -> Elements:
    """left, right: A and A', (d, d, …); pair_rows w_p (n_pairs, d)."""
    d = len(left)
    covariance, determinant = inverse(left + right)
    ratio = 2**d * np.sqrt(inverse(left)[1] * inverse(right)[1]) / determinant
    kinetic = 1.5 * (
        np.trace(right) - (covariance * product(right, right)).sum((0, 1))
    )  # A C A' = A' − A' C A'
    outer = np.einsum("pi,pj->pij", pair_rows, pair_rows).reshape(-1, d * d)
    variance = (outer @ covariance.reshape(d * d, -1)).reshape(-1, *determinant.shape)
    return Elements(covariance, ratio * np.sqrt(ratio), kinetic, variance)


def inside_out(matrices: np.ndarray) -> np.ndarray:
    """(K, d, d) as (d, d, K)."""
    return np.ascontiguousarray(np.moveaxis(matrices, 0, -1))


def inverse(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverse (d, d, …) and determinant (…) of positive-definite matrices (d, d, …), by Gauss–Jordan elimination."""
    result, determinant = matrices.copy(), np.ones(matrices.shape[2:])
    for k in range(len(matrices)):
        pivot = result[k, k].copy()
        determinant *= pivot
        row, column = result[k] / pivot, result[:, k].copy()
        column[k] = 0
        result -= column[:, None] * row[None]
        result[k] = row
        result[:, k] = -column / pivot
        result[k, k] = 1 / pivot
    return result, determinant


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Σ_j a_ij b_jk, (d, d, …)."""
    return sum((a[:, j, None] * b[None, j] for j in range(1, len(a))), a[:, 0, None] * b[None, 0])
