"""A measurement made up: a known C(k*) with the noise of an experiment."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.data.correlations.correlation_data import CorrelationData, total_covariance
from hadronlab.errors import ConfigError
from hadronlab.estimates.streams import stream_seed
from hadronlab.physics.constants import HBAR_C


@dataclass(frozen=True)
class CorrelationNoise:
    """Independent Gaussian noise, σ/C = relative + low_momentum · e^{−k*/range}: few pairs have a small k*.

    least: of σ, for where charges leave no pairs there is a background. range: MeV/c. Raises ConfigError for sizes that are not positive.
    """

    relative: float = 0.02
    low_momentum: float = 0.02
    range: float = 100.0
    least: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        sizes = (self.relative, self.range, self.least)
        if (
            not all(math.isfinite(size) and size > 0 for size in sizes)
            or not 0 <= self.low_momentum < math.inf
        ):
            raise ConfigError(
                f"noise of C(k*): relative, range and least must be positive, low_momentum not negative, got {self}"
            )

    def error(self, k: Tensor, value: Tensor) -> Tensor:
        """σ (n,) of C (n,) at k* (n,), fm⁻¹."""
        relative = self.relative + self.low_momentum * torch.exp(-k * HBAR_C / self.range)
        return (value.abs() * relative).clamp(min=self.least)

    def measure(
        self, k: Tensor, value: Tensor, which: int = 0, edges: Tensor | None = None, label: str = "synthetic"
    ) -> CorrelationData:
        """A measurement of the true C (n,) at k* (n,), fm⁻¹, in bins with `edges` (n, 2) where there are any.

        which: of several measurements with one seed, such as that of the second radius: each has noise of its own.
        """
        k, value = k.double(), value.double()
        error = self.error(k, value)
        generator = torch.Generator().manual_seed(stream_seed(self.seed, "correlation", which))
        noise = torch.randn(len(k), generator=generator, dtype=k.dtype)
        none = torch.zeros_like(k)
        covariance = total_covariance(error, none, "ignored")
        return CorrelationData(
            k, value + error * noise, error, none, covariance, edges, label, f"synthetic, {self}"
        )
