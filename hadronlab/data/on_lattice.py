"""What R-correlators of one channel and of several have in common: times, and sites of a wedge or radii."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hadronlab.errors import DataError
from hadronlab.physics.constants import HBAR_C


class OnLattice:
    """values[source] (1+B, T, …, S) at times t (T,), the mean first, then the bins; `site` (S, 3) of a box of `length` sites, or
    `radius` (S,), lattice units; inverse_spacing in MeV.
    """

    t: np.ndarray
    values: Mapping[str, np.ndarray]
    inverse_spacing: float
    site: np.ndarray | None
    radius: np.ndarray | None
    length: int | None
    origin: str

    def error(self, what: str) -> DataError:
        """The DataError that says `what` is wrong with this file."""
        return DataError(f"{self.origin}: {what}")

    @property
    def n_bins(self) -> int:
        """Resampling bins B (0 without any)."""
        return min(map(len, self.values.values())) - 1

    @property
    def distance(self) -> np.ndarray:
        """|r| of every site or radius, (S,), lattice units."""
        return self.radius if self.radius is not None else np.sqrt((np.asarray(self.site) ** 2).sum(1))

    @property
    def spacing_fm(self) -> float:
        """Lattice spacing a in fm."""
        return HBAR_C / self.inverse_spacing
