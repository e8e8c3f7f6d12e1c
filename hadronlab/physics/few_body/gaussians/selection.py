"""Growing a basis: of some random candidates the one that lowers the energies most."""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError

from hadronlab.physics.few_body.gaussians.candidates import Candidates
from hadronlab.physics.few_body.gaussians.eigen import lowest
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian

CANDIDATES = 25


def grown(
    hamiltonian: Hamiltonian,
    exponents: np.ndarray,
    size: int,
    states: int,
    above: float,
    candidates: Candidates,
    rng: np.random.Generator,
) -> np.ndarray:
    """The exponents (K, d, d) with more of them, `size` in all.

    A candidate is judged in the space of the levels of the present basis and its own channels, by Σ_s E_s. Raises LinAlgError where
    all of them depend on the basis to rounding.
    """
    energy, overlap = hamiltonian.judged(exponents, exponents)
    n, start = hamiltonian.n_functions, None
    while len(exponents) < size:
        levels, vectors = lowest(energy, overlap, min(states, len(energy)), above, start, hamiltonian.ridge)
        offered = candidates.draw(CANDIDATES, rng)
        beside = hamiltonian.judged(offered, exponents)
        within = hamiltonian.own_matrices(offered)
        reduced = [np.diag(levels), np.eye(len(levels))]
        rows = [(new @ vectors).reshape(CANDIDATES, n, -1) for new in beside]
        sums = []
        for k in range(CANDIDATES):
            small, norms = (
                bordered(old, new[k], own[k]) for old, new, own in zip(reduced, rows, within, strict=True)
            )
            try:
                sums.append(lowest(small, norms, len(levels), above, None, hamiltonian.ridge)[0].sum())
            except LinAlgError:  # it depends on the basis to rounding
                sums.append(np.inf)
        best = int(np.argmin(sums))
        if np.isinf(sums[best]):
            raise LinAlgError("every candidate depends on the basis to rounding")
        chosen = slice(best * n, (best + 1) * n)
        energy, overlap = (
            bordered(old, new[chosen], own[best])
            for old, new, own in zip((energy, overlap), beside, within, strict=True)
        )
        one = offered[best : best + 1]
        exponents = np.concatenate([exponents, one])
        start = (
            sums[best] - levels[1:].sum() - 0.01 * (above - levels[0]),
            np.append(vectors[:, 0], np.zeros(n)),
        )
    return exponents


def bordered(matrix: np.ndarray, row: np.ndarray, corner: np.ndarray) -> np.ndarray:
    """The symmetric matrix with more rows, (m, n) and (m, m), below."""
    return np.block([[matrix, row.T], [row, corner]])
