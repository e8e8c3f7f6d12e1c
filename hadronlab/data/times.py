"""Which time slices a correlator holds, and which of them a derivative in time needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hadronlab.data.on_lattice import OnLattice
from hadronlab.errors import DataError

# time_order → ∂t and ∂t² on t − n … t + n
FIRST = {2: (-1 / 2, 0.0, 1 / 2), 4: (1 / 12, -2 / 3, 0.0, 2 / 3, -1 / 12)}
SECOND = {2: (1.0, -2.0, 1.0), 4: (-1 / 12, 4 / 3, -5 / 2, 4 / 3, -1 / 12)}


def time_slices(correlator: OnLattice, time: int, time_order: int) -> list[int]:
    """Positions of the slices that the derivatives at `time` need, `time` in the middle. DataError where one is missing."""
    if time_order not in FIRST:
        raise DataError(
            f"time_order = {time_order}: the derivatives in t are of order {' or '.join(map(str, FIRST))}"
        )
    reach = time_order // 2
    return [time_slice(correlator, time + step, time) for step in range(-reach, reach + 1)]


def available_times(correlator: OnLattice, time_order: int = 2) -> list[int]:
    """Lattice times whose neighbours are in the file."""
    present, reach = set(correlator.t.tolist()), time_order // 2
    return [t for t in correlator.t.tolist() if all(t + s in present for s in range(-reach, reach + 1))]


def waves_of(
    correlator: OnLattice, sources: Sequence[str] | None, times: Sequence[int] | None, time_order: int
) -> list[tuple[str, int]]:
    """The pairs of source and time that are chosen; all if None. DataError where there is none."""
    origin = correlator.origin
    sources = list(correlator.values) if sources is None else list(sources)
    if times is None:
        times = available_times(correlator, time_order)
        if not times:
            needed = "both neighbours" if time_order == 2 else "two neighbours on both sides"
            held = ", ".join(map(str, correlator.t.tolist()))
            raise correlator.error(f"no time has {needed}, which its derivative needs; the file holds {held}")
    if not sources or not times:
        raise DataError(f"{origin}: choose at least one source and one time")
    return [(source, int(time)) for source in sources for time in times]


def time_slice(correlator: OnLattice, wanted: int, centre: int) -> int:
    found = np.flatnonzero(correlator.t == wanted)
    if not len(found):
        held = correlator.t.tolist()
        raise correlator.error(
            f"time {centre} needs slice {wanted} for its derivative; the file holds {held}"
        )
    return int(found[0])
