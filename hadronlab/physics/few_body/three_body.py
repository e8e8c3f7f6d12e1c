"""Ground states of three particles with pair forces, L = 0 or 1: correlated Gaussians in all channels,
antisymmetrised exactly.

ψ = 𝒜 Σ_kα c_kα exp(−½ xᵀ A_k x) χ_α, x mass-scaled Jacobi vectors; for L = 1 times (u_k·x)_z. The A_k describe the three
groupings "pair + third particle", with geometric ranges for the pair and for the third particle, and u_k·x is one of
these two vectors; further orbital motion inside a grouping is carried by the other groupings and by the permutations.
Energies are upper bounds.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from scipy.linalg import eigh

from hadronlab.errors import ConfigError
from hadronlab.physics.few_body.jacobi import from_jacobi_matrix, pair_vectors_matrix, permutation_map
from hadronlab.physics.forces.interaction import Interaction, many_body_constant
from hadronlab.physics.quantum_numbers.channels import ChannelBasis
from hadronlab.physics.quantum_numbers.couplings import pairs_of


def three_body_levels(
    channels: ChannelBasis,
    interaction: Interaction,
    masses: torch.Tensor,
    hbar_c: float,
    ranges: np.ndarray | None = None,
    levels: int = 2,
    angular_momentum: int = 0,
) -> np.ndarray:
    """Lowest energies in the unit of the masses, Σm left out.

    Raises ConfigError for more or fewer particles, for a many-body term that is not constant, and for L > 1.
    ranges: lengths of the Gaussians for the pair and the third particle; by default 15 from 0.02 to 2.6 fm (L = 1: 9 from
    0.1 fm, for both vectors).
    """
    if angular_momentum not in (0, 1):
        raise ConfigError(f"three_body_levels knows L = 0 and L = 1, not {angular_momentum}")
    if len(masses) != 3:
        raise ConfigError(f"three_body_levels needs three particles, not {len(masses)}")
    constant = many_body_constant(interaction, masses)
    if constant is None:
        raise ConfigError(
            f"the three-body solver knows pair forces only, not many_body of {type(interaction).__name__}"
        )
    if interaction.matrix(torch.ones(3, 1, dtype=masses.dtype), masses, channels) is not None:
        raise ConfigError(
            f"the three-body solver knows pair forces only, not the matrix of {type(interaction).__name__}"
        )
    default = np.geomspace(0.1, 2.6, 9) if angular_momentum else np.geomspace(0.02, 2.6, 15)
    lengths = default if ranges is None else ranges
    back = from_jacobi_matrix(masses, hbar_c).numpy()  # r = back x
    pair_rows = pair_vectors_matrix(masses, pairs_of(3), hbar_c).numpy()
    exponents, vectors = _gaussians(masses.numpy(), back, channels.kinds, lengths)
    elements = _s_wave
    if angular_momentum:
        exponents, vectors = np.concatenate([exponents] * 2), vectors.transpose(1, 0, 2).reshape(-1, 2)
        elements = _p_wave
    means = _pair_means(interaction, masses, lengths)
    operators = [channels.operator(name) for name in interaction.operators]

    count, n = len(exponents), channels.n
    overlap = np.zeros((n, count, n, count))
    energy = np.zeros_like(overlap)
    for element in channels.group:
        rotation = permutation_map(element.perm, masses).numpy()
        permuted = rotation.T @ exponents @ rotation, vectors @ rotation
        norm, kinetic, variance, aligned = elements((exponents, vectors), permuted, pair_rows)
        matrix = element.sign * element.matrix
        overlap += np.einsum("ab,kl->akbl", matrix, norm)
        energy += np.einsum("ab,kl->akbl", matrix, kinetic)
        for operator, splines in zip(operators, means, strict=True):
            for p in range(3):
                potential, along = np.moveaxis(splines[p](np.log(variance[p])), -1, 0)
                weighted = (norm - aligned[p]) * potential + aligned[p] * along
                energy += np.einsum("ab,kl->akbl", operator[p] @ matrix, weighted)
    return _lowest(energy.reshape(n * count, -1), overlap.reshape(n * count, -1), levels) + constant


def _gaussians(
    masses: np.ndarray, back: np.ndarray, kinds: tuple[str, ...], lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A_k of exp(−r²/2a² − ρ²/2b²), (count, 2, 2), for groupings not connected by a permutation of identical
    particles, and r and ρ as rows over x, (count, 2, 2).
    """
    found: dict = {}
    for i, j in pairs_of(3):
        third = 3 - i - j
        grouping = (tuple(sorted((kinds[i], kinds[j]))), kinds[third])
        pair, spectator = np.zeros(3), np.zeros(3)
        pair[[i, j]] = 1, -1
        spectator[[i, j, third]] = *(-masses[[i, j]] / masses[[i, j]].sum()), 1
        found.setdefault(grouping, (pair @ back, spectator @ back))
    a, b = np.meshgrid(1 / lengths**2, 1 / lengths**2, indexing="ij")
    blocks = [
        np.multiply.outer(a.ravel(), np.outer(pair, pair))
        + np.multiply.outer(b.ravel(), np.outer(other, other))
        for pair, other in found.values()
    ]
    vectors = [np.broadcast_to(np.stack(rows), (a.size, 2, 2)) for rows in found.values()]
    return np.concatenate(blocks), np.concatenate(vectors)


Basis: TypeAlias = tuple[np.ndarray, np.ndarray]  # A_k (K, 2, 2) and u_k (K, 2)


def _s_wave(left: Basis, right: Basis, pair_rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Overlaps of normalised Gaussians and their T, (K, K), variances of each pair distance an axis (3, K, K), and the part
    of the overlaps in which a pair moves along u·x, (3, K, K).
    """
    inverse, norm = _overlaps(left[0], right[0])
    kinetic = 1.5 * np.einsum("kij,ljm,klmi->kl", left[0], right[0], inverse, optimize=True)
    variance = np.einsum("pi,klij,pj->pkl", pair_rows, inverse, pair_rows)
    return norm, norm * kinetic, variance, np.zeros_like(variance)


def _p_wave(left: Basis, right: Basis, pair_rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """The same of (v·x)_z e^{−½xᵀAx} and (u·x)_z e^{−½xᵀBx}, with I = (A + B)⁻¹ the covariance of x.

    ∇f·∇g has the terms v·u, −vᵀB x (u·x), −uᵀA x (v·x) and (v·x)(u·x) Σ_c xᵀAB x, averaged by Wick's theorem. Given the
    pair distance r = w·x, ⟨(v·x)(u·x)⟩ = vᵀIu − a + a r_z²/σ², with a = vᵀIw uᵀIw/σ².
    """
    (A, v), (B, u) = left, right
    inverse, norm = _overlaps(A, B)
    norm = norm / np.sqrt(np.multiply.outer(_half_width(A, v), _half_width(B, u)))
    v_in, u_in = np.einsum("ki,klij->klj", v, inverse), np.einsum("klij,lj->kli", inverse, u)  # vᵀI, Iu
    along = np.einsum("kli,li->kl", v_in, u)
    Bu, Av = np.einsum("lij,klj->kli", B, u_in), np.einsum("kij,klj->kli", A, v_in)  # B I u, A I v
    squares = np.einsum("kij,ljm,klmi->kl", A, B, inverse, optimize=True)  # tr(A B I)
    kinetic = 0.5 * (
        v @ u.T
        - np.einsum("ki,kli->kl", v, Bu)
        - np.einsum("li,kli->kl", u, Av)
        + 3 * along * squares
        + np.einsum("kli,kli->kl", Av, Bu)
        + np.einsum("kli,kij,ljm,klm->kl", u_in, A, B, v_in, optimize=True)
    )
    variance = np.einsum("pi,klij,pj->pkl", pair_rows, inverse, pair_rows)
    aligned = np.einsum("kli,pi->pkl", v_in, pair_rows) * np.einsum("kli,pi->pkl", u_in, pair_rows) / variance
    return norm * along, norm * kinetic, variance, norm * aligned


def _overlaps(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(A + B)⁻¹, (K, K, 2, 2), and the overlaps (K, K) of normalised Gaussians."""
    total = left[:, None] + right[None, :]
    widths = np.sqrt(np.linalg.det(left)[:, None] * np.linalg.det(right)[None, :])
    return np.linalg.inv(total), (4 * widths / np.linalg.det(total)) ** 1.5


def _half_width(exponents: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """⟨(u·x)_z²⟩ = uᵀ(2A)⁻¹u in e^{−xᵀAx}, (K,)."""
    return 0.5 * np.einsum("ki,kij,kj->k", vectors, np.linalg.inv(exponents), vectors)


def _pair_means(
    interaction: Interaction, masses: torch.Tensor, lengths: np.ndarray
) -> list[list[CubicSpline]]:
    """Splines in ln s² of ⟨v_o(r_p)⟩ and ⟨v_o(r_p) r_z²⟩/s² over a normal distribution of r_p with variance s² an axis, by
    the trapezoid rule in ln r.
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
    along = weight * r**2 / (3 * variance[:, None])
    return [
        [CubicSpline(log_variance, np.stack([weight @ row, along @ row], 1)) for row in v.numpy()]
        for v in values
    ]


def _lowest(energy: np.ndarray, overlap: np.ndarray, levels: int) -> np.ndarray:
    """Lowest eigenvalues of H c = E S c, numerically dependent directions of the basis dropped."""
    energy, overlap = (energy + energy.T) / 2, (overlap + overlap.T) / 2
    values, vectors = eigh(overlap)
    keep = values > 1e-10 * values[-1]
    basis = vectors[:, keep] / np.sqrt(values[keep])
    return eigh(
        basis.T @ energy @ basis, eigvals_only=True, subset_by_index=[0, min(levels, int(keep.sum())) - 1]
    )
