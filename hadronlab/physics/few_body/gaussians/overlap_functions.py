"""How much of a level in correlated Gaussians lies in two clusters at a distance: overlaps with products of their own levels.

With mass-scaled Jacobi vectors y = (ξ_1, ξ_2, ρ) = Q⁻¹x, Q orthogonal, ρ from one centre of mass to the other, ψ and a product of
cluster Gaussians are e^{−½yᵀBy}, B = QᵀA Q + diag(A_1, A_2, 0), and
  ∫dξ e^{−½yᵀBy} = (2π)^{3(d−1)/2} det(B_ξξ)^{−3/2} e^{−½aρ²},  a = B_ρρ − B_ρξ B_ξξ⁻¹ B_ξρ;
a vector u·y before it becomes (u_ρ − u_ξ B_ξξ⁻¹ B_ξρ) ρ. Clusters need no antisymmetrisation where ψ has it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from hadronlab.physics.few_body.gaussians.elements import inside_out, inverse
from hadronlab.physics.few_body.gaussians.hamiltonian import Particles
from hadronlab.physics.few_body.gaussians.spectrum import Spectrum
from hadronlab.physics.few_body.gaussians.waves import frames
from hadronlab.physics.few_body.jacobi import jacobi_matrix, permutation_map

AT_ONCE = 2**21  # numbers


def overlap_functions(
    particles: Particles,
    found: Spectrum,
    parts: Sequence[tuple[Particles, Spectrum]],
    members: Sequence[Sequence[int]],
    channels: np.ndarray,
    rho: np.ndarray,
) -> np.ndarray:
    """u(ρ) = ∫dξ_1 dξ_2 φ_1 φ_2 ψ of every level, (states, len(rho)), at mass-scaled distances of the clusters; for L = 1 u/ρ_z, so
    that the norm of the projection of ψ on φ_1 φ_2 is ∫u² d³ρ.

    parts: the clusters, each in the lowest level found, of L = 0. members, channels: as of `side_by_side`, (n, n_1, n_2).
    """
    group, d = particles.channels.group, len(particles.masses) - 1
    turn = _joined(particles, parts, members)  # Q
    clusters, products = _products(parts, channels)
    norm = (np.linalg.det(found.exponents) / np.pi**d) ** 0.75 * (2 * np.pi) ** (1.5 * (d - 1))
    count, states = len(found.exponents), len(found.energies)
    coefficients = norm[:, None, None, None] * found.coefficients.reshape(
        count, -1, particles.channels.n, states
    )
    result = np.zeros((states, len(rho)))
    for g in group:
        rotation = permutation_map(g.perm, particles.masses).numpy() @ turn
        exponents = inside_out(rotation.T @ found.exponents @ rotation)[..., None]
        covariance, determinant = inverse(exponents[:-1, :-1] + clusters)  # (d − 1, d − 1, K, clusters)
        drag = (covariance * exponents[None, :-1, -1]).sum(1)  # B_ξξ⁻¹ B_ξρ
        width = exponents[-1, -1] - (exponents[:-1, -1] * drag).sum(0)
        signed = g.sign / len(group) * g.matrix
        weight = np.einsum("al,ab,kibs->sikl", products, signed, coefficients, optimize=True)
        weight *= determinant**-1.5
        if particles.L:
            vectors = frames(found.exponents, rotation)[..., None]  # (i, d, K, 1)
            weight *= vectors[:, -1] - (vectors[:, :-1] * drag).sum(1)
        flat, widths = weight.sum(1).reshape(states, -1), width.ravel()
        for few in np.array_split(np.arange(len(rho)), -(-len(rho) * len(widths) // AT_ONCE)):
            result[:, few] += flat @ np.exp(-0.5 * np.multiply.outer(widths, rho[few] ** 2))
    return result


def _joined(
    particles: Particles, parts: Sequence[tuple[Particles, Spectrum]], members: Sequence[Sequence[int]]
) -> np.ndarray:
    """Q with x = Q (ξ_1, ξ_2, ρ), (d, d)."""
    masses, rows = particles.masses, []
    between = torch.zeros_like(masses)
    for own, (part, _), sign in zip(members, parts, (1, -1), strict=True):
        inner = torch.zeros(len(own) - 1, len(masses), dtype=masses.dtype)
        inner[:, list(own)] = jacobi_matrix(part.masses, particles.hbar_c)
        rows.append(inner)
        between[list(own)] = sign * part.masses / part.masses.sum()
    first, second = (part.masses.sum() for part, _ in parts)
    reduced = first * second / (first + second)
    y = torch.cat([*rows, between[None] * torch.sqrt(reduced) / particles.hbar_c])
    back = (particles.hbar_c**2 / masses)[:, None] * y.T  # r = back y
    return (jacobi_matrix(masses, particles.hbar_c) @ back).numpy()


def _products(
    parts: Sequence[tuple[Particles, Spectrum]], channels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """diag(A_1, A_2), (d − 1, d − 1, 1, M), of all products of cluster Gaussians, and their channels (n, M)."""
    blocks, amplitudes = [], []
    for part, found in parts:
        d = len(part.masses) - 1
        norm = (np.linalg.det(found.exponents) / np.pi**d) ** 0.75
        blocks.append(found.exponents)
        amplitudes.append(norm[:, None] * found.coefficients[..., 0])
    (first, second), size = blocks, blocks[0].shape[1] + blocks[1].shape[1]
    joint = np.zeros((len(first), len(second), size, size))
    d = first.shape[1]
    joint[..., :d, :d], joint[..., d:, d:] = first[:, None], second
    products = np.einsum("nab,ka,lb->nkl", channels, *amplitudes, optimize=True)
    return inside_out(joint.reshape(-1, size, size))[:, :, None], products.reshape(len(channels), -1)
