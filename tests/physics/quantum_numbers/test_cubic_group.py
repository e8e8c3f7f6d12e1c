"""The rotations of the cube and their spin matrices."""

from __future__ import annotations

import numpy as np

from hadronlab.physics.forces.tensor_waves import tensor_operator
from hadronlab.physics.quantum_numbers.cubic_group import PAULI, pair_rotations, rotations


def test_group() -> None:
    """24 different proper rotations, closed, the identity first."""
    R, _ = rotations()
    seen = {matrix.tobytes() for matrix in R}
    assert len(seen) == 24 and np.array_equal(R[0], np.eye(3))
    assert np.linalg.det(R).round(12).tolist() == [1.0] * 24
    assert {(a @ b).tobytes() for a in R for b in R} == seen


def test_spins_turn_with_vectors() -> None:
    """u (σ·v) u† = σ·(R v), and S S12(r) S† = S12(R r)."""
    R, u = rotations()
    v = np.random.default_rng(0).normal(size=3)
    for turn, spinor, pair in zip(R, u, pair_rotations(4), strict=True):
        turned = spinor @ np.tensordot(v, PAULI, 1) @ spinor.conj().T
        np.testing.assert_allclose(turned, np.tensordot(turn @ v, PAULI, 1), atol=1e-14)
        np.testing.assert_allclose(
            pair @ tensor_operator(v) @ pair.conj().T, tensor_operator(turn @ v), atol=1e-13
        )
    assert pair_rotations(1).shape == (24, 1, 1)
