"""S12 from its definition, and V_C and V_T from the waves of a known potential."""

from __future__ import annotations

import numpy as np

from hadronlab.physics.forces.tensor_waves import (
    SINGLET,
    TRIPLET,
    central_and_tensor,
    tensor_operator,
    wave_operators,
)
from hadronlab.physics.quantum_numbers.cubic_group import PAULI


def test_definition() -> None:
    """S12 = 3 (σ1·r̂)(σ2·r̂) − σ1·σ2, S12² = 8 − 2 S12 on the triplet, nothing on the singlet and at r = 0."""
    r = np.random.default_rng(0).normal(size=(5, 3))
    one, two = ([np.kron(s, np.eye(2)) for s in PAULI], [np.kron(np.eye(2), s) for s in PAULI])
    dot = sum(a @ b for a, b in zip(one, two, strict=True))
    for direction, S12 in zip(r, tensor_operator(r), strict=True):
        along = [sum(x * s for x, s in zip(direction, spin, strict=True)) for spin in (one, two)]
        np.testing.assert_allclose(S12, 3 * along[0] @ along[1] / (direction @ direction) - dot, atol=1e-14)
        np.testing.assert_allclose(S12 @ S12, 8 * TRIPLET - 2 * S12, atol=1e-13)
        assert abs(np.trace(S12)) < 1e-14 and np.abs(S12 @ SINGLET).max() < 1e-15
    assert not tensor_operator(np.zeros(3)).any()
    singlet = np.array([0, 1, -1, 0]) / np.sqrt(2)
    np.testing.assert_allclose(SINGLET, np.outer(singlet, singlet), atol=1e-15)


def test_potentials_come_back() -> None:
    """K ψ = (V_C + V_T S12) ψ for a ψ = f + g S12 that the rotations allow."""
    random = np.random.default_rng(1)
    r, (f, g, V_C, V_T) = random.normal(size=(20, 3)), random.normal(size=(4, 20))
    f += 3  # the waves of a real ψ: S above D
    S12 = tensor_operator(r)
    psi = f[:, None, None] * TRIPLET + g[:, None, None] * S12
    K = (V_C[:, None, None] * TRIPLET + V_T[:, None, None] * S12) @ psi
    waves = [np.einsum("wsab,sba->ws", wave_operators("3s1", r), x) for x in (psi, K)]
    np.testing.assert_allclose(waves[0], [f, np.sqrt(8) * g], atol=1e-13)
    central, tensor = central_and_tensor(*waves[0], *waves[1])
    np.testing.assert_allclose(central, V_C, atol=1e-11)
    np.testing.assert_allclose(tensor, V_T, atol=1e-11)
    assert np.abs(np.einsum("wsab,sba->ws", wave_operators("1s0", r), psi)).max() < 1e-14
