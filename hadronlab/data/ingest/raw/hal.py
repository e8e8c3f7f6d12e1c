"""A tree of HAL QCD's raw output: BBwave.dir.*/<label>/NBSwave.+TTT+… and correlator.PS.dir/<label>/[anti]<hadron>_….

Every directory is taken as a configuration (see `trajectories`). A tree holds one source and does not say its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hadronlab.data.ingest.raw.ensemble import RawEnsemble, TwoPoint, checked
from hadronlab.data.ingest.raw.hal_files import read_two_point, read_wedge
from hadronlab.errors import DataError

# action, as names of directories tell it → a⁻¹ in MeV
INVERSE_SPACINGS = {
    ("B1900", "C1715"): 2194.0,  # Iwasaki β = 1.90, c_SW = 1.715: Yamazaki et al., Phys. Rev. D 86, 074514
}


@dataclass(frozen=True, eq=False)
class HalTree(RawEnsemble):
    """Compressed wedges and two-point tables by label."""

    waves: dict[str, dict[int, Path]]  # label → time → file
    tables: dict[str, dict[str, Path]]  # label → hadron, or "anti" + hadron → file

    def four_point(
        self, source: str, configuration: int, time: int, backward: bool = False
    ) -> Iterator[np.ndarray]:
        path = self.waves[self.configurations[configuration]][int(self.t[time])]
        length, site, psi = read_wedge(path)
        if length != self.length or self.site is None or not np.array_equal(site, self.site):
            raise DataError(f"{path}: has another box or other sites than the first file, L = {self.length}")
        yield checked(psi, str(path))[None]

    def two_point(self, source: str, configuration: int) -> dict[str, TwoPoint]:
        tables = self.tables[self.configurations[configuration]]
        found = {}
        for hadron in self.hadrons:
            back = f"anti{hadron}"
            found[hadron] = TwoPoint(
                checked(read_two_point(tables[hadron]), str(tables[hadron]))[None],
                checked(read_two_point(tables[back]), str(tables[back]))[None] if back in tables else None,
            )
        return found


def open_hal(root: Path, source: str = "wall", hadrons: tuple[str, str] | None = None) -> HalTree:
    """The tree below `root`. `hadrons`: of the pair, where there are two-point functions of several.

    Raises DataError where a label or a time is missing, for four-point or two-point functions.
    """
    waves = {label: _times(folder) for label, folder in _labels(_only(root, "BBwave.dir*")).items()}
    tables = {label: _hadrons(folder) for label, folder in _labels(_only(root, "correlator.PS.dir*")).items()}
    for have, lack, kind in ((waves, tables, "two-point"), (tables, waves, "four-point")):
        if missing := sorted(set(have) - set(lack)):
            raise DataError(
                f"{root}: {len(missing)} labels have no {kind} function, the first is {missing[0]}"
            )
    labels = tuple(sorted(waves))
    first = waves[labels[0]]
    for label in labels:
        if differ := sorted(set(waves[label]) ^ set(first)):
            raise DataError(
                f"{root}: not every label has the four-point function at t = {differ[0]}: {label}"
            )
    pair = hadrons or _pair(root, tables[labels[0]])
    wanted = {name for hadron in pair for name in (hadron, f"anti{hadron}") if name in tables[labels[0]]}
    for label in labels:
        if lacking := sorted(({*pair} | wanted) - set(tables[label])):
            held = ", ".join(sorted(tables[label]))
            raise DataError(f"{root}: {label} has no two-point function of {lacking[0]}, only of {held}")
    length, site, _ = read_wedge(first[min(first)])
    return HalTree(
        origin=str(root), length=length, inverse_spacing=_inverse_spacing(labels[0]), t=np.array(sorted(first)),
        configurations=labels, sources=(source,), channels=(pair,), n_spins=4, site=site, waves=waves, tables=tables,
    )  # fmt: skip


def _only(root: Path, pattern: str) -> Path:
    found = sorted(path for path in root.glob(pattern) if path.is_dir())
    if len(found) != 1:
        held = ", ".join(path.name for path in found) or "none"
        raise DataError(f"{root}: a tree of HAL QCD has one directory {pattern}, this has {held}")
    return found[0]


def _labels(folder: Path) -> dict[str, Path]:
    found = {path.name: path for path in sorted(folder.iterdir()) if path.is_dir()}
    if not found:
        raise DataError(f"{folder}: holds no configuration")
    return found


def _times(folder: Path) -> dict[int, Path]:
    return _unique(folder, r"NBSwave\.\+(\d+)\+", int)


def _hadrons(folder: Path) -> dict[str, Path]:
    return _unique(folder, r"([A-Za-z0-9]+)_.*correlator", str)


def _unique(folder: Path, pattern: str, kind: type) -> dict:
    """Files of the folder by what their name says; DataError for none, and for two of the same."""
    found: dict = {}
    for path in sorted(folder.iterdir()):
        if (match := re.match(pattern, path.name)) is None:
            continue
        key = kind(match[1])
        if key in found:
            raise DataError(f"{folder}: has two files of {key}: {found[key].name} and {path.name}")
        found[key] = path
    if not found:
        raise DataError(
            f"{folder}: holds no file {'NBSwave.+TTT+…' if kind is int else '<hadron>_…correlator…'}"
        )
    return found


def _pair(root: Path, tables: dict[str, Path]) -> tuple[str, str]:
    names = [name for name in tables if name.removeprefix("anti") == name]
    if len(names) != 1:
        raise DataError(
            f"{root}: has two-point functions of {', '.join(tables)}: say which two with --hadrons A,B"
        )
    return names[0], names[0]


def _inverse_spacing(label: str) -> float | None:
    action = re.search(r"(B\d{4})Kud\d+Ks\d+(C\d{4})", label)
    return INVERSE_SPACINGS.get((action[1], action[2])) if action else None
