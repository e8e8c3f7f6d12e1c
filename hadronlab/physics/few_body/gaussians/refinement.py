"""Minimising the sum of the lowest levels over all exponents at once, by damped Gauss–Newton steps."""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from hadronlab.physics.few_body.gaussians.differences import tangents_by_differences
from hadronlab.physics.few_body.gaussians.eigen import lowest, mean_of, ridge
from hadronlab.physics.few_body.gaussians.exponents import to_exponents
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian
from hadronlab.physics.few_body.gaussians.many_body import STEPPED
from hadronlab.physics.few_body.gaussians.tangents import Tangents, tangents

STEPS, TRIALS = 40, 20  # of a refinement, and of the damping of a step, at most
DEPENDENT = 1e-3  # of the norm of a level, in directions that rounding makes
REACH = 3.0  # the largest change of a parameter in a step
ENOUGH = 0.005  # of what all steps gained: a step that gains less is the last


class Refinement:
    """Damped Gauss–Newton steps of the exponents, one at a time.

    parameters (K, d(d+1)/2); levels (states,) and vectors (K·n_functions, states), of which each level is an upper bound
    [Hylleraas–Undheim], so is their sum. began: with these parameters; made: steps so far.
    """

    def __init__(self, hamiltonian: Hamiltonian, parameters: np.ndarray, states: int, above: float) -> None:
        """above: an energy above the wanted levels."""
        self.hamiltonian, self.above = hamiltonian, above
        self.parameters = self.began = parameters
        exponents = to_exponents(parameters)
        self.matrices = hamiltonian.judged(exponents, exponents, STEPPED)
        self.levels, self.vectors = lowest(*self.matrices, states, above, least=hamiltonian.ridge)
        self.first, self.damping, self.made = float(self.levels.sum()), 1e-3, 0

    def step(self) -> bool:
        """Move all exponents once, where that lowers the levels; whether another step may gain more than a little."""
        self.made += 1
        derivatives = tangents_by_differences if self.hamiltonian.L else tangents
        found = derivatives(self.hamiltonian, self.parameters, self.vectors, self.levels)
        try:
            curvature = _curvature(
                found, *self.matrices, self.vectors, self.levels, self.above, self.hamiltonian.ridge
            )
        except LinAlgError:  # functions depend on each other to rounding
            return False
        slope = np.einsum("stb,bs->t", found.outer, self.vectors)
        diagonal = np.maximum(curvature.diagonal(), 1e-10 * curvature.diagonal().max())
        for _ in range(TRIALS):
            try:
                factor = cho_factor(curvature + np.diag(self.damping * diagonal), lower=True)
                gain = self._moved(cho_solve(factor, -slope).reshape(self.parameters.shape))
            except (LinAlgError, FloatingPointError):
                gain = 0.0
            if gain > 0:
                self.damping = max(self.damping / 6, 1e-12)
                return self.made < STEPS and gain >= ENOUGH * (self.first - self.levels.sum())
            self.damping *= 4
        return False

    def _moved(self, step: np.ndarray) -> float:
        """Take a step if it lowers the sum of the levels; by how much it would. Raises LinAlgError for a long one."""
        if np.abs(step).max() > REACH:
            raise LinAlgError("a long step")
        exponents = to_exponents(self.parameters + step)
        with np.errstate(divide="raise", invalid="raise"):
            matrices = self.hamiltonian.judged(exponents, exponents, STEPPED)
        below = self.levels[0] - 0.01 * (self.above - self.levels[0])
        levels, vectors = lowest(
            *matrices, len(self.levels), self.above, (below, self.vectors[:, 0]), self.hamiltonian.ridge
        )
        gain = float(self.levels.sum() - levels.sum())
        if gain > 0 and mean_of(vectors, matrices[1]).min() < 1 - DEPENDENT:
            raise LinAlgError("functions that depend on each other to rounding")
        if gain > 0:
            self.parameters = self.parameters + step
            self.matrices, self.levels, self.vectors = matrices, levels, vectors
        return gain


def _curvature(
    found: Tangents,
    energy: np.ndarray,
    overlap: np.ndarray,
    vectors: np.ndarray,
    levels: np.ndarray,
    above: float,
    least: float,
) -> np.ndarray:
    """`inner` with the response of the coefficients, (T, T). The levels themselves are no response: they are lifted."""
    lift = 2 * (above - levels[0])
    image = overlap @ vectors
    result = found.inner.copy()
    for outer, shadow, level in zip(found.outer, found.shadow, levels, strict=True):
        core = energy - level * overlap + lift * image @ image.T
        core[np.diag_indices_from(core)] += lift * ridge(energy - above * overlap, least)
        border = outer + lift * shadow @ image.T
        result += lift * shadow @ shadow.T - border @ cho_solve(cho_factor(core, lower=True), border.T)
    return (result + result.T) / 2
