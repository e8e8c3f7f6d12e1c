"""Ground states of three particles with pair forces, L = 0: correlated Gaussians in all channels,
antisymmetrised exactly.

ψ = 𝒜 Σ_kα c_kα exp(−½ xᵀ A_k x) χ_α, x mass-scaled Jacobi vectors. The A_k describe the three groupings "pair
+ third particle", with geometric ranges for the pair and for the third particle; orbital motion inside a
grouping is carried by the other groupings and by the permutations. Energies are upper bounds.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from scipy.linalg import eigh

from hadronlab.errors import ConfigError
from hadronlab.physics.channels import ChannelBasis
from hadronlab.physics.couplings import pairs_of
from hadronlab.physics.interaction import Interaction
from hadronlab.physics.jacobi import from_jacobi_matrix, permutation_map


def three_body_levels(
    channels: ChannelBasis,
    interaction: Interaction,
    masses: torch.Tensor,
    hbar_c: float,
    ranges: np.ndarray | None = None,
    levels: int = 2,
) -> np.ndarray:
    """Lowest energies in the unit of the masses, Σm and a constant `many_body` term (V_C) left out.

    Raises ConfigError for more or fewer particles, and for a many-body term that is not constant.
    ranges: lengths of the Gaussians for the pair and the third particle; by default 15 from 0.02 to 2.6 fm.
    """
    if len(masses) != 3:
        raise ConfigError(f"three_body_levels needs three particles, not {len(masses)}")
    extra = interaction.many_body(torch.linspace(0.5, 1.5, 12, dtype=masses.dtype).reshape(3, 4), masses)
    if extra is not None and bool(extra.max() > extra.min()):
        raise ConfigError(
            f"the three-body solver knows pair forces only, not many_body of {type(interaction).__name__}"
        )
    lengths = np.geomspace(0.02, 2.6, 15) if ranges is None else ranges
    back = from_jacobi_matrix(masses, hbar_c).numpy()  # r = back x
    pair_rows = np.array([back[i] - back[j] for i, j in pairs_of(3)])
    exponents = _gaussians(masses.numpy(), back, channels.kinds, lengths)
    means = _pair_means(interaction, masses, lengths)
    operators = [channels.operator(name) for name in interaction.operators]

    count, n = len(exponents), channels.n
    overlap = np.zeros((n, count, n, count))
    energy = np.zeros_like(overlap)
    for element in channels.group:
        rotation = permutation_map(element.perm, masses).numpy()
        permuted = rotation.T @ exponents @ rotation
        norm, kinetic, variance = _elements(exponents, permuted, pair_rows)
        matrix = element.sign * element.matrix
        overlap += np.einsum("ab,kl->akbl", matrix, norm)
        energy += np.einsum("ab,kl->akbl", matrix, norm * kinetic)
        for o, operator in enumerate(operators):
            for p in range(3):
                energy += np.einsum(
                    "ab,kl->akbl", operator[p] @ matrix, norm * means[o][p](np.log(variance[p]))
                )
    return _lowest(energy.reshape(n * count, -1), overlap.reshape(n * count, -1), levels)


def _gaussians(
    masses: np.ndarray, back: np.ndarray, kinds: tuple[str, ...], lengths: np.ndarray
) -> np.ndarray:
    """A_k of exp(−r²/2a² − ρ²/2b²), (count, 2, 2), for groupings not connected by a permutation of identical
    particles.
    """
    found: dict = {}
    for i, j in pairs_of(3):
        third = 3 - i - j
        grouping = (tuple(sorted((kinds[i], kinds[j]))), kinds[third])
        pair, spectator = np.zeros(3), np.zeros(3)
        pair[[i, j]] = 1, -1
        spectator[[i, j, third]] = *(-masses[[i, j]] / masses[[i, j]].sum()), 1
        found.setdefault(grouping, (pair @ back, spectator @ back))  # r and ρ as rows over x
    a, b = np.meshgrid(1 / lengths**2, 1 / lengths**2, indexing="ij")
    blocks = [
        np.multiply.outer(a.ravel(), np.outer(pair, pair))
        + np.multiply.outer(b.ravel(), np.outer(other, other))
        for pair, other in found.values()
    ]
    return np.concatenate(blocks)


def _elements(left: np.ndarray, right: np.ndarray, pair_rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Overlaps of normalised Gaussians (K, K), T in units of the overlap, variances of each pair distance (3,
    K, K).
    """
    total = left[:, None] + right[None, :]
    inverse = np.linalg.inv(total)
    widths = np.sqrt(np.linalg.det(left)[:, None] * np.linalg.det(right)[None, :])
    norm = (4 * widths / np.linalg.det(total)) ** 1.5
    kinetic = 1.5 * np.einsum("kij,klji->kl", left, np.einsum("lij,kljm->klim", right, inverse))
    return norm, kinetic, np.einsum("pi,klij,pj->pkl", pair_rows, inverse, pair_rows)


def _pair_means(
    interaction: Interaction, masses: torch.Tensor, lengths: np.ndarray
) -> list[list[CubicSpline]]:
    """Splines in ln s² of ⟨v_o(r_p)⟩ over a normal distribution of r_p with variance s² an axis, by the
    trapezoid rule in ln r.
    """
    step = 0.05
    r = np.exp(np.arange(np.log(1e-5), np.log(60.0), step))
    log_variance = np.linspace(2 * np.log(lengths[0]) - 3, 2 * np.log(lengths[-1]) + 3, 1500)
    variance = np.exp(log_variance)
    weight = (
        step
        * np.sqrt(2 / np.pi)
        * r**3
        / variance[:, None] ** 1.5
        * np.exp(-(r**2) / (2 * variance[:, None]))
    )
    first, second = zip(*pairs_of(3), strict=True)
    radius = torch.from_numpy(r)[None].expand(3, -1)
    values = interaction.radial(radius, masses[list(first), None], masses[list(second), None])
    return [[CubicSpline(log_variance, weight @ row) for row in v.numpy()] for v in values]


def _lowest(energy: np.ndarray, overlap: np.ndarray, levels: int) -> np.ndarray:
    """Lowest eigenvalues of H c = E S c, numerically dependent directions of the basis dropped."""
    energy, overlap = (energy + energy.T) / 2, (overlap + overlap.T) / 2
    values, vectors = eigh(overlap)
    keep = values > 1e-10 * values[-1]
    basis = vectors[:, keep] / np.sqrt(values[keep])
    return eigh(
        basis.T @ energy @ basis, eigvals_only=True, subset_by_index=[0, min(levels, int(keep.sum())) - 1]
    )
