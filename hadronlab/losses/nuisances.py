"""Numbers beside the potential that a measurement depends on, and what is known of them before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.errors import ConfigError

FREE = 0.1
"""the unit that a number without a prior is counted in, relative or absolute as its width"""


@dataclass(frozen=True)
class Nuisance:
    """value(ν) = nominal · e^{width ν} (`positive`), nominal · (1 + width ν), or width ν where nominal is zero.

    ν has a prior N(0, 1), unless `width` is infinite: then it is free. unit: of the value.
    """

    name: str
    nominal: float
    width: float
    positive: bool = False
    unit: str = ""

    def __post_init__(self) -> None:
        if not self.width > 0:
            raise ConfigError(
                f"prior of {self.name}: its width is {self.width}; give a positive one, or 0 to hold it"
            )

    @property
    def free(self) -> bool:
        """Whether nothing is known before."""
        return math.isinf(self.width)

    def value(self, nu: Tensor) -> Tensor:
        """In the shape of ν."""
        step = (FREE if self.free else self.width) * nu
        if self.positive:
            return self.nominal * torch.exp(step)
        return self.nominal * (1.0 + step) if self.nominal else step

    def nu(self, value: float) -> float:
        """The ν that has this value. Raises ConfigError for one that it cannot have."""
        unit = FREE if self.free else self.width
        if not self.positive:
            return (value / self.nominal - 1.0) / unit if self.nominal else value / unit
        if not value > 0:
            raise ConfigError(f"{self.name} = {value:g}: it is above zero")
        return math.log(value / self.nominal) / unit


class Nuisances:
    """Several of them, ν (…, m)."""

    def __init__(self, each: Sequence[Nuisance] = ()) -> None:
        self.each = tuple(each)
        self.known = [i for i, one in enumerate(self.each) if not one.free]
        """those with a prior"""

    def __len__(self) -> int:
        return len(self.each)

    def values(self, nu: Tensor) -> dict[str, Tensor]:
        """By name, (…)."""
        return {one.name: one.value(nu[..., i]) for i, one in enumerate(self.each)}

    def residual(self, nu: Tensor, centre: Tensor) -> Tensor:
        """What the priors add to a fit, (p,): ν − centre (p,) of those that have one."""
        return nu[self.known] - centre


def width_of(priors: Mapping[str, float | None], name: str) -> float:
    """Of a prior by its name; 0 where the number is held."""
    width = priors.get(name)
    try:
        return 0.0 if width is None else float(str(width).replace(".inf", "inf"))  # as yaml writes it
    except ValueError:
        raise ConfigError(f"loss.correlation.priors.{name}={width!r}: give a width, 0, or inf") from None
