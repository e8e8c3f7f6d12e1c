"""Means within one configuration: over its measurements, over forward and backward, over the cubic group.

All are linear, and so come before any ratio; a mean of ratios is biased.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from hadronlab.data.ingest.raw.cubic_images import CubicImages
from hadronlab.data.ingest.raw.ensemble import RawEnsemble, TwoPoint
from hadronlab.errors import DataError

EXACT = 1e-5  # of an average over the cubic group, stored in single precision
LESS = 0.95  # loses clearly less


class CubicAverage:
    """ψ over the wedge, and what the spins say: with source and sink exchanged, they do not turn with the sites.

    Of wedges this shows at sites that a rotation leaves where they are; of whole boxes, whose single configurations have
    no symmetry, in the mean over the configurations at the first time: its average over the group keeps less of |ψ|².
    Raises DataError, from `finish` at the latest, where source and sink are exchanged.
    """

    def __init__(self, ensemble: RawEnsemble) -> None:
        self.images, self._ensemble = CubicImages(ensemble.length), ensemble
        self.residual = 0.0  # the worst of the stabilisers so far
        self._sum: np.ndarray | None = None  # of the boxes at the first time

    def four_point(self, source: str, members: Sequence[int], time: int) -> np.ndarray:
        """ψ (C, S, n, n) over the wedge at t[time], the mean over the configurations `members` too."""
        ensemble = self._ensemble
        directions = (False, True)[: 1 + ensemble.has_backward(source)]
        psi = _mean(
            _mean(ensemble.four_point(source, member, time, backward))
            for member in members
            for backward in directions
        )
        if ensemble.site is not None:
            return self._of_wedge(psi, ensemble.site, ensemble.configurations[members[0]])
        if time == 0 and ensemble.n_spins > 1 and source == ensemble.sources[0]:
            self._sum = psi + (0 if self._sum is None else self._sum)
        return self.images.mean(psi)

    def finish(self) -> str:
        """What was averaged and how well the symmetry holds, in words."""
        if self._ensemble.site is not None:
            spins = self._ensemble.n_spins > 1
            held = f"; stabilisers leave ψ as it is to {self.residual:.0e}" if spins else ""
            return f"stored averaged over the cubic group{held}"
        done = "averaged over the 48 elements of the cubic group"
        if self._sum is None:
            return done
        total = float((abs(self._sum) ** 2).sum())
        kept, exchanged = (self._norm(psi) / total for psi in (self._sum, self._sum.swapaxes(-1, -2)))
        shares = f"{kept:.3%} of |C4|², and {exchanged:.3%} with source and sink spins exchanged"
        if 1 - kept > 1e-10 and 1 - exchanged < LESS * (1 - kept):
            raise DataError(
                f"{self._ensemble.origin}: the average over the cubic group keeps {shares}: are their axes swapped?"
            )
        return f"{done}, which keeps {shares}"

    def _norm(self, psi: np.ndarray) -> float:
        """|ψ̄|² over the box of the average."""
        each = (abs(self.images.mean(psi)) ** 2).sum((0, -2, -1))
        return float(each @ self.images.wedge.multiplicity)

    def _of_wedge(self, psi: np.ndarray, site: np.ndarray, label: str) -> np.ndarray:
        wedge = self.images.from_representatives(psi, site)
        residual = self.images.asymmetry(wedge)
        if residual > EXACT:
            other = self.images.from_representatives(psi.swapaxes(-1, -2), site)
            swapped = self.images.asymmetry(other) < residual / 10
            raise DataError(
                f"{self._ensemble.origin}: rotations that leave a site where it is change ψ there by {residual:.1e} "
                f"({label}): {'source and sink spins are swapped' if swapped else 'it is not averaged over the cubic group'}"
            )
        self.residual = max(self.residual, residual)
        return wedge


def two_point(ensemble: RawEnsemble, source: str, members: Sequence[int]) -> np.ndarray:
    """C2 (hadrons, T) of the mean over measurements, directions and the configurations `members`."""
    each = [ensemble.two_point(source, member) for member in members]
    for found, member in zip(each, members, strict=True):
        arrays = [array for C2 in found.values() for array in (C2.forward, C2.backward) if array is not None]
        if len({array.shape[1] for array in arrays}) > 1:
            lengths = ", ".join(str(array.shape[1]) for array in arrays)
            label = ensemble.configurations[member]
            raise DataError(
                f"{ensemble.origin}: two-point functions of {label} have {lengths} times; cut short?"
            )
    return np.mean([[_directions(found[hadron]) for hadron in ensemble.hadrons] for found in each], axis=0)


def _directions(C2: TwoPoint) -> np.ndarray:
    """½ [C_fw(t) + C_bw(T − t)], each the mean over its measurements."""
    forward = C2.forward.mean(0)
    if C2.backward is None:
        return forward
    return (forward + np.roll(C2.backward.mean(0)[::-1], 1)) / 2


def _mean(values: Iterable[np.ndarray]) -> np.ndarray:
    """The mean of arrays of which only the sum is held."""
    iterator = iter(values)
    total, count = np.array(next(iterator)), 1
    for each in iterator:
        total += each
        count += 1
    return total / count
