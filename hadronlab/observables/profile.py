"""χ² along one nuisance parameter, all others fitted again: what an error alone does not show."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate
from hadronlab.losses.nuisances import Nuisance
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.profile import profile

WIDTH = 4.0  # errors to either side
LOWER = 0.01  # of χ²: by so much a point of the profile may lie below the fit


class Profile(PotentialObservable):
    """`profile.<of>` (rows: its value, the least χ² with it, priors included, and all other nuisance parameters there) and
    `<of>.profile`, the value at the least χ², with the interval in which χ² rises by less than one.

    of: the nuisance parameter, as the result names it. values: [first, last]; by default four errors to either side.
    points: how many. steps: at most so many for each.
    """

    def __init__(
        self,
        of: str = "source_radius",
        values: Sequence[float] | None = None,
        points: int = 21,
        steps: int = 100,
    ) -> None:
        if points < 3 or (values is not None and not (len(values) == 2 and values[0] < values[1])):
            raise ConfigError(
                f"observables.profile: values={values}, points={points}: give [first, last], increasing, and 3 or more"
            )
        self.of, self.range, self.points, self.steps = of, values, points, steps

    def check(self, fitted: Collection[str]) -> None:
        if self.of not in fitted:
            raise ConfigError(
                f"observables.profile.of={self.of} is not fitted: {', '.join(fitted) or 'nothing'} is"
            )

    def observe(self, learned: LearnedPotential) -> Results:
        problem = LeastSquares(learned.models[0], learned.losses)
        named = problem.named_nuisances
        self.check(named)
        index, held = named[self.of]
        found = profile(problem, index, self._nu(problem, index, held), self.steps)
        others = {name: one.value(found.theta[:, i]) for name, (i, one) in named.items() if name != self.of}
        value, least = held.value(found.values).numpy(), found.loss.numpy()
        rows = {self.of: value, "chi2": least, **{name: x.numpy() for name, x in others.items()}}
        name = f"profile.{self.of}"
        result = Results({name: Estimate(np.stack(list(rows.values())), rows=tuple(rows))})
        centre = float(problem.loss(problem.theta()).detach()), float(held.value(problem.theta()[index]))
        result.estimates[f"{self.of}.profile"] = _interval(value, least, *centre, held.unit)
        if np.nanmin(least) < centre[0] - LOWER:
            best = int(np.nanargmin(least))
            result.warnings.append(
                f"{self.of} = {value[best]:.4g} has a χ² lower by {centre[0] - least[best]:.2g} than the fit: it is no minimum, "
                "or not the only one; train longer, or start elsewhere"
            )
        return result

    def _nu(self, problem: LeastSquares, index: int, held: Nuisance) -> Tensor:
        if self.range is not None:
            low, high = self.range
            return torch.tensor([held.nu(float(x)) for x in np.linspace(low, high, self.points)]).double()
        theta = problem.theta()
        with torch.no_grad():
            gram = problem.normal(theta)[0][0]
        error = float(torch.linalg.pinv(gram, hermitian=True)[index, index].sqrt())
        return theta[index] + WIDTH * error * torch.linspace(-1, 1, self.points, dtype=torch.float64)


def _interval(value: np.ndarray, least: np.ndarray, centre: float, best: float, unit: str) -> Estimate:
    """Where χ² is lowest, of fit and profile, and where it has risen by one; no interval where it has not within the profile."""
    if np.nanmin(least) < centre - LOWER:
        centre, best = float(np.nanmin(least)), float(value[np.nanargmin(least)])
    root = np.sqrt(np.maximum(least - centre, 0.0))  # nearly linear on either side
    ends = []
    for side in (value < best, value > best):
        x, y = np.append(value[side], best), np.append(root[side], 0.0)
        order = np.argsort(np.abs(x - best))
        x, y = x[order], y[order]
        beyond = np.flatnonzero(y >= 1.0)
        if not len(beyond):
            return Estimate(best, unit)
        i = beyond[0]
        ends.append(float(x[i - 1] + (x[i] - x[i - 1]) * (1.0 - y[i - 1]) / (y[i] - y[i - 1])))
    return Estimate(best, unit, interval=(ends[0], ends[1]))
