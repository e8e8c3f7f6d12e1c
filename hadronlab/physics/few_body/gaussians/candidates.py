"""Random Gaussians to choose from: correlated in all pairs, or clusters side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hadronlab.errors import ConfigError
from hadronlab.physics.few_body.gaussians.eigen import independent_levels
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian, Particles
from hadronlab.physics.few_body.jacobi import from_jacobi_matrix, jacobi_matrix

SPREAD = np.log(0.1), np.log(10.0)  # widths over the expected ones
CUSP = np.log(0.02), 0.0  # of the pair that meets
CLUSTER_DISTANCE = np.log(0.3), np.log(20.0)  # over the expected width, too


@dataclass(frozen=True)
class Cluster:
    """Some of the particles, and exponents (K, d, d) of their own state in their own Jacobi vectors; (1, 0, 0) of one particle."""

    members: tuple[int, ...]
    exponents: np.ndarray


@dataclass(frozen=True)
class Scale:
    """What a rough basis of Gaussians says: ħω of the best of them, an energy above the wanted levels, and that Gaussian."""

    frequency: float
    above: float
    best: np.ndarray


def natural_scale(hamiltonian: Hamiltonian, mass: float, states: int, rng: np.random.Generator) -> Scale:
    """From nearly isotropic Gaussians A ≈ ω of ω between 1e-7 and 1e3 masses.

    Raises ConfigError where the energy falls to either end: nothing holds the particles together, or from collapse.
    """
    frequencies = mass * np.geomspace(1e-7, 1e3, 201)
    rows = hamiltonian.pair_rows / np.linalg.norm(hamiltonian.pair_rows, axis=1, keepdims=True)
    factors = np.exp(rng.normal(0, 0.5, (len(frequencies), len(rows))))
    isotropic = hamiltonian.dimension / len(rows) * np.einsum("kp,pi,pj->kij", factors, rows, rows)
    exponents = frequencies[:, None, None] * isotropic
    lowest = np.full(len(frequencies), np.inf)
    for k, (energy, overlap) in enumerate(zip(*hamiltonian.own_matrices(exponents), strict=True)):
        if overlap.diagonal().max() > 1e-6:
            lowest[k] = independent_levels(energy, overlap)[0]
    best = int(lowest.argmin())
    if best > len(lowest) - 5 or lowest[-1] < 0:  # the largest kinetic energy does not hold them apart
        raise ConfigError(
            "the energy falls without end as the particles approach: the interaction is not bounded below"
        )
    if best < 5 or not np.isfinite(lowest[best]):
        raise ConfigError("the forces do not hold the particles together at any size: nothing to compute")
    near = exponents[max(0, best - 30) : best + 31 : 3]
    levels = independent_levels(*hamiltonian.matrices(near, near))
    highest = levels[min(states, len(levels)) - 1]
    return Scale(frequencies[best], 2 * highest - levels[0] + frequencies[best], exponents[best])


class Candidates:
    """Draws exponents (count, d, d): half of them of clusters side by side, where there are clusters."""

    def __init__(
        self,
        particles: Particles,
        hamiltonian: Hamiltonian,
        frequency: float,
        clusters: Sequence[Cluster] = (),
    ) -> None:
        self.masses, self.back = (
            particles.masses,
            from_jacobi_matrix(particles.masses, particles.hbar_c).numpy(),
        )
        self.pair_rows = hamiltonian.pair_rows
        self.widths = np.linalg.norm(self.pair_rows, axis=1) / np.sqrt(frequency)
        self.clusters = clusters
        self.forms = [self._forms(cluster, particles.hbar_c) for cluster in clusters]

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        apart = count // 2 if self.clusters else 0
        found = [self._side_by_side(rng) for _ in range(apart)]
        return np.array([*found, *self._correlated(count - apart, rng)])

    def scattered(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """exp(−½ Σ_p r_p²/b_p²) of all sizes, none of which is preferred; half of them clusters side by side, where there are any."""
        apart = count // 2 if self.clusters else 0
        widths = self.widths * np.exp(rng.uniform(*SPREAD, (count - apart, len(self.widths))))
        found = [*(self._side_by_side(rng) for _ in range(apart)), *self._of_pairs(widths)]
        return np.reshape(found, (count, *[self.pair_rows.shape[1]] * 2))

    def _correlated(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """exp(−½ Σ_p r_p²/b_p²), the b_p log-uniform, in half of them that of one pair narrower: where two meet ψ has a cusp."""
        widths = self.widths * np.exp(rng.uniform(*SPREAD, (count, len(self.widths))))
        one = rng.integers(len(self.widths), size=count)
        widths[np.arange(count), one] *= np.exp(rng.uniform(*CUSP, count) * (rng.random(count) < 0.5))
        return self._of_pairs(widths)

    def _of_pairs(self, widths: np.ndarray) -> np.ndarray:
        return np.einsum("kp,pi,pj->kij", widths**-2, self.pair_rows, self.pair_rows)

    def _forms(self, cluster: Cluster, hbar_c: float) -> np.ndarray:
        """The exponents as quadratic forms of all positions, (K, N, N)."""
        members = list(cluster.members)
        forms = np.zeros((len(cluster.exponents), len(self.masses), len(self.masses)))
        if len(members) == 1:
            return forms
        inner = jacobi_matrix(self.masses[members], hbar_c).numpy()
        forms[np.ix_(range(len(forms)), members, members)] = inner.T @ cluster.exponents @ inner
        return forms

    def _side_by_side(self, rng: np.random.Generator) -> np.ndarray:
        """A Gaussian of each cluster, times e^{−½R²/b²} of the distances R of their centres."""
        form = sum(forms[rng.integers(len(forms))] for forms in self.forms)
        masses = self.masses.numpy()
        for i, first in enumerate(self.clusters):
            for second in self.clusters[:i]:
                row = np.zeros(len(masses))
                for cluster, sign in ((first, 1), (second, -1)):
                    members = list(cluster.members)
                    row[members] = sign * masses[members] / masses[members].sum()
                width = np.median(self.widths) * np.exp(rng.uniform(*CLUSTER_DISTANCE))
                form = form + np.outer(row, row) / width**2
        return self.back.T @ form @ self.back
