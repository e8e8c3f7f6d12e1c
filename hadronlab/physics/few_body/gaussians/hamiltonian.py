"""H and S between antisymmetrised Gaussians in all channels, and the slopes of their eigenvalues.

ψ = 𝒜 Σ_kα c_kα e^{−½ xᵀA_k x} χ_α. A permutation acts as A → OᵀAO on the Gaussians and by D(π) on the channels; only the
right side is antisymmetrised, for H commutes with 𝒜.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch

from hadronlab.errors import ConfigError
from hadronlab.physics.few_body.gaussians.elements import Elements, elements, pulled_back
from hadronlab.physics.few_body.gaussians.pair_means import PairMeans
from hadronlab.physics.few_body.jacobi import pair_vectors_matrix, permutation_map
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.quantum_numbers.channels import ChannelBasis
from hadronlab.physics.quantum_numbers.couplings import pairs_of

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


class Hamiltonian:
    """Exponents are A (K, d, d); index of a basis function: k · n_channels + α. Energies in the unit of the masses, without these.

    Raises ConfigError for a many-body term that is not constant, and for a `matrix` of the interaction.
    """

    def __init__(self, particles: Particles, interaction: Interaction | None = None) -> None:
        """interaction: in place of that of the particles."""
        masses, channels = particles.masses, particles.channels
        force = interaction or particles.interaction
        self.pair_rows = pair_vectors_matrix(masses, pairs_of(len(masses)), particles.hbar_c).numpy()
        self.rotations = [permutation_map(g.perm, masses).numpy() for g in channels.group]
        self.signed = np.array([g.sign * g.matrix for g in channels.group])  # (G, n, n)
        operators = [channels.operator(name) for name in force.operators]
        self.operators = np.concatenate([np.zeros((0, channels.n, channels.n)), *operators])
        self.constant = _constant(force, masses, channels)
        self.means = PairMeans(force, masses.tolist())
        self.n_channels, self.dimension = channels.n, len(masses) - 1

    def matrices(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """H and S, (m·n_channels, k·n_channels), of exponents (m, d, d) and (k, d, d)."""
        n, m, k = self.n_channels, len(left), len(right)
        energy, overlap = np.zeros((m, n, k, n)), np.zeros((m, n, k, n))
        for rows, found, g, _ in self.blocks(left, right):
            values, signed = self._terms(found, g)
            energy[rows] += np.tensordot(values, signed, (0, 0)).transpose(0, 2, 1, 3)
            overlap[rows] += np.multiply.outer(found.overlap, self.signed[g]).transpose(0, 2, 1, 3)
        return energy.reshape(m * n, -1), overlap.reshape(m * n, -1)

    def own_matrices(self, exponents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """H and S of each Gaussian by itself, (K, n_channels, n_channels)."""
        energy = np.zeros((len(exponents), self.n_channels, self.n_channels))
        overlap = np.zeros_like(energy)
        for g, rotation in enumerate(self.rotations):
            found = elements(
                _inside_out(exponents), _inside_out(rotation.T @ exponents @ rotation), self.pair_rows
            )
            values, signed = self._terms(found, g)
            energy += np.tensordot(values, signed, (0, 0))
            overlap += np.multiply.outer(found.overlap, self.signed[g])
        return energy, overlap

    def _terms(self, found: Elements, g: int) -> tuple[np.ndarray, np.ndarray]:
        """Kinetic energy with the constant, and every operator of every pair: factors (t, …) and channels (t, n, n)."""
        potential, _ = self.means(found.variance)
        kinetic = (found.kinetic + self.constant)[None]
        values = found.overlap * np.concatenate([kinetic, potential.reshape(-1, *found.overlap.shape)])
        return values, np.concatenate([self.signed[g][None], self.operators @ self.signed[g]])

    def slopes(
        self,
        exponents: np.ndarray,
        vectors: np.ndarray,
        energies: np.ndarray,
        weights: np.ndarray,
        rows: slice = slice(None),
    ) -> np.ndarray:
        """∂/∂A_k of Σ_s w_s E_s, symmetric (K, d, d), or of the k in `rows`: dE = cᵀ(dH − E dS)c with cᵀSc = 1.

        vectors: (K·n_channels, s).
        """
        states = vectors.reshape(len(exponents), self.n_channels, -1)
        left, left_states = (
            exponents[rows],
            2 * weights * states[rows],
        )  # H is symmetric: twice the left derivative
        shifted = states * (self.constant - energies)
        result = np.zeros_like(left)
        for block, found, g, permuted in self.blocks(left, exponents):
            potential, slope = self.means(found.variance)
            pairs = len(self.operators), *found.overlap.shape
            signed = self.signed[g]
            density = found.overlap * density_of(left_states[block], signed @ states)
            pair_density = np.empty(pairs)
            for o, operator in enumerate(self.operators):
                pair_density[o] = density_of(left_states[block], operator @ signed @ states)
            pair_density *= found.overlap
            energy = density * found.kinetic + found.overlap * density_of(
                left_states[block], signed @ shifted
            )
            energy += (pair_density * potential.reshape(pairs)).sum(0)
            pair_density *= slope.reshape(pairs)
            variance_weight = pair_density.reshape(-1, *found.variance.shape).sum(0)
            at = _inside_out(left[block])[..., None]
            slope_at = pulled_back(found, at, permuted, self.pair_rows, energy, density, variance_weight)
            result[block] += np.moveaxis(slope_at, -1, 0)
        return result

    def blocks(
        self, left: np.ndarray, right: np.ndarray
    ) -> Iterator[tuple[slice, Elements, int, np.ndarray]]:
        """Rows of the left side, elements, number of the permutation, permuted right side (d, d, 1, k)."""
        step = max(1, CHUNK // len(right))
        for g, rotation in enumerate(self.rotations):
            permuted = _inside_out(rotation.T @ right @ rotation)[..., None, :]
            for first in range(0, len(left), step):
                rows = slice(first, first + step)
                yield (
                    rows,
                    elements(_inside_out(left[rows])[..., None], permuted, self.pair_rows),
                    g,
                    permuted,
                )


def _inside_out(exponents: np.ndarray) -> np.ndarray:
    """(K, d, d) as (d, d, K)."""
    return np.ascontiguousarray(np.moveaxis(exponents, 0, -1))


def density_of(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Σ_αs l_kαs r_lαs, (k, l)."""
    return left.reshape(len(left), -1) @ right.reshape(len(right), -1).T


def _constant(interaction: Interaction, masses: torch.Tensor, channels: ChannelBasis) -> float:
    """A many-body term that is one number."""
    n_pairs = len(pairs_of(len(masses)))
    name = type(interaction).__name__
    distances = torch.linspace(0.5, 1.5, 4 * n_pairs, dtype=masses.dtype).reshape(n_pairs, 4)
    if interaction.matrix(distances, masses, channels) is not None:
        raise ConfigError(f"Gaussians know pair forces only, not the matrix of {name}")
    extra = interaction.many_body(distances, masses)
    if extra is None:
        return 0.0
    if bool(extra.max() > extra.min()):
        raise ConfigError(f"Gaussians know pair forces only, not the many_body of {name}")
    return float(extra[0])
