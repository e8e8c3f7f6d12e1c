"""The lowest levels of H c = E S c, where functions may depend on each other to rounding."""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

RIDGE = 1e-12  # of a function of unit norm: above the rounding of H of null vectors of six quarks
KILLED = 1e-12  # by the symmetriser: what is left of a function's own energy
LARGE = 300  # functions from which a few inverse iterations are faster than a reduction to tridiagonal form


def lowest(
    energy: np.ndarray,
    overlap: np.ndarray,
    states: int,
    above: float,
    start: tuple[float, np.ndarray] | None = None,
    least: float = RIDGE,
) -> tuple[np.ndarray, np.ndarray]:
    """Energies (states,) and vectors (n, states) of (H − E_r S) c = λ (S + ε) c, E = E_r + λ, cᵀ(S + ε)c = 1, ε of `ridge`.

    above: E_r, an energy above the wanted levels. Null vectors of S have λ = 0 and stay above them, and large coefficients
    of functions that nearly depend on each other cost (E_r − E) cᵀεc: every E is an upper bound.
    start: an energy just below the levels and a vector (n,) near the lowest, where they are known. least: of ε.
    """
    shifted = energy - above * overlap
    shifted = (shifted + shifted.T) / 2
    norms = (overlap + overlap.T) / 2
    norms[np.diag_indices_from(norms)] += ridge(shifted, least)
    if start is not None and len(energy) >= LARGE:
        try:
            values, vectors = _inverse_iteration(shifted, norms, states, start[0] - above, start[1])
            return above + values, vectors
        except (LinAlgError, ArpackError):  # the energy was not below the levels
            pass
    values, vectors = eigh(shifted, norms, subset_by_index=[0, states - 1])
    return above + values, vectors


def mean_of(vectors: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """cᵀMc of every column."""
    return np.einsum("is,ij,js->s", vectors, matrix, vectors, optimize=True)


def ridge(shifted: np.ndarray, least: float = RIDGE) -> np.ndarray:
    """ε (n,) of functions with H − E_r S. It grows with their own energy, as the rounding of H does."""
    own = np.abs(shifted.diagonal())
    typical = np.median(own[own > KILLED * own.max()])
    return least * (1 + own / typical)


def _inverse_iteration(
    shifted: np.ndarray, norms: np.ndarray, states: int, below: float, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    factor = cho_factor(shifted - below * norms, lower=True, check_finite=False)
    inverse = LinearOperator(
        shifted.shape, lambda x: cho_solve(factor, x, check_finite=False), dtype=shifted.dtype
    )
    found = eigsh(
        shifted,
        states,
        norms,
        below,
        OPinv=inverse,
        v0=start,
        ncv=max(2 * states + 1, 8),
        maxiter=5,
        tol=1e-12,
    )
    order = np.argsort(found[0])
    return found[0][order], found[1][:, order]


def independent_levels(energy: np.ndarray, overlap: np.ndarray, cut: float = 1e-6) -> np.ndarray:
    """All levels in the space of the independent functions: S-eigenvalues above `cut` times the largest."""
    return independent_states(energy, overlap, cut)[0]


def independent_states(energy: np.ndarray, overlap: np.ndarray, cut: float) -> tuple[np.ndarray, np.ndarray]:
    """The same with their vectors, a column each, cᵀSc = 1."""
    values, vectors = eigh((overlap + overlap.T) / 2)
    keep = values > cut * max(values[-1], np.finfo(float).tiny)
    basis = vectors[:, keep] / np.sqrt(values[keep])
    levels, mixtures = eigh(basis.T @ energy @ basis)
    return levels, basis @ mixtures
