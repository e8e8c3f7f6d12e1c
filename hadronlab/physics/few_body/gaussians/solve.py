"""The solving loop: a basis grows and is refined, stage by stage, until what is left to gain is small."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hadronlab.errors import ConfigError
from hadronlab.physics.few_body.gaussians.candidates import Candidates, Cluster, natural_scale
from hadronlab.physics.few_body.gaussians.eigen import lowest
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian, Particles
from hadronlab.physics.few_body.gaussians.refinement import refined
from hadronlab.physics.few_body.gaussians.selection import grown

FIRST, GROWTH = 10, 1.5  # Gaussians of the first stage, and how many more in the next
STEPS = 40  # of refinement, at most
COPIES = 8  # matrices of the size of H, and of the curvature, at a time
DEPENDENT = 1e-3  # of the norm of a level, in directions that rounding makes
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stage:
    """Levels (states,) with a basis of `size` Gaussians, `seconds` after the beginning."""

    size: int
    energies: np.ndarray
    seconds: float


@dataclass(frozen=True)
class Spectrum:
    """The lowest levels and their wave functions ψ_s = 𝒜 Σ_kα c_kαs e^{−½xᵀA_kx} χ_α, the Gaussians of unit norm.

    energies (states,): upper bounds, in the unit of the masses and without these. remaining (states,): how far they are
    expected to lie above the exact ones, extrapolated from the stages. rounding: the error of the arithmetic, which grows
    where functions nearly depend on each other. exponents (K, d, d), of mass-scaled Jacobi vectors; coefficients
    (K, n_functions, states), ⟨ψ_s|ψ_s⟩ = 1 in the sense of `Hamiltonian.matrices`. ended: by 'accuracy', 'time', 'size', or by
    'dependence' of further functions on these.
    """

    energies: np.ndarray
    remaining: np.ndarray
    rounding: float
    exponents: np.ndarray
    coefficients: np.ndarray
    stages: tuple[Stage, ...]
    ended: str


def solve(
    particles: Particles,
    states: int = 1,
    accuracy: float = 0.0,
    seconds: float = 60.0,
    size: int | None = None,
    seed: int = 0,
    clusters: Sequence[Cluster] = (),
) -> Spectrum:
    """The lowest levels of L = 0, until `remaining` of each is below `accuracy` (unit of the masses), the next stage would end
    after `seconds`, or the basis has `size` Gaussians (None: what a quarter of the memory holds).

    clusters: parts into which the system may fall; products of their states are offered to the basis.
    Raises ConfigError where nothing is bound together, for forces that this basis does not know, and for a basis beyond
    the memory.
    """
    began = time.monotonic()
    hamiltonian, rng = Hamiltonian(particles), np.random.default_rng(seed)
    sizes = _sizes(hamiltonian, states, size)
    scale = natural_scale(hamiltonian, float(particles.masses.mean()), states, rng)
    candidates = Candidates(particles, hamiltonian, scale.frequency, clusters)
    exponents, stages, ended = scale.best[None], [], "size"
    for target in sizes:
        wider = grown(hamiltonian, exponents, target, states, scale.above, candidates, rng)
        wider = refined(hamiltonian, wider, states, scale.above, STEPS)
        matrices = hamiltonian.matrices(wider, wider)
        levels, vectors = lowest(*matrices, states, scale.above)
        norms = _mean(vectors, matrices[1])
        if norms.min() < 1 - DEPENDENT:
            ended = "dependence"
            break
        exponents, energy = wider, matrices[0]
        coefficients = vectors / np.sqrt(norms)
        stages.append(Stage(target, _mean(coefficients, energy), time.monotonic() - began))
        log.debug("%d Gaussians, %.1f s: %s", target, stages[-1].seconds, levels)
        last = stages[-1].seconds - (stages[-2].seconds if len(stages) > 1 else 0)
        if np.all(remaining(stages) <= accuracy):
            ended = "accuracy"
            break
        if stages[-1].seconds + GROWTH**2 * last > seconds and target != sizes[-1]:
            ended = "time"
            break
    if not stages:
        raise ConfigError(
            f"{sizes[0]} Gaussians already depend on each other to rounding: the forces are beyond this basis"
        )
    rounding = np.finfo(float).eps * float(_mean(np.abs(coefficients), np.abs(energy)).max())
    shape = len(exponents), hamiltonian.n_functions, states
    return Spectrum(
        stages[-1].energies,
        remaining(stages),
        rounding,
        exponents,
        coefficients.reshape(shape),
        tuple(stages),
        ended,
    )


def _mean(vectors: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """cᵀMc of every column."""
    return np.einsum("is,ij,js->s", vectors, matrix, vectors, optimize=True)


def remaining(stages: Sequence[Stage]) -> np.ndarray:
    """(states,): the gains of later stages, if each is a fixed part of the one before; ∞ before the third stage.

    The part is that of the last two gains, between 1/2 and 3/4.
    """
    if len(stages) < 3:
        return np.full_like(stages[-1].energies, np.inf)
    first, second, third = (stage.energies for stage in stages[-3:])
    gain = second - third
    ratio = np.clip(gain / np.maximum(first - second, np.finfo(float).tiny), 0.5, 0.75)
    return np.maximum(gain * ratio / (1 - ratio), 0)


def _sizes(hamiltonian: Hamiltonian, states: int, size: int | None) -> list[int]:
    """Numbers of Gaussians of the stages. Raises ConfigError where the first or the wanted one is beyond the memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    n, parameters = hamiltonian.n_functions, hamiltonian.dimension * (hamiltonian.dimension + 1) // 2
    numbers = COPIES * (n**2 + parameters**2) + (states + 3) * n * parameters  # for a pair of Gaussians
    largest = int((memory / 4 / (8 * numbers)) ** 0.5)
    sizes, target = [], max(FIRST, 2 * states)
    if (size or target) > largest:
        raise ConfigError(
            f"{size or target} Gaussians in {n} channels need more than a quarter of this machine's memory: "
            f"{largest} fit"
        )
    while target < (size or largest):
        sizes.append(target)
        target = int(GROWTH * target)
    return [*sizes, size or largest]
