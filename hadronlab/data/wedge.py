"""The A1+ wedge 0 ≤ z ≤ y ≤ x ≤ L/2 of a periodic L³ box: multiplicities, neighbours, Laplacian, shells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hadronlab.errors import DataError

# Σ_k c_k [f(r + k ê) + f(r − k ê)] + 3 c_0 f(r), summed over the three axes ê
STENCILS = {2: (-2.0, 1.0), 4: (-5 / 2, 4 / 3, -1 / 12)}
# Σ_k c_k [f(r + k ê) − f(r − k ê)] along one axis
SLOPES = {2: (1 / 2,), 4: (2 / 3, -1 / 12)}


def wedge_sites(length: int) -> np.ndarray:
    """All sites (S, 3) of the wedge of an L³ box, S = (h+1)(h+2)(h+3)/6 with h = L // 2."""
    half = np.arange(length // 2 + 1)
    x, y, z = (axis.ravel() for axis in np.meshgrid(half, half, half, indexing="ij"))
    keep = (z <= y) & (y <= x)
    return np.stack([x, y, z], axis=1)[keep]


@dataclass(frozen=True)
class Wedge:
    """Geometry of the sites (S, 3) of one wedge; fields on it are (..., S), one value for each orbit."""

    site: np.ndarray
    length: int

    @cached_property
    def distance(self) -> np.ndarray:
        """|r| of each site in lattice units, (S,)."""
        return np.sqrt((self.site**2).sum(1))

    @cached_property
    def multiplicity(self) -> np.ndarray:
        """How many sites of the box each one stands for, (S,): they add up to L³."""
        x, y, z = self.site.T
        distinct = 1 + (x != y).astype(int) + (y != z)
        orderings = np.array([0, 1, 3, 6])[distinct]
        # 0 is its own mirror image, and so is L/2 of an even box
        mirrored = (self.site != 0) & (2 * self.site != self.length)
        return orderings * 2 ** mirrored.sum(1)

    @cached_property
    def _index(self) -> np.ndarray:
        index = np.full((self.length // 2 + 1,) * 3, -1)
        index[tuple(self.site.T)] = np.arange(len(self.site))
        return index

    def neighbours(self, step: int) -> np.ndarray:
        """Wedge indices (6, S) of the sites `step` away along ±x, ±y, ±z, folded back into the wedge."""
        moved = self.site + step * np.concatenate([np.eye(3, dtype=int), -np.eye(3, dtype=int)])[:, None]
        folded = np.minimum(moved % self.length, -moved % self.length)
        return self._index[tuple(np.moveaxis(-np.sort(-folded, axis=-1), -1, 0))]

    def laplacian(self, values: np.ndarray, order: int = 2) -> np.ndarray:
        """∇² of `values` (..., S) on the three-dimensional lattice, in units of a⁻²; order 2 or 4 in a."""
        if order not in STENCILS:
            raise DataError(f"the lattice Laplacian has order {' or '.join(map(str, STENCILS))}, not {order}")
        centre, *coefficients = STENCILS[order]
        result = 3 * centre * values
        for step, coefficient in enumerate(coefficients, start=1):
            for index in self.neighbours(step):
                result = result + coefficient * values[..., index]
        return result

    def slope(self, values: np.ndarray, order: int = 2) -> np.ndarray:
        """r̂·∇ of `values` (..., S) on the three-dimensional lattice, in units of a⁻¹; zero at r = 0."""
        direction = (self.site / np.maximum(self.distance, 1.0)[:, None]).T  # (3, S)
        result = np.zeros_like(values)
        for step, coefficient in enumerate(SLOPES[order], start=1):
            ahead, behind = np.split(self.neighbours(step), 2)
            for axis in range(3):
                difference = values[..., ahead[axis]] - values[..., behind[axis]]
                result = result + coefficient * direction[axis] * difference
        return result

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Mean over the box, (...)."""
        return values @ self.multiplicity / self.multiplicity.sum()

    def shells(self, r_max: float) -> Shells:
        """Shells of equal r², r ≤ r_max. DataError if that exceeds L/2, where the box begins to cut them."""
        if r_max > self.length / 2:
            raise DataError(f"r_max is {r_max:.2f} a, but complete shells end at L/2 = {self.length / 2} a")
        square = (self.site**2).sum(1)
        inside = np.flatnonzero(square <= r_max**2 * (1 + 1e-12))
        unique, member = np.unique(square[inside], return_inverse=True)
        return Shells(np.sqrt(unique), inside, member, self.multiplicity[inside])


@dataclass(frozen=True)
class Shells:
    """Radii (N,) in lattice units, and the sites that each shell is made of."""

    radius: np.ndarray
    inside: np.ndarray  # (n,) wedge indices
    member: np.ndarray  # (n,) the shell of each
    multiplicity: np.ndarray  # (n,)

    @cached_property
    def count(self) -> np.ndarray:
        """Sites of the box on each shell, (N,)."""
        return np.bincount(self.member, weights=self.multiplicity, minlength=len(self.radius))

    def merged(self, width: float) -> Shells:
        """Shells that share a step of `width` (lattice units) as one, at their mean radius: fewer rows of smooth data."""
        _, cell = np.unique(np.floor(self.radius / width), return_inverse=True)
        radius = np.bincount(cell, weights=self.radius * self.count) / np.bincount(cell, weights=self.count)
        return Shells(radius, self.inside, cell[self.member], self.multiplicity)

    def project(self, values: np.ndarray) -> np.ndarray:
        """Means (..., N) of `values` (..., S) over the shells, each orbit with its multiplicity."""
        flat = (values[..., self.inside] * self.multiplicity).reshape(-1, len(self.inside))
        sums = [np.bincount(self.member, weights=row, minlength=len(self.radius)) for row in flat]
        return (np.array(sums) / self.count).reshape(*values.shape[:-1], len(self.radius))
