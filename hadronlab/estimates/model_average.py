"""One number from many fits that could each have been quoted: weights by an information criterion   [Jay and Neil, 2008.01069].

    p_i ∝ e^{−A_i/2},  A_i = s_i (χ²_i + 2 N_cut,i) + 2 k_i,   a = Σ p_i a_i,
    σ² = Σ_i p_i σ_i²  (statistical, here bin by bin)  +  Σ_i p_i (a_i − a)²  (of the choice of a model)

k_i is the number of parameters that the data determine, N_cut,i how many points fewer than the largest fit the i-th uses.
Correlated points count as few: s = n_eff/n. Without it, twice as dense a grid would square the weights, and one fit win.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hadronlab.errors import ConfigError, DataError
from hadronlab.estimates.estimate import Estimate, Part, combine

MODELS = "models"
"""the part of the uncertainty that is that of the choice"""


@dataclass(frozen=True)
class Candidate:
    """A fit: what it gives, its χ² of `points`, which say as much as `effective_points` independent ones, and `parameters`."""

    label: str
    estimate: Estimate
    chi2: float
    points: float
    effective_points: float
    parameters: float

    @property
    def share(self) -> float:
        """s = n_eff/n."""
        return self.effective_points / self.points


@dataclass(frozen=True)
class ModelAverage:
    """The averaged estimate, whose parts are those of the fits and `models`, and the weight of every candidate."""

    estimate: Estimate
    weights: np.ndarray


def weights(candidates: Sequence[Candidate]) -> np.ndarray:
    """p (n,), which add up to 1. ConfigError without candidates."""
    if not candidates:
        raise ConfigError("there is nothing to average")
    # points are counted as independent ones, each fit by its own share
    most = max(one.effective_points for one in candidates)
    criterion = np.array(
        [one.share * one.chi2 + 2 * one.parameters + 2 * (most - one.effective_points) for one in candidates]
    )
    p = np.exp(-0.5 * (criterion - criterion.min()))
    return np.asarray(p / p.sum())


def model_average(candidates: Sequence[Candidate]) -> ModelAverage:
    """The average with its full error. Raises DataError where the candidates give different units or shapes."""
    p = weights(candidates)
    estimates = [one.estimate for one in candidates]
    if len({(e.unit, np.shape(e.value)) for e in estimates}) > 1:
        raise DataError(
            "what is averaged has different units or shapes: "
            + ", ".join(sorted({f"{e.unit or 1}" for e in estimates}))
        )
    mean = combine(
        lambda *values: sum(w * v for w, v in zip(p, values, strict=True)), *estimates, unit=estimates[0].unit
    )
    # a bin for every candidate, so that the choice is correlated between observables averaged alike
    spread = np.stack(
        [mean.value + w**0.5 * (e.value - mean.value) for w, e in zip(p, estimates, strict=True)]
    )
    parts = dict(mean.parts)
    if len(candidates) > 1:
        parts[MODELS] = Part(spread, "systematic")
    return ModelAverage(Estimate(mean.value, mean.unit, parts), p)
