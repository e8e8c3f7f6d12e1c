"""Minimising the sum of the lowest levels over all exponents at once, by their gradients."""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError
from scipy.optimize import minimize

from hadronlab.physics.few_body.gaussians.eigen import lowest
from hadronlab.physics.few_body.gaussians.exponents import pull_back, to_exponents, to_parameters
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian

MEMORY = 30  # of L-BFGS
REACH = 3.0  # how far parameters may go: a long step of a line search leaves matrices that are singular to rounding


def refined(
    hamiltonian: Hamiltonian, exponents: np.ndarray, states: int, above: float, frequency: float, steps: int
) -> np.ndarray:
    """Exponents (K, d, d) after `steps` of L-BFGS. Each level is an upper bound [Hylleraas–Undheim], so is their sum."""
    first = to_parameters(exponents)
    start: tuple[float, np.ndarray] | None = None
    best, best_sum = exponents, np.inf

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal start, best, best_sum
        parameters = flat.reshape(first.shape)
        present = to_exponents(parameters)
        levels, vectors = lowest(*hamiltonian.matrices(present, present), states, above, start)
        if levels.sum() < best_sum:
            best, best_sum = present, levels.sum()
        start = levels[0] - 0.01 * (above - levels[0]), vectors[:, 0]
        slopes = hamiltonian.slopes(present, vectors, levels, np.ones(states))
        scale = 1e3 / frequency
        return scale * levels.sum(), scale * pull_back(slopes, parameters).ravel()

    flat = first.ravel()
    reach = REACH * np.maximum(1, np.abs(flat))
    options = {"maxiter": steps, "maxfun": 2 * steps, "maxcor": MEMORY, "ftol": 0, "gtol": 0}
    bounds = np.stack([flat - reach, flat + reach], axis=1)
    try:
        with np.errstate(divide="raise", invalid="raise"):
            minimize(objective, flat, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    except (FloatingPointError, LinAlgError):  # singular all the same: the best basis so far stands
        pass
    return best
