"""Columns out of ROOT's histograms and graphs, read by uproot."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import numpy as np

from hadronlab.data.correlations.table import MAX_BYTES, Table, about, check_file
from hadronlab.errors import DataError

HISTOGRAMS, GRAPHS = ("TH1D", "TH1F"), ("TGraphErrors", "TGraphAsymmErrors")
ERRORS = re.compile(r"_e\d+(plus|minus)?$")  # HEPData's histograms of the errors beside the one of the values

log = logging.getLogger(__name__)


def read_root(path: Path, table: str | None = None) -> Table:
    """A TH1D or TH1F with errors, a TGraphErrors or a TGraphAsymmErrors of the file.

    table: its name, with those of its directories ("Table 1/Hist1D_y1"); without one the file must hold one. Beside a
    histogram may stand those that HEPData calls NAME_e1, NAME_e2, … or NAME_e1plus, NAME_e1minus: the first is taken as
    the statistical error, the others as systematic ones. Bins without an entry (0 ± 0) are left out. The title of the x
    axis names the momentum. DataError without uproot.
    """
    check_file(path)
    try:
        import uproot
    except ImportError as error:
        raise DataError(f"{path}: ROOT files are read by uproot: pip install hadronlab[root]") from error
    with about(path):
        try:
            with uproot.open(path, object_cache=None, array_cache=None) as file:
                classes = file.classnames(cycle=False)
                name = _name(classes, table)
                found = _histogram(file, name) if classes[name] in HISTOGRAMS else _graph(_get(file, name))
        except DataError:
            raise
        except Exception as error:  # a damaged file can raise anything in uproot
            raise DataError(f"damaged ROOT file ({type(error).__name__})") from error
        return Table(found, name)


def _name(classes: dict[str, str], table: str | None) -> str:
    """The object that is meant; HEPData's histogram before its graph, in which the errors are summed up."""
    readable = [name for name, kind in classes.items() if kind in HISTOGRAMS + GRAPHS]
    if table is not None:
        wanted = re.sub(r";\d+$", "", str(table))
        chosen = [name for name in readable if name == wanted]
    else:
        chosen = [name for name in readable if not ERRORS.search(name)]
        chosen = [name for name in chosen if name.replace("/Graph1D_y", "/Hist1D_y") + "_e1" not in readable
                  or "/Graph1D_y" not in name]  # fmt: skip
    if len(chosen) != 1:
        held = ", ".join(map(ascii, chosen or readable)) or f"none, but {sorted(set(classes.values()))}"
        raise DataError(f"choose one of its {', '.join(HISTOGRAMS + GRAPHS)} with table=NAME: {held:.300}")
    return chosen[0]


def _get(file: Any, name: str) -> Any:
    if file.key(name).data_uncompressed_bytes > MAX_BYTES:
        raise DataError(f"{name!a:.60} unpacks to more than {MAX_BYTES >> 20} MiB")
    return file[name]


def _histogram(file: Any, name: str) -> dict[str, np.ndarray]:
    histogram = _get(file, name)
    values, edges = histogram.values(), histogram.axis().edges()
    errors = {}
    for index, label in enumerate(("stat", *(f"sys {at}" for at in range(2, 10))), start=1):
        for side, sign in (("", ""), ("plus", " +"), ("minus", " -")):
            if f"{name}_e{index}{side}" in file:
                errors[label + sign] = _get(file, f"{name}_e{index}{side}").values()
    if not errors:
        if not len(histogram.member("fSumw2")):
            raise DataError(
                f"{name!a:.60} stores no errors: call Sumw2 before it is filled, or store a TGraphErrors"
            )
        errors["stat"] = histogram.errors()
    filled = (values != 0) | np.any([error != 0 for error in errors.values()], axis=0)
    if not filled.all():
        log.info("%d empty bins of %s are left out", int((~filled).sum()), name)
    axis = histogram.axis().member("fTitle") or "x"
    columns = {f"{axis} LOW": edges[:-1], f"{axis} HIGH": edges[1:], "C": values, **errors}
    return {key: np.asarray(column, dtype=float)[filled] for key, column in columns.items()}


def _graph(graph: Any) -> dict[str, np.ndarray]:
    """x errors that do not overlap are the halves of bins."""
    member = graph.member
    x, y = np.asarray(member("fX"), dtype=float), np.asarray(member("fY"), dtype=float)
    if graph.classname == "TGraphErrors":
        low = high = np.asarray(member("fEX"), dtype=float)
        errors = {"error": np.asarray(member("fEY"), dtype=float)}
    else:
        low, high = (np.asarray(member(f"fEX{side}"), dtype=float) for side in ("low", "high"))
        errors = {
            f"error {sign}": np.asarray(member(f"fEY{side}"), dtype=float)
            for side, sign in (("high", "+"), ("low", "-"))
        }
    titles = (member("fTitle") or "").split(";")
    drawn = member("fHistogram")
    axis = (
        (drawn.axis().member("fTitle") if drawn is not None else "")
        or (titles[1] if len(titles) > 1 else "")
        or "x"
    )
    columns = {axis: x, "C": y, **errors}
    if (low + high > 0).all() and (x[1:] - low[1:] >= (x + high)[:-1] - 1e-6 * x[1:]).all():
        columns |= {f"{axis} LOW": x - low, f"{axis} HIGH": x + high}
    return columns
