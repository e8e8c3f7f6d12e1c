"""Coupled SU(2) states of N doublets and the matrices of S_i·S_j: spin here, isospin by the same algebra."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache

import numpy as np

from hadronlab.errors import ConfigError
from hadronlab.physics.quantum_numbers.couplings import CoupledBasis, Tree, coupled_basis

# S_i·S_j = P_ij/2 − 1/4 for two spins 1/2
SPIN_SPIN = np.array([[1, 0, 0, 0], [0, -1, 2, 0], [0, 2, -1, 0], [0, 0, 0, 1]]) / 4


def total_spin(n: int, sum_spin_spin: float) -> Fraction:
    """S of n spins 1/2 in which Σ_{i<j} S_i·S_j has the given value: S(S+1) = 3n/4 + 2 Σ S_i·S_j."""
    return Fraction(round(np.sqrt(3 * n + 8 * sum_spin_spin + 1) - 1), 2)


@cache
def spin_basis(n: int, spin: Fraction, tree: Tree) -> CoupledBasis:
    """States of n spins 1/2 with total spin S = M; labels: pair spins, '1-0'. Empty if impossible."""
    if n == 0 or spin < 0 or 2 * spin > n or (2 * spin - n) % 2:
        count = 1 if n == 0 and spin == 0 else 0
        return CoupledBasis(
            np.ones((count, *[2] * n)), (), ((),) * count, ("",) * count, np.zeros((0, count, count))
        )
    up = n - np.array([bin(state).count("1") for state in range(2**n)])
    return coupled_basis(
        tree,
        2,
        lambda i, j: SPIN_SPIN,
        lambda members, value: str(total_spin(len(members), value)),
        total=str(spin),
        restrict=2 * up - n == int(2 * spin),
    )


def possible_spins(n: int) -> list[Fraction]:
    """Total spins of n spins 1/2."""
    return [Fraction(twice, 2) for twice in range(n % 2, n + 1, 2)]


def coupled_to(a: Fraction | int, b: Fraction) -> list[Fraction]:
    """|a − b| … a + b."""
    lowest = abs(a - b)
    return [lowest + k for k in range(int(a + b - lowest) + 1)]


def half_integer(what: str, value: float | str | Fraction) -> Fraction:
    """A spin or isospin given as 1, 0.5 or "3/2"; raises ConfigError, naming it `what`, for anything else."""
    try:
        number = Fraction(value)
    except (ValueError, TypeError, OverflowError, ZeroDivisionError):
        raise ConfigError(f"{what}={value} is not a number: give 0, 0.5, 1, …") from None
    if number < 0 or number.denominator > 2:
        raise ConfigError(f"{what}={value} is not a multiple of 1/2: give 0, 0.5, 1, …")
    return number


def as_list(values: Sequence[Fraction]) -> str:
    """'0, 0.5, 1': spins for a message."""
    return ", ".join(f"{float(value):g}" for value in values)


def lowered(states: np.ndarray) -> np.ndarray:
    """S₋ of states (n, 2, …, 2) of spins, or isospins, one half."""
    result = np.zeros_like(states)
    for axis in range(1, states.ndim):
        from_up, to_down = np.moveaxis(states, axis, 0), np.moveaxis(result, axis, 0)
        to_down[1] += from_up[0]
    return result
