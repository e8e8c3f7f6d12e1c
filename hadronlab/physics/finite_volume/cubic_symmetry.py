"""Fields on the sites of a periodic cube that belong to one row of an irreducible representation of the cubic group.

The elements are signed permutations of (site, component), each with a sign χ. Projected with P = Σ_g χ_g g, the site vectors of
one orbit become one vector, or nothing: the basis B, in which an invariant H is Bᵀ H B, smaller by the number of elements.
A1+ takes all 48 elements and a scalar field. T1+, row z, takes the 16 that keep the z axis and a field of three components, an
axial vector as a spin of 1 is; the other rows follow by turning.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from hadronlab.errors import HadronlabError
from hadronlab.physics.quantum_numbers.cubic_group import rotations

COMPONENTS = {"A1+": 1, "T1+": 3}
AXIS = 2  # z, of the row of T1+


def elements(irrep: str) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """(R, R_p, χ): how sites are turned, how components, and the sign."""
    for proper in rotations()[0]:
        for parity in (1, -1):
            if irrep == "A1+":
                yield parity * proper, np.ones((1, 1), dtype=int), 1
            elif proper[AXIS, AXIS]:
                yield parity * proper, proper, int(proper[AXIS, AXIS])


class ReducedCube:
    """Sites of an n³ cube, reduced by `irrep`; size: how many orbits there are.

    Attributes, an entry an orbit: site (size, 3) its first site in −n/2 < x ≤ n/2, component (size,).
    Raises HadronlabError for an unknown irrep and for fewer than four sites along a side.
    """

    def __init__(self, n: int, irrep: str = "A1+") -> None:
        if irrep not in COMPONENTS:
            raise HadronlabError(f"irrep {irrep!r} is unknown: choose one of {', '.join(COMPONENTS)}")
        if n < 4:
            raise HadronlabError(f"a box of {n} sites along a side: give four or more")
        self.n, self.irrep, self.components = n, irrep, COMPONENTS[irrep]
        axis = np.arange(n)
        sites = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
        first = np.arange(n**3 * self.components).reshape(-1, self.components)
        for R, turned, _ in elements(irrep):
            image = self.index(sites @ R.T)
            for j in range(self.components):
                i = int(np.flatnonzero(turned[:, j])[0])
                np.minimum(first[:, j], image * self.components + i, out=first[:, j])
        representative = np.unique(first)
        at, component = np.divmod(representative, self.components)
        rows, values = [], []
        for R, turned, sign in elements(irrep):
            to = np.abs(turned).argmax(0)[component]
            rows.append(self.index(sites[at] @ R.T) * self.components + to)
            values.append(sign * turned[to, component])
        columns = np.broadcast_to(np.arange(len(at)), (len(rows), len(at)))
        basis = csr_matrix((np.concatenate(values).astype(float), (np.concatenate(rows), columns.ravel())),
                           shape=(n**3 * self.components, len(at)))  # fmt: skip
        norm = np.sqrt(np.asarray(basis.multiply(basis).sum(0)).ravel())
        there = norm > 0
        self.basis = csr_matrix(basis[:, there].multiply(1.0 / norm[there]))
        self.basis.eliminate_zeros()
        self.site, self.component = _centred(sites[at[there]], n), component[there]
        self.size = int(there.sum())
        self._first = representative[there]
        self._weight = np.asarray(self.basis[self._first, np.arange(self.size)]).ravel()

    def index(self, site: np.ndarray) -> np.ndarray:
        """Number (…,) of sites (…, 3), periodic."""
        x, y, z = np.moveaxis(site % self.n, -1, 0)
        return (x * self.n + y) * self.n + z

    def orbit(self, site: np.ndarray) -> np.ndarray:
        """Which orbit of A1+ sites (…, 3) belong to, (…,)."""
        folded = np.sort(np.abs(_centred(np.asarray(site), self.n)), axis=-1)
        return np.searchsorted(self._first, self.index(folded))

    @cached_property
    def multiplicity(self) -> np.ndarray:
        """How many (site, component) an orbit has, (size,)."""
        return np.diff(self.basis.tocsc().indptr)

    def rows(
        self, shifts: np.ndarray, values: np.ndarray, components: np.ndarray | None = None
    ) -> csr_matrix:
        """Bᵀ H B of an invariant H: the row at each orbit's first site is enough.

        shifts (m, 3): from there; values (m,) or (size, m): what H has there; components (m,): where it leads, by default to
        the component itself.
        """
        site = self.index(self.site[:, None, :] + shifts)
        target = self.component[:, None] if components is None else components
        columns = site * self.components + target
        at = np.broadcast_to(np.arange(self.size)[:, None], columns.shape)
        values = np.broadcast_to(values, columns.shape)
        row = csr_matrix(
            (values.ravel(), (at.ravel(), columns.ravel())), shape=(self.size, self.basis.shape[0])
        )
        return csr_matrix((row @ self.basis).multiply(1.0 / self._weight[:, None]))

    @cached_property
    def shells(self) -> tuple[np.ndarray, np.ndarray, csr_matrix]:
        """Spheres of equal r²: r² (m,), sites of each (m,), and Q (m, size) with orthonormal rows, the S wave on each."""
        square = np.unique((self.site**2).sum(1))
        whole = np.arange(self.n**3)
        axis = _centred(np.stack(np.unravel_index(whole, (self.n,) * 3), -1), self.n)
        number = np.searchsorted(square, (axis**2).sum(1))
        count = np.bincount(number, minlength=len(square))
        scalar = 0 if self.components == 1 else AXIS
        sums = csr_matrix((1.0 / np.sqrt(count[number]), (number, whole * self.components + scalar)),
                          shape=(len(square), self.basis.shape[0]))  # fmt: skip
        return square, count, csr_matrix(sums @ self.basis)


def _centred(site: np.ndarray, n: int) -> np.ndarray:
    """Sites in −n/2 < x ≤ n/2."""
    return (site + (n - 1) // 2) % n - (n - 1) // 2
