"""The tensor force of two spins 1/2: S12, the ³S₁ and ³D₁ parts of a correlator, and V_C and V_T out of them.

ψ(r) is a matrix, sink × source spins, on the states 2α + β (up = 0). Over its triplet block,
    S(r) = tr ψ/3,  D(r) = tr[S12(r) ψ]/(3√8),  S12 = 3(σ1·r̂)(σ2·r̂) − σ1·σ2,
and with S12² = 8 − 2 S12 the equation K ψ = (V_C + V_T S12) ψ becomes
    KS = V_C S + √8 V_T D,   KD = √8 V_T S + (V_C − 2 V_T) D.                                               (1)
"""

from __future__ import annotations

import numpy as np

from hadronlab.physics.quantum_numbers.cubic_group import PAULI

SPIN_SPIN = np.einsum("iab,jcd->ijacbd", PAULI, PAULI).reshape(3, 3, 4, 4)  # σ1_i σ2_j
SINGLET = (np.eye(4) - np.einsum("iiab->ab", SPIN_SPIN)) / 4
TRIPLET = np.eye(4) - SINGLET
TENSOR = 3 * SPIN_SPIN - np.eye(3)[..., None, None] * np.einsum("iiab->ab", SPIN_SPIN)
WAVES = {"1s0": ("S",), "3s1": ("S", "D")}


def tensor_operator(r: np.ndarray) -> np.ndarray:
    """S12 (…, 4, 4) in the directions r (…, 3); zero where r is zero, and on the singlet."""
    square = np.maximum((r**2).sum(-1), 1e-300)
    return np.einsum("...i,...j,ijab->...ab", r, r / square[..., None], TENSOR, optimize=True)


def wave_operators(spin: str, r: np.ndarray) -> np.ndarray:
    """O (W, …, 4, 4) at the positions r (…, 3): tr[O ψ] is the wave, ¹S₀ of "1s0", or S and D of "3s1" (W = 2)."""
    if spin == "1s0":
        return np.broadcast_to(SINGLET, (1, *r.shape[:-1], 4, 4))
    central = np.broadcast_to(TRIPLET / 3, (*r.shape[:-1], 4, 4))
    return np.stack([central, tensor_operator(r) / (3 * np.sqrt(8))])


def central_and_tensor(
    S: np.ndarray, D: np.ndarray, KS: np.ndarray, KD: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """V_C and V_T (…) out of S, D, K S and K D (…); V_T is zero where S12 is, at r = 0."""
    root = np.sqrt(8)
    # Eq. (1) by Cramer's rule; the matrix has the factors S − √2 D and S + D/√2 of the eigenvalues −4 and 2 of S12
    det = S * (S - D / np.sqrt(2)) - D**2
    return (KS * (S - D / np.sqrt(2)) - KD * D) / det, (KD * S - KS * D) / (root * det)
