"""Bins of consecutive configurations, and the jackknife or bootstrap means over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hadronlab.errors import DataError
from hadronlab.estimates.resampling import KINDS
from hadronlab.estimates.streams import stream_seed


@dataclass(frozen=True)
class Resampling:
    """Bins of `bin_size` consecutive configurations; of these "jackknife", or "bootstrap" with so many `bins` and a `seed`.

    Raises DataError for settings that cannot be.
    """

    kind: str = "jackknife"
    bin_size: int = 1
    bins: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise DataError(f"resampling must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if self.bin_size < 1:
            raise DataError(f"bin size {self.bin_size}: give 1 or more configurations a bin")
        if not 2 <= self.bins <= 10_000:
            raise DataError(f"bins must lie between 2 and 10000, got {self.bins}")

    def draws(self, n_blocks: int) -> np.ndarray:
        """How often each bin takes each block, (1+B, N), after the whole: all but one (B = N), or N at random.

        One for all arrays: two-point and four-point functions fluctuate together.
        """
        whole = np.ones((1, n_blocks))
        if self.kind == "jackknife":
            return np.concatenate([whole, 1 - np.eye(n_blocks)])
        generator = np.random.default_rng(stream_seed(self.seed, "bins"))
        drawn = generator.integers(n_blocks, size=(self.bins, n_blocks))
        return np.concatenate([whole, (drawn[..., None] == np.arange(n_blocks)).sum(1)])


class Blocks:
    """Sums of arrays over N = n_configurations // size blocks, nearly equal, filled one configuration at a time.

    Raises DataError for fewer than two.
    """

    def __init__(self, n_configurations: int, size: int) -> None:
        count = n_configurations // size
        if count < 2:
            raise DataError(
                f"{n_configurations} configurations in bins of {size} make {count} bin{'' if count == 1 else 's'}; "
                "an error needs two or more"
            )
        blocks = np.array_split(np.arange(n_configurations), count)
        self.count = np.array([len(block) for block in blocks])
        self._block = np.repeat(np.arange(count), self.count)
        self._sums: dict[str, np.ndarray] = {}

    def add(self, configuration: int, **arrays: np.ndarray) -> None:
        """Add the arrays of one configuration."""
        for name, values in arrays.items():
            sums = self._sums.setdefault(name, np.zeros((len(self.count), *values.shape), complex))
            sums[self._block[configuration]] += values

    def resampled(self, name: str, draws: np.ndarray) -> np.ndarray:
        """Means (1+B, …) over configurations, of the whole first, then of the blocks that `draws` (1+B, N) takes."""
        sums = self._sums[name]
        scale = (draws @ self.count).reshape(-1, *[1] * (sums.ndim - 1))
        return np.tensordot(draws, sums, axes=1) / scale
