"""The neutral layout `hadronlab-raw-1` of raw correlators (HDF5), which any lattice group writes in ten lines.

    attributes  layout           "hadronlab-raw-1"
                L, a_inv_MeV     sites along one side of the box; inverse lattice spacing, MeV
                hadrons          names of the two, such as ["Xi", "Xi"]
    /config     (N,) labels, strings or whole numbers, in the order of the Markov chain
    /t          (T,) whole numbers, the times of C4, increasing
    /site       (S, 3) only with an axis `site`: one site of each orbit of the cubic group
    /<source>/C4               the four-point function, attribute axes = "config measurement t source sink z y x"
    /<source>/C2/<hadron>      axes = "config measurement t", every t = 0 … of the lattice
    /<source>/C2/<hadron>_backward, /<source>/C4_backward   of the antiparticles (optional): C2 stands at T − t, C4 at t

`axes` may have any order. `measurement` (source times, rotations, hits) may be left out, and so may `source sink`, for
a scalar; they have 4 entries each (2α + β, up = 0), or are two axes of 2 entries. `site` in place of `z y x`: C4 is
averaged over the cubic group. `channel`: coupled hadrons; the attribute `channels` of C4 names the two of each, as in
["Lambda Lambda", "N Xi"]. Numbers are complex, or real with a last axis `reim`. Where labels could differ, an attribute
`config` of a dataset tells its own, which must be those of /config.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hadronlab.data import hdf5
from hadronlab.data.ingest.raw.axes import NamedAxes
from hadronlab.data.ingest.raw.ensemble import RawEnsemble, TwoPoint, checked
from hadronlab.data.ingest.raw.trajectories import check_order
from hadronlab.errors import DataError

LAYOUT = "hadronlab-raw-1"
C4_AXES = ("config", "measurement", "channel", "t", "source", "sink", "site", "z", "y", "x")
C2_AXES = ("config", "measurement", "t")


@dataclass(frozen=True, eq=False)
class NeutralFile(RawEnsemble):
    """An open file."""

    c4: dict[tuple[str, bool], NamedAxes]  # (source, backward)
    c2: dict[tuple[str, str, bool], NamedAxes]  # (source, hadron, backward)

    def measurements(self, source: str) -> int:
        return self.c4[source, False].size("measurement")

    def has_backward(self, source: str) -> bool:
        return (source, True) in self.c4

    def four_point(
        self, source: str, configuration: int, time: int, backward: bool = False
    ) -> Iterator[np.ndarray]:
        data = self.c4[source, backward]
        place = f"{self.origin}: /{source}/C4{'_backward' * backward} of configuration {self.configurations[configuration]}"
        for measurement in range(data.size("measurement")):
            psi = data.piece(config=configuration, t=time, measurement=measurement)
            yield checked(psi, f"{place} at t = {self.t[time]}").reshape(
                len(self.channels), -1, self.n_spins, self.n_spins
            )

    def two_point(self, source: str, configuration: int) -> dict[str, TwoPoint]:
        place = f"{self.origin}: /{source}/C2/{{}} of configuration {self.configurations[configuration]}"

        def values(hadron: str, backward: bool) -> np.ndarray | None:
            if (data := self.c2.get((source, hadron, backward))) is None:
                return None
            C2 = data.piece(config=configuration).reshape(-1, data.size("t"))
            return checked(C2, place.format(hadron + "_backward" * backward))

        found = {}
        for hadron in self.hadrons:
            forward = values(hadron, False)
            assert forward is not None
            found[hadron] = TwoPoint(forward, values(hadron, True))
        return found


@contextmanager
def opened(path: Path, source: str | None = None) -> Iterator[NeutralFile]:
    """The file, closed at the end; `source`: only that one. Raises DataError, one line, for what does not fit the layout."""
    with hdf5.opened(path) as file:
        yield _file(path, file, source)


def _file(path: Path, file: hdf5.Group, source: str | None) -> NeutralFile:
    about = file.attributes()
    if about.get("layout") != LAYOUT:
        raise DataError(f"{path}: attribute layout must be {LAYOUT}, got {about.get('layout')!a:.60}")
    labels, t = file.texts("config"), file.array("t", "integer", ndim=(1,))
    check_order(labels, str(path))
    if t[0] < 0 or (np.diff(t) <= 0).any():
        raise file.error("t", "must increase strictly, from 0 or later")
    groups = {name: group for name, group in file.groups().items() if source in (None, name)}
    if not groups:
        raise DataError(
            f"{path}: holds no source {source or ''}; expected a group such as /wall with C4 and C2"
        )
    site = file.array("site", "integer", ndim=(2,)) if "site" in file.members() else None
    length = file.integer("L")
    layouts: dict[tuple[str, bool], tuple[Any, ...]] = {}
    c4: dict[tuple[str, bool], NamedAxes] = {}
    c2: dict[tuple[str, str, bool], NamedAxes] = {}
    for name, group in groups.items():
        for backward in (False, True)[: 1 + ("C4_backward" in group.members())]:
            c4[name, backward] = data = NamedAxes(group, "C4" + "_backward" * backward, C4_AXES)
            _check_labels(group, "C4" + "_backward" * backward, labels)
            layouts[name, backward] = _check_four_point(data, len(labels), len(t), length, site)
        channels = _channels(group, c4[name, False], about.get("hadrons"))
        if layouts.get((name, True), layouts[name, False]) != layouts[name, False]:
            raise group.error("C4_backward", "must have the spins, sites and channels of C4")
        layouts[name, False] += tuple(channels)
        c2 |= _two_point(name, group, channels, labels, int(t[-1]))
    first, *others = (layouts[name, False] for name in groups)
    if any(other != first for other in others):
        raise DataError(f"{path}: the sources differ in spins, sites or channels: convert them one by one")
    return NeutralFile(
        origin=str(path), length=length, inverse_spacing=file.number("a_inv_MeV"), t=t, configurations=tuple(labels),
        sources=tuple(groups), channels=tuple(channels), n_spins=int(first[0]), site=site if first[1] else None, c4=c4, c2=c2,
    )  # fmt: skip


def _check_four_point(
    data: NamedAxes, n_configurations: int, n_times: int, length: int, site: np.ndarray | None
) -> tuple[Any, ...]:
    """The number of spin states, whether the sites are those of a wedge, and the number of channels."""
    data.need(config=n_configurations, t=n_times)
    wedge = "site" in data
    if wedge and (site is None or site.ndim != 2 or site.shape[1] != 3):
        raise data.error("has an axis site, which needs the dataset /site (S, 3)")
    data.need(**({"site": len(site)} if wedge and site is not None else dict.fromkeys("zyx", length)))
    if wedge and any(axis in data for axis in "xyz"):
        raise data.error("has both site and z y x among its axes")
    spins = (data.size("source"), data.size("sink"))
    if spins not in ((1, 1), (4, 4)):
        raise data.error(f"source and sink must have 4 entries each (or none, for a scalar), got {spins}")
    return spins[0], wedge, data.size("channel")


def _channels(group: hdf5.Group, data: NamedAxes, hadrons: Any) -> list[tuple[str, str]]:
    """The two hadrons of every channel."""
    if "channel" not in data:
        names = hadrons.split() if isinstance(hadrons, str) else hadrons
        if not isinstance(names, list) or len(names) != 2:
            raise group.error(
                "C4", f"needs the attribute hadrons of the file, two names, got {hadrons!a:.60}"
            )
        return [(str(names[0]), str(names[1]))]
    channels = group.attributes("C4").get("channels")
    pairs = [str(name).split() for name in channels] if isinstance(channels, list) else []
    if len(pairs) != data.size("channel") or any(len(pair) != 2 for pair in pairs):
        raise data.error(
            f"attribute channels must name the two hadrons of each of {data.size('channel')} channels, as in "
            f'["Lambda Lambda", "N Xi"], got {channels!a:.60}'
        )
    return [(pair[0], pair[1]) for pair in pairs]


def _two_point(
    source: str, group: hdf5.Group, channels: list[tuple[str, str]], labels: list[str], last: int
) -> dict[tuple[str, str, bool], NamedAxes]:
    """C2 of every hadron of `group`, and of the antiparticles that are there."""
    below = group.groups().get("C2")
    if below is None:
        raise group.error("C2", "is missing: a group with a dataset for every hadron")
    found: dict[tuple[str, str, bool], NamedAxes] = {}
    for pair in channels:
        for hadron in pair:
            if hadron not in below.members():
                raise group.error(
                    f"C2/{hadron}", f"is missing: without it the channel {' '.join(pair)} has no threshold"
                )
            for backward in (False, True)[: 1 + (f"{hadron}_backward" in below.members())]:
                name = hadron + "_backward" * backward
                found[source, hadron, backward] = data = NamedAxes(below, name, C2_AXES)
                _check_labels(below, name, labels)
                data.need(config=len(labels))
                data.need(t=found[source, hadron, False].size("t"))
                if data.size("t") <= last:
                    raise data.error(f"ends at t = {data.size('t') - 1}, and C4 reaches t = {last}")
    return found


def _check_labels(group: hdf5.Group, name: str, labels: list[str]) -> None:
    """Raise DataError where a dataset says labels of its own, and they are others or in another order."""
    dataset = group.dataset(name)
    if "config" not in dataset.attrs:
        return
    own = [
        value.decode() if isinstance(value, bytes) else str(value)
        for value in np.ravel(dataset.attrs["config"])
    ]
    if own != labels:
        place = next(
            (i for i, (a, b) in enumerate(zip(own, labels, strict=False)) if a != b),
            min(len(own), len(labels)),
        )
        what = (
            "the labels of /config in another order"
            if sorted(own) == sorted(labels)
            else "other labels than /config"
        )
        raise group.error(name, f"has {what}, from number {place} on")
