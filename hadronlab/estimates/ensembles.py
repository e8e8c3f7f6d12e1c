"""Resampling bins of several measurements in one fit: bin 0 is the mean, then those of every measurement in turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate, Part


@dataclass(frozen=True)
class Ensemble:
    """`count` bins of the measurement `name`, "jackknife" or "bootstrap" (pseudo-experiments are a bootstrap)."""

    name: str
    kind: str
    count: int


class Bins:
    """The bins 1…B of a fit to `ensembles`, each of which resamples one measurement and leaves the others at their mean.

    Raises ConfigError where two of one name differ: what comes from one measurement is resampled alike.
    """

    def __init__(self, ensembles: Iterable[Ensemble | None] = ()) -> None:
        self.ensembles: dict[str, Ensemble] = {}
        for each in ensembles:
            if each is None or not each.count:
                continue
            other = self.ensembles.setdefault(each.name, each)
            if other != each:
                raise ConfigError(
                    f"loss: the terms have different resampling bins of {each.name} ({other.count} {other.kind}, "
                    f"{each.count} {each.kind}): resample them alike"
                )
        self.count = sum(each.count for each in self.ensembles.values())

    def of(self, ensemble: Ensemble | None) -> list[int]:
        """For the mean and every bin of the fit (1+B,), which bin of `ensemble` stands behind it."""
        found = [0] * (1 + self.count)
        if ensemble is not None and ensemble.count:
            first = self._first(ensemble.name)
            found[first : first + ensemble.count] = range(1, ensemble.count + 1)
        return found

    def estimate(self, values: Tensor | np.ndarray, unit: str = "", **about: Any) -> Estimate:
        """Of values (1+B, …), a part of its uncertainty for each ensemble; exact without bins (one value)."""
        array, parts = np.asarray(values, dtype=np.float64), {}
        for name, each in self.ensembles.items() if len(array) > 1 else ():
            first = self._first(name)
            if each.count > 1:
                parts[name] = Part(array[first : first + each.count], each.kind)
        return Estimate(array[0], unit, parts, **about)

    def _first(self, name: str) -> int:
        first = 1
        for each in self.ensembles.values():
            if each.name == name:
                return first
            first += each.count
        raise KeyError(name)
