"""Sizes, densities, channels and parts of the energy of levels: closed matrix elements.

Only one side is antisymmetrised, so every operator is the mean over the pairs or channels that permutations exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from hadronlab.physics.few_body.gaussians.eigen import mean_of
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian, Particles
from hadronlab.physics.few_body.gaussians.spectrum import Spectrum
from hadronlab.physics.few_body.jacobi import from_jacobi_matrix, pair_vectors_matrix
from hadronlab.physics.forces.interaction import Interaction, Term
from hadronlab.physics.quantum_numbers.couplings import pairs_of

NUDGE = 1e-4  # of a variance, for the slope of a mean: right to 1e-8


def distance_expectations(
    particles: Particles,
    found: Spectrum,
    rows: np.ndarray,
    orbits: Sequence[Sequence[int]],
    mean: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """⟨f(|w·x|)⟩ of every row w of `rows` (n, d), (states, n, …).

    orbits: of every row the rows into which permutations of identical particles take it. mean: variance v (…) of an axis →
    ⟨f⟩ over N(0, v)³, (…) or (f, …).
    """
    total: np.ndarray | float = 0.0
    for variance, weight, tilt in Hamiltonian(particles).weights(found.exponents, found.coefficients, rows):
        parts = [np.tensordot(weight, mean(v), ((1, 2), (-2, -1))) for v in variance]
        if tilt is not None:
            for p, v in enumerate(variance):
                slope = (mean((1 + NUDGE) * v) - mean((1 - NUDGE) * v)) / (2 * NUDGE * v)
                parts[p] = parts[p] + np.tensordot(tilt[:, p], slope, ((1, 2), (-2, -1)))
        total = total + np.stack(parts, 1)
    return np.stack([np.asarray(total)[:, list(orbit)].mean(1) for orbit in orbits], 1)


def rms_distances(particles: Particles, found: Spectrum) -> np.ndarray:
    """√⟨r²⟩ of every pair, (states, n_pairs), in the length unit of the interaction."""
    return np.sqrt(distance_expectations(particles, found, *_pairs(particles), lambda v: 3 * v))


def rms_radii(particles: Particles, found: Spectrum) -> np.ndarray:
    """√⟨r²⟩ of every particle about the centre of mass, (states, N)."""
    return np.sqrt(distance_expectations(particles, found, *_single(particles), lambda v: 3 * v))


def pair_densities(particles: Particles, found: Spectrum, r: np.ndarray) -> np.ndarray:
    """P(r) of the distance of every pair, ∫P dr = 1, (states, n_pairs, len(r))."""
    return distance_expectations(particles, found, *_pairs(particles), partial(_radial_density, r))


def one_body_densities(particles: Particles, found: Spectrum, r: np.ndarray) -> np.ndarray:
    """P(r) of the distance of every particle from the centre of mass, ∫P dr = 1, (states, N, len(r))."""
    return distance_expectations(particles, found, *_single(particles), partial(_radial_density, r))


def _radial_density(r: np.ndarray, v: np.ndarray) -> np.ndarray:
    square = r.reshape(-1, *[1] * v.ndim) ** 2
    return np.sqrt(2 / np.pi) * square * v**-1.5 * np.exp(-square / (2 * v))


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


def energy_parts(
    particles: Particles, found: Spectrum, terms: Mapping[str, Interaction] | None = None
) -> dict[str, np.ndarray]:
    """'kinetic' and the terms of the interaction by name (None: its `terms`), (states,), in the unit of the masses."""
    vectors = found.coefficients.reshape(-1, len(found.energies))

    def mean(term: Interaction) -> np.ndarray:
        hamiltonian = Hamiltonian(particles, term)
        energy, _ = hamiltonian.matrices(found.exponents, found.exponents)
        return mean_of(vectors, hamiltonian.corrected(found.exponents, energy)[0])

    kinetic = mean(Term(particles.interaction, "none of them"))
    parts = {name: mean(term) - kinetic for name, term in (terms or particles.interaction.terms()).items()}
    return {"kinetic": kinetic, **parts}


def virial_residuals(particles: Particles, found: Spectrum) -> np.ndarray:
    """2⟨T⟩ − ⟨r·∇V⟩ of every level, (states,), in the unit of the masses: dE/dλ of the state at λr, zero of an exact one."""
    up, down = (energies(particles, found, scale) for scale in (1 + NUDGE, 1 - NUDGE))
    return (up - down) / (2 * NUDGE)


def energies(particles: Particles, found: Spectrum, scale: float = 1.0) -> np.ndarray:
    """cᵀHc/cᵀSc of every level at λr, λ = `scale`, (states,), in the unit of the masses.

    H and S may be those of other `particles` than the levels': of other masses or in another interaction. Where these differ
    by a little, E differs by the mean of ∂H, for it is stationary in coefficients and exponents.
    """
    hamiltonian, vectors = Hamiltonian(particles), found.coefficients.reshape(-1, len(found.energies))
    exponents = scale**2 * found.exponents
    energy, overlap = hamiltonian.matrices(exponents, exponents)
    energy, _ = hamiltonian.corrected(exponents, energy)
    return mean_of(vectors, energy) / mean_of(vectors, overlap)


def _pairs(particles: Particles) -> tuple[np.ndarray, list[list[int]]]:
    """w with r_i − r_j = w·x, (n_pairs, d), and their orbits."""
    pairs = pairs_of(len(particles.masses))
    number = {frozenset(pair): p for p, pair in enumerate(pairs)}
    moved = [{number[frozenset((g.perm[i], g.perm[j]))] for g in particles.channels.group} for i, j in pairs]
    rows = pair_vectors_matrix(particles.masses, pairs, particles.hbar_c).numpy()
    return rows, [sorted(orbit) for orbit in moved]


def _single(particles: Particles) -> tuple[np.ndarray, list[list[int]]]:
    """w with r_i = w·x about the centre of mass, (N, d), and their orbits."""
    rows = from_jacobi_matrix(particles.masses, particles.hbar_c).numpy()
    return rows, [sorted({g.perm[i] for g in particles.channels.group}) for i in range(len(rows))]
