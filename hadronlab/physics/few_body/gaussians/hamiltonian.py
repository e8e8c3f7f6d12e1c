"""H and S between antisymmetrised Gaussians in all channels.

ψ = 𝒜 Σ_kiα c_kiα (u_ki·x)_z^L e^{−½ xᵀA_k x} χ_α. A permutation acts as A → OᵀAO, u → Oᵀu on the Gaussians and by D(π) on the
channels; only the right side is antisymmetrised, for H commutes with 𝒜 = Σ_π sgn(π) π/|G|, a projector: norms are at most 1, and
their rounding does not grow with the 720 permutations of six equal quarks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
import torch

from hadronlab.errors import ConfigError
from hadronlab.physics.few_body.gaussians.eigen import RIDGE
from hadronlab.physics.few_body.gaussians.elements import Elements, elements, inside_out
from hadronlab.physics.few_body.gaussians.many_body import COARSE, QUOTED, SAMPLED, ManyBodyMeans, WithLinear
from hadronlab.physics.few_body.gaussians.pair_means import PairMeans
from hadronlab.physics.few_body.gaussians.waves import PWave, SWave, frames
from hadronlab.physics.few_body.jacobi import pair_vectors_matrix, permutation_map
from hadronlab.physics.forces.interaction import Interaction, many_body_constant
from hadronlab.physics.quantum_numbers.channels import ChannelBasis
from hadronlab.physics.quantum_numbers.couplings import pairs_of
from hadronlab.physics.quantum_numbers.spin_orbit import rank

CHUNK = 4096  # pairs of Gaussians at a time, which stay in the cache


class Particles(Protocol):
    """What is solved: `systems.few_body.FewBodySystem` is one."""

    @property
    def channels(self) -> ChannelBasis: ...
    @property
    def interaction(self) -> Interaction: ...
    @property
    def masses(self) -> torch.Tensor: ...
    @property
    def hbar_c(self) -> float: ...
    @property
    def L(self) -> int: ...


class Hamiltonian:
    """Exponents are A (K, d, d). A Gaussian has `n_functions` = n_components · n_channels basis functions, with n_components = 1
    for L = 0 and d for L = 1; index of a function: (k · n_components + i) · n_channels + α. Energies in the unit of the masses,
    without these.

    A force of many bodies stands in `matrices` as a sum over pairs that is near it; `corrected` and `judged` put in the rest.
    ridge: of `eigen.lowest`. Raises ConfigError for one that is rotated, and for a `matrix` of the interaction.
    """

    def __init__(
        self, particles: Particles, interaction: Interaction | None = None, angle: float = 0.0
    ) -> None:
        """interaction: in place of that of the particles; angle θ: of the rotation r → r e^{iθ}, radian, which makes H complex
        symmetric.
        """
        masses, channels = particles.masses, particles.channels
        force = interaction or particles.interaction
        self.pair_rows = pair_vectors_matrix(masses, pairs_of(len(masses)), particles.hbar_c).numpy()
        self.rotations = [permutation_map(g.perm, masses).numpy() for g in channels.group]
        self.signed = np.array([g.sign * g.matrix for g in channels.group]) / len(channels.group)  # (G, n, n)
        # what turns orbits vanishes between S waves
        names = [
            name for name in force.operators if not rank(name) or (particles.L and not force.first_order)
        ]
        self.ranks = [rank(name) for name in names]
        self.operators = np.concatenate(
            [np.zeros((0, channels.n, channels.n)), *map(channels.operator, names)]
        )
        if force.matrix(torch.ones(len(self.pair_rows), 1, dtype=masses.dtype), masses, channels) is not None:
            raise ConfigError(
                f"Gaussians know numbers of all distances, not the matrix of {type(force).__name__}"
            )
        self.constant = many_body_constant(force, masses)
        self.means: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]] = PairMeans(
            force, masses.tolist(), angle, names
        )
        self.many_body: ManyBodyMeans | None = None
        self.ridge = RIDGE
        if self.constant is None:
            if angle:
                raise ConfigError(
                    f"the many_body of {type(force).__name__} is not known at complex distances: leave complex_scaling out"
                )
            self.many_body = ManyBodyMeans(force, masses, self.pair_rows, self.rotations)
            self.constant, self.ridge = self.many_body.constant, SAMPLED
            self.means = WithLinear(self.means, self.many_body.slope)
            unit = np.broadcast_to(np.eye(channels.n), (len(self.pair_rows), channels.n, channels.n))
            self.operators = np.concatenate([self.operators, unit])
        self.turn = np.exp(-2j * angle) if angle else 1.0  # of the kinetic energy
        self.n_channels, self.dimension, self.L = channels.n, len(masses) - 1, particles.L
        self.n_components = self.dimension if self.L else 1
        self.n_functions = self.n_components * self.n_channels

    def matrices(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """H and S, (m·n_functions, k·n_functions), of exponents (m, d, d) and (k, d, d)."""
        m, k = len(left), len(right)
        shape = m, self.n_components, self.n_channels, k, self.n_components, self.n_channels
        energy, overlap = np.zeros(shape, type(self.turn)), np.zeros(shape)
        for rows, found, g, permuted in self.blocks(left, right):
            wave = self._wave(found, left[rows], right, g, permuted)
            overlap[rows] += np.multiply.outer(wave.overlap, self.signed[g]).transpose(2, 0, 4, 3, 1, 5)
            energy[rows] += np.tensordot(self._terms(found, wave), self._coupled(g), (0, 0)).transpose(
                2, 0, 4, 3, 1, 5
            )
        size = m * self.n_functions
        return energy.reshape(size, -1), overlap.reshape(size, -1)

    def corrected(self, exponents: np.ndarray, energy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """H of all forces from that of `matrices`, and by how much that of each rule differs from it, (n_rules, …); none: exact."""
        if self.many_body is None:
            return energy, np.zeros((0, *energy.shape))
        rests = np.array([self._rest(self.many_body, exponents, exponents, rule) for rule in QUOTED])
        return energy + rests.mean(0), rests - rests.mean(0)

    def judged(
        self, left: np.ndarray, right: np.ndarray, rule: int = COARSE
    ) -> tuple[np.ndarray, np.ndarray]:
        """`matrices` of all forces, that of many bodies by a rule."""
        energy, overlap = self.matrices(left, right)
        if self.many_body is not None:
            energy = energy + self._rest(self.many_body, left, right, rule)
        return energy, overlap

    def _rest(self, force: ManyBodyMeans, left: np.ndarray, right: np.ndarray, rule: int) -> np.ndarray:
        """Among the same Gaussians half of them is computed: an element is that of the inverse permutation on the other side."""
        n, q, same = self.n_channels, self.n_components, left is right
        result = np.zeros((len(left), q, n, len(right), q, n))
        share = np.triu(np.ones((len(left), len(right)))) - np.eye(len(left)) / 2 if same else None
        for rows, found, g, permuted in self.blocks(left, right):
            wave = self._wave(found, left[rows], right, g, permuted)
            rest = wave.of_many(force, rule, np.ones_like(found.overlap) if share is None else share[rows])
            result[rows] += np.multiply.outer(rest, self.signed[g]).transpose(2, 0, 4, 3, 1, 5)
        matrix = result.reshape(len(left) * q * n, -1)
        return matrix + matrix.T if same else matrix

    def own_matrices(self, exponents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """H and S of each Gaussian by itself, (K, n_functions, n_functions), as `judged`."""
        shape = len(exponents), self.n_components, self.n_channels, self.n_components, self.n_channels
        energy, overlap = np.zeros(shape), np.zeros(shape)
        for g, rotation in enumerate(self.rotations):
            permuted = inside_out(rotation.T @ exponents @ rotation)
            found = elements(inside_out(exponents), permuted, self.pair_rows)
            wave = self._wave(found, exponents, exponents, g, permuted)
            overlap += np.multiply.outer(wave.overlap, self.signed[g]).transpose(2, 0, 3, 1, 4)
            energy += np.tensordot(self._terms(found, wave), self._coupled(g), (0, 0)).transpose(
                2, 0, 3, 1, 4
            )
            if self.many_body is not None:
                rest = wave.of_many(self.many_body, COARSE, np.ones_like(found.overlap))
                energy += np.multiply.outer(rest, self.signed[g]).transpose(2, 0, 3, 1, 4)
        own = len(exponents), self.n_functions, self.n_functions
        return energy.reshape(own), overlap.reshape(own)

    def _wave(
        self,
        found: Elements,
        left: np.ndarray,
        right: np.ndarray,
        g: int,
        permuted: np.ndarray,
        rows: np.ndarray | None = None,
    ) -> SWave:
        """The functions before Gaussians left (m, d, d) and right (k, d, d), with the axes of `permuted`, (d, d, k) or (d, d, 1, k)."""
        if not self.L:
            return SWave(found)
        on_left, on_right = frames(left), frames(right, self.rotations[g])
        if permuted.ndim > on_left.ndim:
            on_left, on_right = on_left[..., None], on_right[..., None, :]
        return PWave(found, permuted, on_left, on_right, self.pair_rows if rows is None else rows)

    def _coupled(self, g: int) -> np.ndarray:
        """The channels of `_terms`, (t, n, n)."""
        return np.concatenate([self.signed[g][None], self.operators @ self.signed[g]])

    def _terms(self, found: Elements, wave: SWave) -> np.ndarray:
        """Kinetic energy with the constant, and every operator of every pair, (t, q, q, …)."""
        own = self.turn * wave.kinetic + self.constant * wave.overlap
        potential = wave.of_pairs(*self.means(found.variance), self.ranks)
        return np.concatenate([own[None], potential.reshape(-1, *own.shape)])

    def weights(
        self, exponents: np.ndarray, states: np.ndarray, rows: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
        """Parts of ⟨f(|w·x|)⟩ = Σ_kl (weight ⟨f⟩ + tilt_p d⟨f⟩/dv) for every w of `rows` (n, d): the variances v (n, m, k) of an
        axis of w·x, weight (states, m, k) and, for L = 1, tilt (states, n, m, k).

        states: coefficients (K, n_functions, states).
        """
        left = states.reshape(len(exponents), self.n_components, self.n_channels, -1)
        outer = np.einsum("pi,pj->pij", rows, rows)
        for part, found, g, permuted in self.blocks(exponents, exponents):
            right = np.einsum("ab,kibs->kias", self.signed[g], left)
            density = np.einsum("kias,ljas->sijkl", left[part], right, optimize=True)
            wave = self._wave(found, exponents[part], exponents, g, permuted, rows)
            tilt = wave.tilt
            if tilt is not None:
                tilt = np.einsum("sijkl,pijkl->spkl", density, tilt, optimize=True)
            yield np.tensordot(outer, found.covariance, 2), (density * wave.overlap).sum((1, 2)), tilt

    def blocks(
        self, left: np.ndarray, right: np.ndarray
    ) -> Iterator[tuple[slice, Elements, int, np.ndarray]]:
        """Rows of the left side, elements, number of the permutation, permuted right side (d, d, 1, k)."""
        step = max(1, CHUNK // len(right))
        for g, rotation in enumerate(self.rotations):
            permuted = inside_out(rotation.T @ right @ rotation)[..., None, :]
            for first in range(0, len(left), step):
                rows = slice(first, first + step)
                yield (
                    rows,
                    elements(inside_out(left[rows])[..., None], permuted, self.pair_rows),
                    g,
                    permuted,
                )


def density_of(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Σ_αs l_kαs r_lαs, (k, l)."""
    return left.reshape(len(left), -1) @ right.reshape(len(right), -1).T
