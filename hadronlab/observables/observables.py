"""What a finished run says: numbers with unit and error, arrays, warnings."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Quantity:
    """A number, its one-σ error (None where it is not statistical) and its unit ("" for a pure number).

    name: of what the number belongs to, where it has one (the threshold "D D*").
    """

    value: float
    error: float | None = None
    unit: str = ""
    name: str = ""

    def __str__(self) -> str:
        """Value(error) in the way of the particle tables, such as 1.571(12) fm."""
        unit = f" {self.unit}" if self.unit else ""
        if not math.isfinite(self.value):
            return f"none{unit}"
        if not self.unit and self.error is None and float(self.value).is_integer():
            return f"{self.value:.0f}"  # a count
        if self.error is None or not math.isfinite(self.error) or self.error <= 0:
            return f"{self.value:.6g}{unit}"
        digits = max(0, 1 - math.floor(math.log10(float(f"{self.error:.1e}"))))  # 0.0996 is 0.10
        if digits == 0:
            return f"{self.value:.0f}({self.error:.0f}){unit}"
        return f"{self.value:.{digits}f}({round(self.error * 10**digits)}){unit}"


@dataclass
class Observables:
    """Everything that result.json and result.h5 hold of a run."""

    scalars: dict[str, Quantity] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    labels: dict[str, list[str]] = field(default_factory=dict)  # what the leading axis of an array counts
    reference: dict[str, dict[str, Any]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
