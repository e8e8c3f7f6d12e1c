"""What observables say of a run: estimates by name, what they are compared with, warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hadronlab.estimates.estimate import Estimate


@dataclass
class Results:
    """Everything that result.json and result.h5 hold of a run.

    estimates: scalars and arrays by name. truth: values of the potential behind synthetic data; reference: published
    or converged ones, {"value", "source", …} by the name of the estimate.
    """

    estimates: dict[str, Estimate] = field(default_factory=dict)
    truth: dict[str, dict[str, Any]] = field(default_factory=dict)
    reference: dict[str, dict[str, Any]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def scalars(self) -> dict[str, Estimate]:
        """The estimates that are single numbers."""
        return {name: e for name, e in self.estimates.items() if isinstance(e.value, float)}

    @property
    def arrays(self) -> dict[str, Estimate]:
        """The others."""
        return {name: e for name, e in self.estimates.items() if not isinstance(e.value, float)}

    @property
    def values(self) -> dict[str, Any]:
        """The plain numbers and arrays, without their errors."""
        return {name: e.value for name, e in self.estimates.items()}

    def unit(self, name: str) -> str:
        """Of an estimate; "" also where there is none of that name."""
        return self.estimates[name].unit if name in self.estimates else ""

    def known(self, name: str) -> Mapping[str, Any] | None:
        """What an estimate is to be compared with: the truth where it is known, else the reference."""
        return self.truth.get(name) or self.reference.get(name)

    def add(self, other: Results) -> None:
        """Take in what another observable says; of two of one name the later stays."""
        self.estimates.update(other.estimates)
        self.truth.update(other.truth)
        self.reference.update(other.reference)
        self.warnings += other.warnings
