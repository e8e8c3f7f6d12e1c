"""The 48 images of every site of the wedge, with the spins turned along: ψ(±g r) = S(g) ψ(r) S(g)†."""

from __future__ import annotations

import numpy as np

from hadronlab.data.wedge import Wedge, wedge_sites
from hadronlab.errors import DataError
from hadronlab.physics.quantum_numbers.cubic_group import pair_rotations, rotations

STEPS = np.concatenate([np.eye(3, dtype=int), -np.eye(3, dtype=int)])


class CubicImages:
    """Of the wedge (S sites) of an L³ box. ψ are (…, sites, n, n), sink × source spins, n = 4, or 1 for a scalar.

    Sites of the box are numbered z + L (y + L x).
    """

    def __init__(self, length: int) -> None:
        self.wedge = Wedge(wedge_sites(length), length)
        self._turns = rotations()[0]
        turned = np.einsum("gij,sj->gsi", self._turns, self.wedge.site)
        self.images = np.stack([self.number(turned), self.number(-turned)])  # (2, 24, S)
        self._orbit = np.empty(length**3, dtype=int)  # of every site of the box, and
        self._turn = np.empty(length**3, dtype=int)  # a g that takes the site of the wedge there
        for g in reversed(range(len(self._turns))):  # the identity last, so that the wedge itself has it
            self._orbit[self.images[:, g]] = np.arange(len(self.wedge.site))
            self._turn[self.images[:, g]] = g

    def number(self, site: np.ndarray) -> np.ndarray:
        """The numbers (…) of sites (…, 3), any image of them."""
        x, y, z = np.moveaxis(site % self.wedge.length, -1, 0)
        return z + self.wedge.length * (y + self.wedge.length * x)

    def mean(self, psi: np.ndarray) -> np.ndarray:
        """(1/48) Σ_g S(g)† ψ(±g r) S(g) over the wedge, (…, S, n, n), of ψ on the whole box, (…, L³, n, n)."""
        both = (psi[..., g, :, :] for g in self.images.swapaxes(0, 1))  # one g at a time: (…, 2, S, n, n)
        spins = pair_rotations(psi.shape[-1])
        turned = (_turned_back(S, pair.sum(-4)) for S, pair in zip(spins, both, strict=True))
        return np.asarray(sum(turned)) / self.images[..., 0].size

    def from_representatives(self, psi: np.ndarray, site: np.ndarray) -> np.ndarray:
        """ψ over the wedge, (…, S, n, n), of one that is given at another site (S, 3) of every orbit.

        Raises DataError unless there is one site of each.
        """
        number = self.number(site)
        where = np.argsort(self._orbit[number], kind="stable")
        if not np.array_equal(self._orbit[number][where], np.arange(len(self.wedge.site))):
            count = len(self.wedge.site)
            raise DataError(f"the sites must be one of each of the {count} orbits of L = {self.wedge.length}")
        spins = pair_rotations(psi.shape[-1])[self._turn[number[where]]]
        return _turned_back(spins, psi[..., where, :, :])

    def asymmetry(self, psi: np.ndarray) -> float:
        """The largest |S(g)† ψ(r) S(g) − ψ(r)|/|ψ(r)| over all g that leave a site r of the wedge where it is."""
        worst = 0.0
        for g, S in enumerate(pair_rotations(psi.shape[-1])):
            stays = (self.images[:, g] == self.images[0, 0]).any(0)
            here = psi[..., stays, :, :]
            change = np.linalg.norm(_turned_back(S, here) - here, axis=(-2, -1))
            worst = max(worst, float((change / np.linalg.norm(here, axis=(-2, -1)).clip(1e-300)).max()))
        return worst

    def neighbours(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the six neighbours n of every r: their orbits (6, S), and g⁻¹ r (6, S, 3) where n = ±g w, w of the wedge.

        With them tr[O(r) ψ(n)] = tr[O(g⁻¹ r) ψ(w)].
        """
        number = self.number(self.wedge.site + STEPS[:, None])
        back = np.einsum("dsji,sj->dsi", self._turns[self._turn[number]], self.direction)
        return self._orbit[number], back

    @property
    def direction(self) -> np.ndarray:
        """r of every site (S, 3), and zero where its direction is not one: at r = 0, and on the faces x = L/2 off their axes.

        The face is its own mirror image: r̂_x r̂_y there has either sign.
        """
        on_face, off_axis = 2 * self.wedge.site == self.wedge.length, self.wedge.site != 0
        return np.where((on_face.any(1) & (off_axis.sum(1) > 1))[:, None], 0, self.wedge.site)


def _turned_back(S: np.ndarray, psi: np.ndarray) -> np.ndarray:
    return S.conj().swapaxes(-1, -2) @ psi @ S
