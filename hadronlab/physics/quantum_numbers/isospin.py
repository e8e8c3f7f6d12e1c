"""Isospin of the light quarks u, d (one flavour 'q') among N particles; every other flavour is an isoscalar.

The light antiquarks form the doublet (−d̄, ū), so the coupling is that of spins 1/2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from hadronlab.physics.quantum_numbers.couplings import CoupledBasis, coupling_tree, pairs_of
from hadronlab.physics.quantum_numbers.spin import spin_basis

THIRD_COMPONENT = {"u": Fraction(1, 2), "d": Fraction(-1, 2), "u~": Fraction(-1, 2), "d~": Fraction(1, 2)}


@dataclass(frozen=True)
class IsospinBasis:
    """Isospin states of N particles of which only `light` (their indices) carry isospin."""

    light: tuple[int, ...]
    n_particles: int
    coupled: CoupledBasis

    @property
    def n(self) -> int:
        return self.coupled.n

    @property
    def vectors(self) -> np.ndarray:
        """(n, 2, …, 2) components, one axis a light particle."""
        return self.coupled.vectors

    @property
    def labels(self) -> tuple[str, ...]:
        return self.coupled.labels

    @property
    def pair_matrices(self) -> np.ndarray:
        """I_i·I_j for all pairs of the N particles, (n_pairs, n, n); zero where one is an isoscalar."""
        matrices = np.zeros((len(pairs_of(self.n_particles)), self.n, self.n))
        position = {particle: k for k, particle in enumerate(self.light)}
        own = pairs_of(len(self.light))
        for p, (i, j) in enumerate(pairs_of(self.n_particles)):
            if i in position and j in position:
                matrices[p] = self.coupled.pair_matrices[own.index((position[i], position[j]))]
        return matrices

    def permutation(self, perm: Sequence[int]) -> np.ndarray:
        """D_αβ(π) for a permutation of all particles that maps light ones to light ones."""
        position = {particle: k for k, particle in enumerate(self.light)}
        return self.coupled.permutation([position[perm[particle]] for particle in self.light])


def isospin_basis(
    light_quarks: Sequence[int], light_antiquarks: Sequence[int], n_particles: int, isospin: Fraction
) -> IsospinBasis:
    """Light quarks are coupled first, light antiquarks next, then both. Empty if I is impossible."""
    light = (*light_quarks, *light_antiquarks)
    n = len(light)
    tree = coupling_tree(range(len(light_quarks)), range(len(light_quarks), n)) if n else 0
    return IsospinBasis(tuple(light), n_particles, spin_basis(n, isospin, tree))
