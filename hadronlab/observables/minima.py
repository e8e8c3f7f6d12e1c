"""The minima of a fit, from several starting values of its nuisance parameters: what one value with an error would hide."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.minima import Minimum, find_minima

LOWER = 0.01  # of χ²: by so much another minimum may lie below the fit without being told as lower
UNDECIDED = 1.0  # of χ²: a sign that changes within is not known


class Minima(PotentialObservable):
    """`minima`: χ², priors included, and all nuisance parameters, a row each, of every distinct minimum within `within` of the
    lowest, a column each. `minima_systematic`: with the systematic errors that the losses leave out, if they do.

    starts: values of nuisance parameters, by the names of the result; every combination is a starting point, beside the fit
    itself. steps: at most so many for each. A minimum in which χ² had not settled after these is left out.
    """

    def __init__(self, starts: Mapping[str, Sequence[float]], within: float = 9.0, steps: int = 200) -> None:
        if not within > 0 or steps < 1:
            raise ConfigError(f"observables.minima: within={within}, steps={steps}: give numbers above zero")
        self.starts, self.within, self.steps = dict(starts), within, steps

    def check(self, fitted: Collection[str]) -> None:
        for name in self.starts:
            if name not in fitted:
                raise ConfigError(
                    f"observables.minima.starts.{name} is not fitted: {', '.join(fitted) or 'nothing'} is"
                )

    def observe(self, learned: LearnedPotential) -> Results:
        problem = LeastSquares(learned.models[0], learned.losses)
        self.check(problem.named_nuisances)
        found = self._near(find_minima(problem, self._points(problem), self.steps))
        result = Results({"minima": self._table(problem, found)})
        fit = float(problem.loss(problem.theta()).detach())
        if found and found[0].loss < fit - LOWER:
            result.warnings.append(
                f"the fit is not in its lowest minimum: {_told(problem, found[0], found[0].loss)}"
            )
        others = [one for one in found if one.loss > found[0].loss + LOWER]
        if others:
            told = "; ".join(_told(problem, one, found[0].loss) for one in others)
            result.warnings.append(f"other minima of the fit, which no error contains: {told}")
        self._signs(problem, found, "", result)
        losses = {name: loss.with_systematic() for name, loss in learned.losses.items()}
        if any(losses[name] is not loss for name, loss in learned.losses.items()):
            whole = LeastSquares(learned.models[0], losses)
            found = self._near(find_minima(whole, self._points(whole), self.steps))
            result.estimates["minima_systematic"] = self._table(whole, found)
            self._signs(whole, found, "with systematic errors ", result)
        return result

    def _points(self, problem: LeastSquares) -> Iterator[Tensor]:
        """The fit, and every combination of the starting values."""
        named = problem.named_nuisances
        yield problem.theta()
        fit = problem.theta()
        for values in itertools.product(*self.starts.values()):
            theta = fit.clone()
            for name, value in zip(self.starts, values, strict=True):
                index, nuisance = named[name]
                theta[index] = nuisance.nu(float(value))
            yield theta

    def _near(self, found: Sequence[Minimum]) -> list[Minimum]:
        settled = [one for one in found if one.settled]
        return [one for one in settled if one.loss < settled[0].loss + self.within]

    def _table(self, problem: LeastSquares, found: Sequence[Minimum]) -> Estimate:
        rows = {"chi2": [one.loss for one in found]}
        rows |= {name: [_values(problem, one)[name] for one in found] for name in problem.named_nuisances}
        return Estimate(np.array(list(rows.values())), rows=tuple(rows))

    def _signs(self, problem: LeastSquares, found: Sequence[Minimum], how: str, result: Results) -> None:
        allowed = [one for one in found if one.loss < found[0].loss + UNDECIDED]
        for name in problem.named_nuisances:
            values = [_values(problem, one)[name] for one in allowed]
            if values and min(values) < 0.0 < max(values):
                told = ", ".join(
                    f"{value:.3g} (χ² {one.loss:.2f})" for value, one in zip(values, allowed, strict=True)
                )
                result.warnings.append(
                    f"{how}the data do not determine the sign of {name}: {told} are minima within {UNDECIDED:g} of χ²"
                )


def _values(problem: LeastSquares, one: Minimum) -> dict[str, float]:
    return {name: float(each.value(one.theta[i])) for name, (i, each) in problem.named_nuisances.items()}


def _told(problem: LeastSquares, one: Minimum, lowest: float) -> str:
    values = ", ".join(f"{name} = {value:.3g}" for name, value in _values(problem, one).items())
    return f"χ² {one.loss:.2f} ({one.loss - lowest:+.2f}) at {values}"
