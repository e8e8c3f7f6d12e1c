"""The 24 rotations of a cube and what they do to two spins 1/2; with the inversion, the 48 elements of its group."""

from __future__ import annotations

from functools import cache

import numpy as np

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


@cache
def rotations() -> tuple[np.ndarray, np.ndarray]:
    """R (24, 3, 3), whole numbers, and u (24, 2, 2) = exp(−iθ n·σ/2) of each, up to its sign; the identity first.

    All follow from the turns by π/2 about x and z.
    """
    about_x = (np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]), (np.eye(2) - 1j * PAULI[0]) / np.sqrt(2))
    about_z = (np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]]), (np.eye(2) - 1j * PAULI[2]) / np.sqrt(2))
    found = [(np.eye(3, dtype=int), np.eye(2, dtype=complex))]
    for R, u in found:  # grows while it is read
        for turn, spinor in (about_x, about_z):
            if not any(np.array_equal(turn @ R, known) for known, _ in found):
                found.append((turn @ R, spinor @ u))
    matrices, spinors = zip(*found, strict=True)
    return np.stack(matrices), np.stack(spinors)


def pair_rotations(n_spins: int) -> np.ndarray:
    """S (24, n, n): u ⊗ u on the four states 2α + β of two spins 1/2 (up = 0), or 1 where n_spins is 1."""
    u = rotations()[1]
    return np.ones((len(u), 1, 1)) if n_spins == 1 else np.einsum("gab,gcd->gacbd", u, u).reshape(-1, 4, 4)
