"""A number, or an array of them, with its uncertainty: what every quoted result is.

An uncertainty is made of independent named parts (`lattice:L48`, `walkers`, later `femto:pp` or a systematic one). Each
holds the values that the estimate takes when this source alone is resampled, so that any function of estimates, and the
covariance of any two, follow without another formula.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from torch import Tensor

from hadronlab.errors import DataError
from hadronlab.estimates.chains import ChainStatistics, block_means, chain_statistics
from hadronlab.estimates.resampling import deviation_scale

EXACT = 1e-12  # spread over the mean below which all samples of a chain are the same number
Value = float | np.ndarray


@dataclass(frozen=True, eq=False)
class Part:
    """One source of uncertainty: `bins` (B, …), the values of the estimate under its resampling.

    kind: "jackknife" or "bootstrap"; "systematic" for bins that are each one σ away from the central value. scale
    multiplies the deviations: what the autocorrelation of a chain adds to the spread of its blocks.
    """

    bins: np.ndarray
    kind: str = "jackknife"
    scale: float = 1.0

    @property
    def whole(self) -> np.ndarray:
        """Which bins are finite in all their elements, (B,)."""
        return np.isfinite(self.bins.reshape(len(self.bins), -1)).all(1)

    def deviations(self, value: Value, keep: np.ndarray | None = None) -> np.ndarray:
        """d (B', …) with Σ_b d_b² the variance, of the bins `keep` (B,), by default of the whole ones."""
        bins = self.bins[self.whole if keep is None else keep]
        if self.kind == "systematic":
            return self.scale * (bins - value)
        if len(bins) < 2:
            return np.full((1, *self.bins.shape[1:]), np.nan)
        return self.scale * deviation_scale(self.kind, len(bins)) * (bins - bins.mean(0))

    def variance(self, value: Value) -> np.ndarray:
        """σ², of the shape of `value`."""
        return np.square(self.deviations(value)).sum(0)


@dataclass(frozen=True, eq=False)
class Estimate:
    """A value (float or array), its unit ("" for a pure number) and the parts of its uncertainty (none: exact).

    name: of what the number belongs to, where it has one (the threshold "D D*"). rows: names along the leading axis of
    an array. interval: (low, high) of one σ where it is not symmetric; the error is then half its width.
    """

    value: Any  # a float or an array
    unit: str = ""
    parts: Mapping[str, Part] = field(default_factory=dict)
    name: str = ""
    rows: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        array = np.asarray(self.value, dtype=np.float64)
        object.__setattr__(self, "value", float(array) if array.ndim == 0 else array)
        if self.rows and (array.ndim == 0 or len(self.rows) != len(array)):
            raise DataError(f"estimate of shape {array.shape}: {len(self.rows)} names of rows do not fit")

    @classmethod
    def resampled(
        cls, values: Tensor | np.ndarray, kind: str, source: str = "lattice", **about: Any
    ) -> Estimate:
        """From (1+B, …): the mean first, then its bins; without bins (B < 2) an exact number."""
        array = np.asarray(values, dtype=np.float64)
        parts = {source: Part(array[1:], kind)} if len(array) > 2 else {}
        return cls(array[0], parts=parts, **about)

    @classmethod
    def of_chains(cls, chains: Tensor, found: ChainStatistics | None = None, **about: Any) -> Estimate:
        """The mean of chains (steps, walkers), its bins the jackknife over blocks of walkers.

        The error is that of `chain_statistics`, which also knows of the autocorrelation (`found` spares computing it).
        """
        found = chain_statistics(chains) if found is None else found
        if found.std <= EXACT * abs(found.mean):
            return cls(found.mean, **about)
        means = block_means(chains).numpy()
        if len(means) < 2:
            return cls.quoted(found.mean, found.error, **about)
        part = jackknife_of_blocks(means)
        scale = found.error / float(np.sqrt(part.variance(found.mean)))
        return cls(found.mean, parts={"walkers": replace(part, scale=scale)}, **about)

    @classmethod
    def quoted(cls, value: float, error: float | None = None, unit: str = "", **about: Any) -> Estimate:
        """A number whose error somebody else gives."""
        parts = {} if error is None else {"quoted": Part(np.array([value + error]), "systematic")}
        return cls(value, unit, parts, **about)

    @property
    def error(self) -> Any:
        """One σ: of the type and shape of `value`, or None for an exact number."""
        if self.interval is not None:
            return 0.5 * (self.interval[1] - self.interval[0])
        if not self.parts:
            return None
        return _plain(np.sqrt(sum(part.variance(self.value) for part in self.parts.values())))

    @property
    def error_of_error(self) -> Any:
        """One σ of `error`: B bins know a variance to a relative √(2/(B − 1)); systematic parts count as known."""
        if not self.parts:
            return None
        squares = [
            part.variance(self.value) ** 2 / (2.0 * max(int(part.whole.sum()) - 1, 1))
            for part in self.parts.values()
            if part.kind != "systematic"
        ]
        with np.errstate(divide="ignore", invalid="ignore"):
            return _plain(np.sqrt(sum(squares, np.zeros(np.shape(self.value)))) / self.error)

    def covariance(self, other: Estimate) -> np.ndarray:
        """Cov of all elements of `self` with all of `other`, (n, m): the sum over the sources that both have.

        Raises DataError where a source has other bins in one than in the other.
        """
        total = np.zeros((np.size(self.value), np.size(other.value)))
        for source in self.parts.keys() & other.parts.keys():
            mine, theirs = self.parts[source], other.parts[source]
            _same_bins(source, mine, theirs)
            keep = mine.whole & theirs.whole
            a, b = mine.deviations(self.value, keep), theirs.deviations(other.value, keep)
            total += a.reshape(len(a), -1).T @ b.reshape(len(b), -1)
        return total

    def map(self, function: Callable[[Any], Any], unit: str = "", **about: Any) -> Estimate:
        """`function` of this estimate, evaluated on the value and on every bin."""
        return combine(function, self, unit=unit, **about)

    def reciprocal(self, unit: str = "") -> Estimate:
        """1/x of a scalar, with the interval that x ± σ gives; without an error where that holds a pole."""
        value = 1.0 / self.value if self.value else math.inf
        ends = [self.value + s * self.error for s in (1.0, -1.0)] if self.parts else [1.0, -1.0]
        interval = (1.0 / ends[0], 1.0 / ends[1]) if ends[0] * ends[1] > 0 else None
        return Estimate(value, unit, interval=interval)

    def __str__(self) -> str:
        """Value(error) of a scalar in the way of the particle tables, such as 1.571(12) fm."""
        unit, error, value = (f" {self.unit}" if self.unit else ""), self.error, float(self.value)
        if not math.isfinite(value):
            return f"none{unit}"
        if not self.unit and error is None and value.is_integer():
            return f"{value:.0f}"  # a count
        if error is None or not math.isfinite(error) or error <= 0:
            return f"{value:.6g}{unit}"
        digits = max(0, 1 - math.floor(math.log10(float(f"{error:.1e}"))))  # 0.0996 is 0.10
        if digits == 0:
            return f"{value:.0f}({error:.0f}){unit}"
        return f"{value:.{digits}f}({round(error * 10**digits)}){unit}"

    def as_json(self) -> dict[str, Any]:
        """What result.json holds of a scalar; the error of every part where there are several."""
        several = {
            source: _plain(np.sqrt(part.variance(self.value)))
            for source, part in (self.parts.items() if len(self.parts) > 1 else ())
        }
        entry = {
            "error": self.error,
            "interval": self.interval and list(self.interval),
            "parts": several,
            "name": self.name,
        }
        return {
            "value": self.value,
            "unit": self.unit,
            **{key: v for key, v in entry.items() if v not in (None, "", {})},
        }


def combine(function: Callable[..., Any], *estimates: Estimate, unit: str = "", **about: Any) -> Estimate:
    """`function` of several estimates: on the values, and for every source on the bins of all that have it.

    Raises DataError where a source has other bins in one than in another.
    """
    parts: dict[str, Part] = {}
    for source in dict.fromkeys(name for e in estimates for name in e.parts):
        with_it = [e.parts[source] for e in estimates if source in e.parts]
        for part in with_it[1:]:
            _same_bins(source, with_it[0], part)
        bins = [
            function(*(e.parts[source].bins[b] if source in e.parts else e.value for e in estimates))
            for b in range(len(with_it[0].bins))
        ]
        parts[source] = Part(np.array(bins, dtype=np.float64), with_it[0].kind, max(p.scale for p in with_it))
    return Estimate(function(*(e.value for e in estimates)), unit, parts, **about)


def jackknife_of_blocks(means: np.ndarray) -> Part:
    """The part whose bins leave out one of the equal, independent blocks with these `means` (B, …)."""
    n = len(means)
    return Part((means.sum(0) - means) / (n - 1), "jackknife")


def _same_bins(source: str, first: Part, second: Part) -> None:
    if len(first.bins) != len(second.bins) or first.kind != second.kind:
        raise DataError(
            f"estimates: {len(first.bins)} {first.kind} and {len(second.bins)} {second.kind} bins of one source "
            f"{source!r} do not belong together: name the sources apart"
        )


def _plain(array: np.ndarray) -> Value:
    return float(array) if np.ndim(array) == 0 else array
