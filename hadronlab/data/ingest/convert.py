"""An R-correlator file out of the tables of other programs: text, npz archives, pickled wedges."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from hadronlab.data.axes import check_axes
from hadronlab.data.ingest.npz import read_npz
from hadronlab.data.ingest.pickled import read_pickle
from hadronlab.data.ingest.table import Table
from hadronlab.data.ingest.text import read_text
from hadronlab.data.r_correlator import RCorrelator, write
from hadronlab.errors import DataError
from hadronlab.estimates.resampling import KINDS, make_bins
from hadronlab.estimates.streams import stream_seed
from hadronlab.physics.constants import HBAR_C

UNITS, COLUMNS = ("fm", "lattice"), ("auto", "error", "bins")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bins:
    """What the bins of the tables are, and how bins are made where there are none. Raises DataError for bad settings.

    kind: "jackknife", "bootstrap", or "configurations", of which `number` jackknife bins are made; as many bootstrap
    bins, drawn from `seed`, are made of a column of errors.
    """

    kind: str = "jackknife"
    number: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        _check_choice("kind", self.kind, (*KINDS, "configurations"))
        if not 2 <= self.number <= 10_000:
            raise DataError(f"bins must lie between 2 and 10000, got {self.number}")

    def resampling(self, table: Table) -> str:
        """What the bins made of `table` are."""
        return "bootstrap" if table.error is not None or self.kind == "bootstrap" else "jackknife"

    def of(self, table: Table) -> np.ndarray:
        """R (1+B, T, S), the mean first."""
        values = table.values
        if table.error is not None:
            if (table.error <= 0).any():
                raise DataError(f"{table.source}: an error is not positive")
            # Without a covariance the errors are taken as independent: those of derivatives come out too large.
            noise = np.random.default_rng(stream_seed(self.seed, "bins")).standard_normal(
                (self.number, *values.shape)
            )
            return np.concatenate([values[None], values + table.error * noise])
        if values.ndim == 2:
            return values[None]
        if values.shape[1] < 2:
            raise DataError(f"{table.source}: one bin gives no error; two or more are needed")
        bins = np.swapaxes(values, 0, 1)
        if self.kind == "configurations":
            return make_bins(torch.from_numpy(np.ascontiguousarray(bins)), self.number).numpy()
        return np.concatenate([bins.mean(0, keepdims=True), bins])


def convert_tables(
    inputs: Sequence[str | Path],
    output: str | Path,
    *,
    mass: float,
    spacing: float,
    mass2: float | None = None,
    unit: str = "fm",
    columns: str = "auto",
    kind: str = "jackknife",
    bins: int = 20,
    seed: int = 0,
    force: bool = False,
) -> RCorrelator:
    """Write `output`, an R-correlator file, and return what it holds.

    Args:
        inputs: files, each PATH or SOURCE=PATH: .npz archives, .pkl wedges, and text of lines t r R [error | bins …].
        mass, mass2: of the two hadrons, MeV (mass2: equal masses by default). spacing: of the lattice, fm.
        unit: of the radii, "fm" or "lattice".
        columns: what follows t r R in text: "error", "bins", or "auto" (one column more is an error).
        kind, bins, seed: see `Bins`.
        force: overwrite `output`.

    Raises DataError for input that is damaged or does not fit, and for an output that is there. Radii that look as if
    they were in another unit are a warning.
    """
    if os.path.exists(output) and not force:
        raise DataError(f"{output}: exists already; --force overwrites it (from Python: force=True)")
    tables = [table for text in inputs for table in _read(str(text), columns)]
    if os.path.exists(output) and any(os.path.samefile(output, _split(str(text))[1]) for text in inputs):
        raise DataError(f"{output}: is one of the inputs")
    masses = (mass, mass if mass2 is None else mass2)
    files = ", ".join(_split(str(text))[1].name for text in inputs)
    correlator = _correlator(tables, masses, spacing, unit, Bins(kind, bins, seed), files[:1000])
    _doubt_unit(correlator, unit)
    write(correlator, output)
    return correlator


def summary(correlator: RCorrelator) -> str:
    """What a file holds, on one line: times, radii in fm and in lattice units, bins, sources."""
    a = correlator.distance
    fm = a * correlator.spacing_fm
    return (
        f"t = {correlator.t.tolist()}, r = {fm.min():.4g} … {fm.max():.4g} fm = {a.min():.4g} … {a.max():.4g} a "
        f"({len(a)} {'radii' if correlator.site is None else 'sites'}), "
        f"{f'{correlator.n_bins} {correlator.resampling} bins' if correlator.n_bins else 'no bins'} of {', '.join(correlator.values)}"
    )


def _correlator(
    tables: list[Table], masses: tuple[float, float], spacing: float, unit: str, bins: Bins, files: str
) -> RCorrelator:
    for name, value in (("mass", masses[0]), ("mass2", masses[1]), ("spacing", spacing)):
        if not (np.isfinite(value) and value > 0):
            raise DataError(f"{name} must be a positive number, got {value}")
    _check_choice("unit", unit, UNITS)
    first = tables[0]
    joined = [
        _join([table for table in tables if table.source == source], first)
        for source in dict.fromkeys(table.source for table in tables)
    ]
    if any(not np.array_equal(table.t, joined[0].t) for table in joined):
        raise DataError("the sources have different times; convert those that agree")
    return RCorrelator(
        t=joined[0].t,
        values={table.source: bins.of(table) for table in joined},
        mass=masses[0] * spacing / HBAR_C,
        mass2=masses[1] * spacing / HBAR_C,
        inverse_spacing=HBAR_C / spacing,
        site=first.site,
        radius=None if first.radius is None else first.radius / (spacing if unit == "fm" else 1.0),
        length=first.length,
        resampling=bins.resampling(first),
        attributes={"source_files": files},
        origin=files,
    )


def _check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise DataError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def _split(text: str) -> tuple[str | None, Path]:
    """The source, if one is named, and the path of SOURCE=PATH: a source has no slash, and a file that exists wins."""
    source, equals, rest = text.partition("=")
    if not (equals and source) or "/" in source or os.path.exists(text) or not os.path.exists(rest):
        return None, Path(text)
    return source, Path(rest)


def _read(text: str, columns: str) -> list[Table]:
    source, path = _split(text)
    if path.suffix == ".npz":
        return read_npz(path, source)
    if path.suffix in (".pkl", ".pickle"):
        return read_pickle(path, source)
    _check_choice("columns", columns, COLUMNS)
    return read_text(path, source or path.name.split(".")[0], columns)


def _join(tables: list[Table], first: Table) -> Table:
    """The tables of one source, in the order of time; all must share the positions of `first`."""
    source = tables[0].source
    n_sites = len(first.site if first.site is not None else np.asarray(first.radius))
    for table in tables:
        check_axes(source, table.values.shape, len(table.t), n_sites)
        for name in ("radius", "site", "length"):
            if not np.array_equal(getattr(table, name), getattr(first, name)):  # type: ignore[arg-type]
                raise DataError(f"{source}: its files disagree in their {name}")
        same_bins = table.values.shape[1:] == tables[0].values.shape[1:]
        if not same_bins or (table.error is None) != (first.error is None):
            raise DataError(f"{source}: its files disagree in the number of bins or radii")
    t = np.concatenate([table.t for table in tables])
    order = np.argsort(t, kind="stable")
    values = np.concatenate([table.values for table in tables])[order]
    error = None if first.error is None else np.concatenate([np.asarray(x.error) for x in tables])[order]
    return Table(source, t[order], values, error, first.radius, first.site, first.length)


def _doubt_unit(correlator: RCorrelator, unit: str) -> None:
    """Warn where the radii of a file look as if they were in the other unit."""
    if correlator.radius is None:
        return
    given = correlator.radius * (correlator.spacing_fm if unit == "fm" else 1.0)
    square = given**2
    whole = np.abs(square - np.round(square)).max() < 1e-3 * max(1.0, float(square[0]))
    if unit == "fm" and (whole or correlator.radius[0] > 3):
        reason = "their squares are whole numbers" if whole else "the smallest is several spacings"
        log.warning("are the radii in lattice units? %s; --unit lattice reads them so", reason)
    if unit == "lattice" and correlator.radius[-1] * correlator.spacing_fm < 1:
        log.warning("are the radii in fm? the largest is below 1 fm; --unit fm reads them so")
