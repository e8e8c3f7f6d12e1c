"""Spins coupled with L = 1 to J, and the matrices of spin–orbit and tensor operators between them.

Every S that couples to a J is there, for these operators mix them. All is a real matrix in |1 m⟩|spins up, down⟩: of the vector L,
which stands for the orbit of any pair between two vectors [Wigner–Eckart], and the spins s_i
  ℓ_ij·s_i → L·s_i,   S_ij → −(24/5) [½{L·s_i, L·s_j} − ⅔ s_i·s_j],
as in the P wave of a pair: S_12 is −4, 2 and −2/5 in ³P₀, ³P₁ and ³P₂.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import numpy as np

from hadronlab.physics.quantum_numbers.couplings import CoupledBasis, apply_pair, snap_to_roots
from hadronlab.physics.quantum_numbers.spin import SPIN_SPIN, coupled_to, lowered

RANKS = {"spin_orbit": 1, "antisymmetric_spin_orbit": 1, "tensor": 2}
ROOT = np.sqrt(2)
# L_+ s_- and its like, on |1 m⟩|±½⟩, m = 1, 0, −1
RAISE_ORBIT, RAISE_SPIN = ROOT * np.eye(3, k=1), np.eye(2, k=1)
ALONG = np.kron(np.diag([1, 0, -1]), np.diag([0.5, -0.5])) + 0.5 * (
    np.kron(RAISE_ORBIT, RAISE_SPIN.T) + np.kron(RAISE_ORBIT.T, RAISE_SPIN)
)  # L·s


def rank(operator: str) -> int:
    """Of the orbital part of a pair operator such as 'color*tensor': 0 of one that knows distances only, 1, or 2."""
    return max(RANKS.get(factor, 0) for factor in operator.split("*"))


@dataclass(frozen=True)
class SpinOrbitBasis(CoupledBasis):
    """States |(1, S) J, M = J⟩; vectors (n, 3, 2, …, 2), the first axis m = 1, 0, −1; labels "3P1", with the couplings of the spins
    where several have that S. pair_matrices: S_i·S_j.

    totals (n,): J; orbital: by the names of RANKS (n_pairs, n, n), ℓ_ij·(s_i + s_j), ℓ_ij·(s_i − s_j) and S_ij.
    """

    totals: tuple[Fraction, ...]
    orbital: dict[str, np.ndarray]


def with_orbit(spins: Sequence[CoupledBasis], totals: Sequence[Fraction]) -> SpinOrbitBasis:
    """The states of every one of `spins`, a basis of one S each, coupled with L = 1 to every one of `totals`."""
    vectors: list[np.ndarray] = []
    irreps: list[tuple[str, ...]] = []
    labels: list[str] = []
    found: list[Fraction] = []
    for J in totals:
        for basis in spins:
            if not basis.n or J not in coupled_to(1, S := Fraction(basis.irreps[0][0])):
                continue
            vectors.append(_coupled(basis.vectors, S, J))
            irreps += basis.irreps
            name = f"{2 * S + 1}P{J}"
            labels += [f"{name}({label})" if basis.n > 1 else name for label in basis.labels]
            found += [J] * basis.n
    states = np.concatenate(vectors)
    count, n = len(states), states.ndim - 2

    def between(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return left.reshape(count, -1) @ right.reshape(count, -1).T

    turned = [_along(states, i) for i in range(n)]  # L·s_i of all states
    orbit = [between(states, image) for image in turned]
    pairs = list(combinations(range(n), 2))
    scalar = np.array(
        [between(states, apply_pair(states.reshape(-1, 2**n), n, 2, i, j, SPIN_SPIN)) for i, j in pairs]
    )
    both = np.array([between(turned[i], turned[j]) for i, j in pairs])
    both = (both + both.transpose(0, 2, 1)) / 2
    return SpinOrbitBasis(
        states,
        spins[0].nodes,
        tuple(irreps),
        tuple(labels),
        snap_to_roots(scalar),
        tuple(found),
        {
            "spin_orbit": np.array([orbit[i] + orbit[j] for i, j in pairs]),
            "antisymmetric_spin_orbit": np.array([orbit[i] - orbit[j] for i, j in pairs]),
            "tensor": -24 / 5 * (both - 2 / 3 * scalar),
        },
    )


def _coupled(highest: np.ndarray, S: Fraction, J: Fraction) -> np.ndarray:
    """|(1, S) J, J⟩ (n, 3, 2, …, 2) of spin states |S, S⟩ (n, 2, …, 2)."""
    result = np.zeros((len(highest), 3, *highest.shape[1:]))
    spins, M, weight = highest, S, 1.0
    for m in (-1, 0, 1):
        if J - m > S:
            continue
        while J - m < M:
            spins, M = lowered(spins) / np.sqrt(float(S * (S + 1) - M * (M - 1))), M - 1
        result[:, 1 - m] = weight * spins
        if m < 1:
            # J_+ of the sum vanishes: on |m + 1, M⟩ come this term, its orbit raised, and the next, its spins raised
            weight *= -ROOT / np.sqrt(float(S * (S + 1) - M * (M - 1)))
    norm = np.sqrt((result**2).sum(tuple(range(1, result.ndim)), keepdims=True))
    return result / norm


def _along(states: np.ndarray, i: int) -> np.ndarray:
    """L·s_i of states (n, 3, 2, …, 2)."""
    image = np.tensordot(states, ALONG.reshape(3, 2, 3, 2), axes=((1, 2 + i), (2, 3)))
    return np.moveaxis(image, (-2, -1), (1, 2 + i))
