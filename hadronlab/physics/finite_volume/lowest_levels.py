"""The lowest eigenpairs of a large symmetric matrix with a part of low rank: Lanczos with its inverse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, solve
from scipy.sparse import csc_matrix, identity, issparse
from scipy.sparse.linalg import LinearOperator, eigsh, splu

from hadronlab.errors import HadronlabError

Inverse = Callable[[np.ndarray], np.ndarray]
"""(n,) or (n, k) → the same shape"""

NEGLIGIBLE = 1e-12  # of a matrix: what a form of low rank may leave out
PROBES = 64  # directions with which a low rank is looked for
SPARE = 4  # more levels than asked for: nearly degenerate ones come late
TOLERANCE = 1e-9  # of the vectors; the energies are then at rounding


class LowRank:
    """F diag(λ) Fᵀ: factors F (n, k), strengths λ (k,)."""

    def __init__(self, factors: np.ndarray, strengths: np.ndarray) -> None:
        self.factors, self.strengths = factors, strengths

    def __matmul__(self, x: np.ndarray) -> np.ndarray:
        return self.factors @ ((self.factors.T @ x).T * self.strengths).T


def low_rank(matrix: np.ndarray) -> LowRank:
    """A symmetric matrix (m, m) as a sum of its directions, all of them where many are needed."""
    size = float(np.linalg.norm(matrix))
    if len(matrix) > 2 * PROBES:
        probes = np.random.default_rng(0).standard_normal((len(matrix), PROBES))
        span = np.linalg.qr(matrix @ probes)[0]
        small = span.T @ matrix @ span
        if np.linalg.norm(matrix - span @ small @ span.T) <= NEGLIGIBLE * size:
            strengths, vectors = np.linalg.eigh(small)
            return _above(LowRank(span @ vectors, strengths), NEGLIGIBLE * size)
    strengths, vectors = np.linalg.eigh(matrix)
    return _above(LowRank(vectors, strengths), NEGLIGIBLE * size)


def _above(found: LowRank, size: float) -> LowRank:
    keep = np.abs(found.strengths) > size
    return LowRank(found.factors[:, keep], found.strengths[keep])


def lowest_levels(
    matrix: csc_matrix | np.ndarray, low_rank: LowRank | None, count: int, below: float
) -> tuple[np.ndarray, np.ndarray]:
    """Energies (count,), ascending, and vectors (n, count) of `matrix` (n, n), sparse or dense, + `low_rank`.

    below: where the inverse is taken, best just below the lowest level. Raises HadronlabError for more levels than there are
    sites, and, of a dense matrix, where `below` is not below.
    """
    n = matrix.shape[0]
    wanted = min(count + SPARE, n - 1)
    if count > wanted:
        raise HadronlabError(f"{count} levels of a box that holds {n}: ask for fewer")
    inverse = (
        _dense_inverse(matrix, low_rank, below)
        if not issparse(matrix)
        else _sparse_inverse(matrix, low_rank, below)
    )

    def product(x: np.ndarray) -> np.ndarray:
        y = matrix @ x
        return y if low_rank is None else y + low_rank @ x

    start = np.random.default_rng(0).standard_normal(n)  # not eigsh's own, which is another every time
    energies, vectors = eigsh(
        LinearOperator((n, n), matvec=product, dtype=np.float64), wanted, sigma=below, v0=start, tol=TOLERANCE,
        OPinv=LinearOperator((n, n), matvec=inverse, dtype=np.float64),
    )  # fmt: skip
    order = np.argsort(energies)[:count]
    return energies[order], vectors[:, order]


def _dense_inverse(matrix: np.ndarray, low_rank: LowRank | None, below: float) -> Inverse:
    shifted = matrix.copy()
    shifted[np.diag_indices_from(shifted)] -= below
    if low_rank is not None:
        shifted += (low_rank.factors * low_rank.strengths) @ low_rank.factors.T
    try:
        factor = cho_factor(shifted, overwrite_a=True, check_finite=False)
    except LinAlgError as error:
        raise HadronlabError(f"{below:.6g} does not lie below the lowest level") from error
    return lambda x: cho_solve(factor, x, check_finite=False)


def _sparse_inverse(matrix: csc_matrix, low_rank: LowRank | None, below: float) -> Inverse:
    """By Woodbury's formula where there is a part of low rank."""
    shifted = csc_matrix(matrix - below * identity(matrix.shape[0]))
    plain = splu(
        shifted, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    ).solve
    if low_rank is None:
        return plain
    F = low_rank.factors
    KF = plain(np.ascontiguousarray(F))
    inner = np.diag(1.0 / low_rank.strengths) + F.T @ KF

    def inverse(x: np.ndarray) -> np.ndarray:
        return plain(x) - KF @ solve(inner, KF.T @ x, assume_a="sym")

    return inverse
