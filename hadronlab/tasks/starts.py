"""Where a fit that is not convex starts, and which other minima it has."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.losses.loss import LinearLoss, Loss
from hadronlab.losses.target import well
from hadronlab.models.potentials.potential import Potential
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.minima import Minimum, find_minima
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.physics.scattering.rmatrix import RMatrix

NAMES = ("lattice", "unbound", "bound")
WELLS = {"unbound": 0.6, "bound": 1.6}
"""of the strength that binds"""

SLOW = 600.0
"""seconds that the steps from all starting points may take before it is told"""

log = logging.getLogger(__name__)

Starts = Literal["auto"] | Sequence[str]


@dataclass(frozen=True)
class StartingPoints:
    """lattice: the fit to the losses that are linear in the potential; unbound, bound: a Gaussian well of range `length`, fm,
    that does not bind, or binds one state. auto: none where all data terms are linear, the lattice where some are, both
    wells where none is. What the model is before is always one of them.

    Raises ConfigError for another name.
    """

    names: Starts = "auto"
    length: float = 1.0

    def __post_init__(self) -> None:
        wrong = [] if self.names == "auto" else [name for name in self.names if name not in NAMES]
        if wrong:
            raise ConfigError(
                f"task.starts: there is no {wrong[0]!r}; choose auto or a list of {', '.join(NAMES)}"
            )

    def chosen(self, losses: Sequence[Loss]) -> list[str]:
        """The names that are meant, for these losses."""
        if self.names != "auto":
            return list(self.names)
        linear = [isinstance(loss, LinearLoss) for loss in losses if loss.data_term]
        if all(linear):
            return []
        return ["lattice"] if any(linear) else ["unbound", "bound"]

    def lead_to(self, problem: LeastSquares, rmatrix: RMatrix, steps: int = 100) -> list[Minimum]:
        """Distinct minima, the lowest first; empty where there is nothing to choose between."""
        names = self.chosen(list(problem.losses.values()))
        if not names or not problem.flat.size:
            return []
        _tell_of_pace(problem, steps * (1 + len(names)))
        points = [problem.theta(), *(self._point(name, problem, rmatrix) for name in names)]

        def n_bound(theta: Tensor) -> int:
            with torch.no_grad():
                U, V = problem.flat(theta[: problem.flat.size], rmatrix.r, rmatrix.r)
            return int((rmatrix.solve(U, V).bound_states().count).max())

        return find_minima(problem, points, steps, kind=n_bound)

    def _point(self, name: str, problem: LeastSquares, rmatrix: RMatrix) -> Tensor:
        model: Potential = copy.deepcopy(problem.model)
        if name == "lattice":
            linear = {key: loss for key, loss in problem.losses.items() if isinstance(loss, LinearLoss)}
            fit, steps = LeastSquares(model, linear), 20
        else:
            goal = well(rmatrix, self.length, WELLS[name], nonlocal_part=not model.has_local)
            fit, steps = LeastSquares(model, {"target": goal}), 10
        GaussNewton(fit, DampedSolver(1e-8, relative=True)).run(steps)
        theta = problem.theta()
        theta[: problem.flat.size] = fit.theta()
        return theta


def _tell_of_pace(problem: LeastSquares, steps: int) -> None:
    began = time.perf_counter()
    GaussNewton(problem, DampedSolver(1e-3, relative=True)).displacement()
    seconds = time.perf_counter() - began
    if seconds * steps > SLOW:
        log.warning(
            "a step of this fit takes %.0f s, and from its starting points up to %d of them are taken, %.0f min: a smaller model "
            "than these %d parameters, such as model=hybrid_low_rank, says as much of the potential",
            seconds, steps, seconds * steps / 60, problem.size,
        )  # fmt: skip
