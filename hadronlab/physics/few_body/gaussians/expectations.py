"""Sizes, densities, channels and parts of the energy of levels: closed matrix elements; and ψ itself.

Only one side is antisymmetrised, so every operator is the mean over the pairs or channels that permutations exchange.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian, Particles
from hadronlab.physics.few_body.gaussians.solve import Spectrum
from hadronlab.physics.few_body.gaussians.waves import frames
from hadronlab.physics.few_body.jacobi import jacobi_matrix
from hadronlab.physics.forces.interaction import Interaction, Term
from hadronlab.physics.quantum_numbers.couplings import pairs_of

NUDGE = 1e-4  # of a variance, for the slope of a mean: right to 1e-8


def pair_expectations(
    particles: Particles, found: Spectrum, mean: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """⟨f(r_p)⟩, (states, n_pairs, …), from `mean`: variance v (…) of an axis → ⟨f⟩ over N(0, v)³, (…) or (f, …)."""
    total: np.ndarray | float = 0.0
    for variance, weight, tilt in Hamiltonian(particles).pair_weights(found.exponents, found.coefficients):
        parts = [np.tensordot(weight, mean(v), ((1, 2), (-2, -1))) for v in variance]
        if tilt is not None:
            for p, v in enumerate(variance):
                slope = (mean((1 + NUDGE) * v) - mean((1 - NUDGE) * v)) / (2 * NUDGE * v)
                parts[p] = parts[p] + np.tensordot(tilt[:, p], slope, ((1, 2), (-2, -1)))
        total = total + np.stack(parts, 1)
    return np.stack([np.asarray(total)[:, list(orbit)].mean(1) for orbit in _orbits(particles)], 1)


def rms_distances(particles: Particles, found: Spectrum) -> np.ndarray:
    """√⟨r²⟩ of every pair, (states, n_pairs), in the length unit of the interaction."""
    return np.sqrt(pair_expectations(particles, found, lambda v: 3 * v))


def pair_densities(particles: Particles, found: Spectrum, r: np.ndarray) -> np.ndarray:
    """P(r) of every pair, ∫P dr = 1, (states, n_pairs, len(r))."""

    def density(v: np.ndarray) -> np.ndarray:
        square = r.reshape(-1, *[1] * v.ndim) ** 2
        return np.sqrt(2 / np.pi) * square * v**-1.5 * np.exp(-square / (2 * v))

    return pair_expectations(particles, found, density)


def channel_weights(particles: Particles, found: Spectrum) -> np.ndarray:
    """How likely every channel is, (states, n_channels)."""
    hamiltonian = Hamiltonian(particles)
    _, overlap = hamiltonian.matrices(found.exponents, found.exponents)
    c = found.coefficients.reshape(-1, hamiltonian.n_channels, len(found.energies))
    image = (overlap @ c.reshape(len(overlap), -1)).reshape(c.shape)
    reduced = np.einsum("kas,kbs->sab", c, image)
    turned = [
        np.einsum("ab,sbc,ac->sa", g.matrix, reduced, g.matrix, optimize=True)
        for g in particles.channels.group
    ]
    return np.mean(turned, axis=0)


def energy_parts(particles: Particles, found: Spectrum) -> dict[str, np.ndarray]:
    """'kinetic' and the terms of the interaction by name, (states,), in the unit of the masses."""
    vectors = found.coefficients.reshape(-1, len(found.energies))

    def mean(term: Interaction) -> np.ndarray:
        energy, _ = Hamiltonian(particles, term).matrices(found.exponents, found.exponents)
        return np.einsum("is,ij,js->s", vectors, energy, vectors, optimize=True)

    kinetic = mean(Term(particles.interaction, "none of them"))
    parts = {name: mean(term) - kinetic for name, term in particles.interaction.terms().items()}
    return {"kinetic": kinetic, **parts}


def amplitudes(particles: Particles, found: Spectrum, r: torch.Tensor) -> torch.Tensor:
    """ψ_s in all channels, (states, n_channels, batch), at r (N, 3, batch).

    ψ_α(r) = Σ_π sgn(π) Σ_β D_αβ(π) f_β(πr)   [DeepQuark, Eq. 6]; ∫Σ_α ψ_α² over mass-scaled Jacobi vectors is the number of
    permutations. For L = 1 it is the member of the multiplet along z.
    """
    scaled = torch.einsum("di,ixb->dxb", jacobi_matrix(particles.masses, particles.hbar_c), r).numpy()
    exponents, d = found.exponents, found.exponents.shape[-1]
    norm = (np.linalg.det(exponents) / np.pi**d) ** 0.75
    hamiltonian = Hamiltonian(particles)
    shape = len(exponents), hamiltonian.n_components, hamiltonian.n_channels, len(found.energies)
    coefficients = found.coefficients.reshape(shape)
    total: np.ndarray | float = 0.0
    for rotation, signed in zip(hamiltonian.rotations, hamiltonian.signed, strict=True):
        x = np.tensordot(rotation, scaled, (1, 0))
        form = np.einsum("dxb,kde,exb->kb", x, exponents, x, optimize=True)
        gaussians = (norm[:, None] * np.exp(-form / 2))[:, None]
        if hamiltonian.L:
            gaussians = gaussians * np.einsum("idk,db->kib", frames(exponents), x[:, 2])
        total = total + np.einsum("ab,kibs,kix->sax", signed, coefficients, gaussians, optimize=True)
    return torch.from_numpy(np.asarray(total))


def _orbits(particles: Particles) -> list[set[int]]:
    """For every pair the pairs into which permutations of identical particles take it."""
    pairs = pairs_of(len(particles.masses))
    number = {frozenset(pair): p for p, pair in enumerate(pairs)}
    return [{number[frozenset((g.perm[i], g.perm[j]))] for g in particles.channels.group} for i, j in pairs]
