"""Minimising the sum of the lowest levels over all exponents at once, by damped Gauss–Newton steps."""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from hadronlab.physics.few_body.gaussians.differences import tangents_by_differences
from hadronlab.physics.few_body.gaussians.eigen import lowest, ridge
from hadronlab.physics.few_body.gaussians.exponents import to_exponents, to_parameters
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian
from hadronlab.physics.few_body.gaussians.tangents import Tangents, tangents

REACH = 3.0  # the largest change of a parameter in a step
ENOUGH = 0.005  # of what all steps gained: a step that gains less is the last


def refined(
    hamiltonian: Hamiltonian, exponents: np.ndarray, states: int, above: float, steps: int
) -> np.ndarray:
    """Exponents (K, d, d) after at most `steps`. Each level is an upper bound [Hylleraas–Undheim], so is their sum."""
    parameters = to_parameters(exponents)
    matrices = hamiltonian.matrices(exponents, exponents)
    levels, vectors = lowest(*matrices, states, above)
    first, damping = levels.sum(), 1e-3
    for _ in range(steps):
        derivatives = tangents_by_differences if hamiltonian.L else tangents
        found = derivatives(hamiltonian, parameters, vectors, levels)
        try:
            curvature = _curvature(found, *matrices, vectors, levels, above)
        except LinAlgError:  # functions depend on each other to rounding
            break
        slope = np.einsum("stb,bs->t", found.outer, vectors)
        diagonal = np.maximum(curvature.diagonal(), 1e-10 * curvature.diagonal().max())
        start = levels[0] - 0.01 * (above - levels[0]), vectors[:, 0]
        for _ in range(20):
            try:
                factor = cho_factor(curvature + np.diag(damping * diagonal), lower=True)
                step = cho_solve(factor, -slope).reshape(parameters.shape)
                if np.abs(step).max() > REACH:
                    raise LinAlgError("a long step")
                moved = to_exponents(parameters + step)
                with np.errstate(divide="raise", invalid="raise"):
                    trial = hamiltonian.matrices(moved, moved)
                new, new_vectors = lowest(*trial, states, above, start)
                if new.sum() < levels.sum():
                    break
            except (LinAlgError, FloatingPointError):
                pass
            damping *= 4
        else:
            break
        gain = levels.sum() - new.sum()
        parameters, exponents, matrices = parameters + step, moved, trial
        levels, vectors = new, new_vectors
        damping = max(damping / 6, 1e-12)
        if gain < ENOUGH * (first - levels.sum()):
            break
    return exponents


def _curvature(
    found: Tangents,
    energy: np.ndarray,
    overlap: np.ndarray,
    vectors: np.ndarray,
    levels: np.ndarray,
    above: float,
) -> np.ndarray:
    """`inner` with the response of the coefficients, (T, T). The levels themselves are no response: they are lifted."""
    lift = 2 * (above - levels[0])
    image = overlap @ vectors
    result = found.inner.copy()
    for outer, shadow, level in zip(found.outer, found.shadow, levels, strict=True):
        core = energy - level * overlap + lift * image @ image.T
        core[np.diag_indices_from(core)] += lift * ridge(energy - above * overlap)
        border = outer + lift * shadow @ image.T
        result += lift * shadow @ shadow.T - border @ cho_solve(cho_factor(core, lower=True), border.T)
    return (result + result.T) / 2
