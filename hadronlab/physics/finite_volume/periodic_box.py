"""Levels of a pair of hadrons in a periodic box, on the lattice and in the continuum, with any nonlocal kernel.

    −c ∇² + V(r) + V_T(r) S12 + a³ U(|r|, |r′|)   on sites, reduced to one row of an irrep (`cubic_symmetry`).

"lattice" takes ∇² by second differences and V at the nearest image, as potentials from a lattice are defined; "continuum" takes
the exact −k² of the plane waves of a grid, and V summed over all images: what a smooth V and these plane waves give converges
faster than any power of the spacing, and the spacing of the grid has no meaning beside. U is the S wave's and must vanish
before L/2, as for the nearest image.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csc_matrix, diags

from hadronlab.errors import HadronlabError
from hadronlab.physics.finite_volume.cubic_symmetry import ReducedCube
from hadronlab.physics.finite_volume.lowest_levels import LowRank, low_rank, lowest_levels

KINDS = ("lattice", "continuum")
ORIGIN = 1e-6  # fm, the site r = 0 for potentials that are given for r > 0 only
IMAGES = np.array(list(itertools.product((-1, 0, 1), repeat=3)))


@dataclass(frozen=True, eq=False)
class BoxForce:
    """One potential in one box; None for zero.

    local (size,): V, MeV, on the orbits, see `PeriodicBox.on_orbits`. kernel (m, m): U, MeV fm⁻³, symmetric, on the first m
    of `PeriodicBox.shell_radii`, beyond which it is zero. tensor (R,): V_T, MeV, on `PeriodicBox.radii`.
    """

    local: np.ndarray | None = None
    kernel: np.ndarray | None = None
    tensor: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class BoxLevels:
    """energies (…, n), MeV, eigenvalues of the Hamiltonian; states (…, n, size), orthonormal, on the orbits of the box, positive
    where they sum up."""

    energies: np.ndarray
    states: np.ndarray


class PeriodicBox:
    """A cube of side `length`, fm, with `sites` along it. kinetic: c = ħ²/2μ, MeV fm². irrep: "A1+", or "T1+" of spin 1.

    radii (R,): where V is asked for, fm. shell_radii (M,): where U is.
    """

    def __init__(
        self, length: float, sites: int, kinetic: float, irrep: str = "A1+", kind: str = "lattice"
    ) -> None:
        if kind not in KINDS:
            raise HadronlabError(f"a box is one of {' and '.join(KINDS)}, not {kind!r}")
        if not (math.isfinite(length) and length > 0):
            raise HadronlabError(f"the box has a side of {length} fm: give a positive length")
        self.length, self.kinetic, self.kind = float(length), float(kinetic), kind
        self.cube = ReducedCube(sites, irrep)
        self.spacing = self.length / sites
        images = IMAGES if kind == "continuum" else IMAGES[len(IMAGES) // 2 :][:1]
        self._places = self.cube.site[:, None, :] + sites * images  # (size, images, 3)
        squares, where = np.unique((self._places**2).sum(-1), return_inverse=True)
        self._where = where.reshape(self._places.shape[:2])
        self.radii = np.maximum(self.spacing * np.sqrt(squares), ORIGIN)
        square, count, self._S_wave = self.cube.shells
        self.shell_radii = np.maximum(self.spacing * np.sqrt(square), ORIGIN)
        self._shell_norm = np.sqrt(count * self.spacing**3)
        self._free: Any = -self.kinetic * self.cube.rows(*_laplacian(sites, self.spacing, kind))
        self._free = self._free.toarray() if kind == "continuum" else csc_matrix(self._free)

    @classmethod
    def continuum(cls, length: float, k_max: float, kinetic: float, irrep: str = "A1+") -> PeriodicBox:
        """With the plane waves up to `k_max`, fm⁻¹, along each axis."""
        sites = max(2 * math.ceil(0.5 * k_max * length / math.pi), 8)
        return cls(length, sites, kinetic, irrep, "continuum")

    def on_orbits(self, values: np.ndarray) -> np.ndarray:
        """V (…, R) on `radii`, summed over the images that count, on the orbits, (…, size)."""
        return values[..., self._where].sum(-1)

    def levels(self, forces: Sequence[BoxForce], count: int) -> BoxLevels:
        """The `count` lowest levels of each of `forces`, the second and later ones near the first, as bins are."""
        found: list[tuple[np.ndarray, np.ndarray]] = []
        for force in forces:
            matrix, kernel, bound = self._hamiltonian(force)
            below = bound
            if found:
                first = found[0][0]
                below = max(bound, first[0] - 0.5 * (first[-1] - first[0]) / len(first))
            try:
                found.append(lowest_levels(matrix, kernel, count, below))
            except HadronlabError:
                if below == bound:
                    raise
                found.append(lowest_levels(matrix, kernel, count, bound))  # deeper than the first
        energies, vectors = (np.stack(part) for part in zip(*found, strict=True))
        states = np.swapaxes(vectors, 1, 2)
        return BoxLevels(energies, states * np.where(self.total(states) < 0, -1.0, 1.0)[..., None])

    def total(self, states: np.ndarray, values: np.ndarray | None = None) -> np.ndarray:
        """Σ_r ψ(r) f(r) over the sites of the box for states (…, size) and a scalar f (…, size) on the orbits, by default 1."""
        weight = np.sqrt(self.cube.multiplicity)
        return np.sum(states * (weight if values is None else weight * values), -1)

    def _hamiltonian(self, force: BoxForce) -> tuple[Any, LowRank | None, float]:
        """Its matrix, its part of low rank, and a bound below its lowest level."""
        matrix, bound = self._free, 0.0
        for term, deepest in self._local_terms(force):
            matrix = matrix + (term.toarray() if self.kind == "continuum" else term)
            bound += deepest
        if force.kernel is None:
            return matrix, None, bound - 1e-3 * self._gap
        norm = self._shell_norm[: len(force.kernel)]
        found = low_rank(norm[:, None] * norm * force.kernel)
        if not len(found.strengths):
            return matrix, None, bound - 1e-3 * self._gap
        on_orbits = LowRank(self._S_wave[: len(norm)].T @ found.factors, found.strengths)
        return matrix, on_orbits, bound + min(float(found.strengths.min()), 0.0) - 1e-3 * self._gap

    @property
    def _gap(self) -> float:
        return self.kinetic * (2.0 * math.pi / self.length) ** 2

    def _local_terms(self, force: BoxForce) -> list[tuple[Any, float]]:
        """Sparse matrices of V and V_T S12, and how deep each is."""
        terms: list[tuple[Any, float]] = []
        if force.local is not None:
            terms.append((diags(force.local), float(force.local.min())))
        if force.tensor is not None:
            if self.cube.components != 3:
                raise HadronlabError(
                    f"irrep {self.cube.irrep}: a tensor force acts on a spin of 1: choose T1+"
                )
            rows = np.einsum("sm,smi->si", force.tensor[self._where], self._tensor)
            matrix = self.cube.rows(np.zeros((3, 3), dtype=int), rows, np.arange(3))
            terms.append((matrix, -float(abs(matrix).sum(1).max())))
        return terms

    @cached_property
    def _tensor(self) -> np.ndarray:
        """S12 = 2δ − 6 r̂r̂ between the component of an orbit and all three, (size, images, 3); 0 at r = 0.

        Where the nearest image is not one alone, on the faces, it is the mean of all: off-diagonal elements cancel.
        """
        r = self._places.astype(float)
        own = self.cube.component[:, None, None]
        square = np.maximum((r**2).sum(-1, keepdims=True), 1e-300)
        S12 = -6.0 * r * np.take_along_axis(r, own, -1) / square
        diagonal = np.arange(3) == own
        S12 = np.where((r == 0).all(-1, keepdims=True), 0.0, S12 + 2.0 * diagonal)
        if self.kind == "continuum":
            return S12
        face = 2 * np.abs(self._places) == self.cube.n
        return np.where(~diagonal & (face | np.take_along_axis(face, own, -1)), 0.0, S12)


def _laplacian(n: int, spacing: float, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Shifts (m, 3) and coefficients (m,) of ∇² on a periodic cube."""
    steps, values = (
        _second_derivative(n, spacing)
        if kind == "continuum"
        else (np.array([1, -1]), np.full(2, spacing**-2.0))
    )
    centre = (
        -2.0 * spacing**-2.0
        if kind == "lattice"
        else -((math.pi / spacing) ** 2) / 3.0 * (1.0 + (2.0 if n % 2 == 0 else -1.0) / n**2)
    )
    shifts = np.concatenate(
        [np.zeros((1, 3), dtype=int), *(np.outer(steps, axis) for axis in np.eye(3, dtype=int))]
    )
    return shifts, np.concatenate([[3.0 * centre], np.tile(values, 3)])


def _second_derivative(n: int, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Of the trigonometric interpolation: steps 1 … n − 1 and their coefficients."""
    step = np.arange(1, n)
    angle = math.pi * step / n
    size = 0.5 * (2.0 * math.pi / (n * spacing)) ** 2 / np.sin(angle) ** 2
    return step, -((-1.0) ** step) * size * (1.0 if n % 2 == 0 else np.cos(angle))
