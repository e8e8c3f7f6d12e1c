"""Columns out of HEPData's YAML and JSON: tables of independent and dependent variables, and submissions of several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hadronlab.data.correlations.documents import NO_TABLE, read_documents, select
from hadronlab.data.correlations.names import role, words
from hadronlab.data.correlations.table import Table, about, distinct, number
from hadronlab.errors import DataError

MISSING = ("", "-")  # how HEPData writes that there is no value
MALFORMED = (KeyError, TypeError, AttributeError, IndexError, ValueError)

Variable = tuple[str, list[Any]]  # its name with its unit, and one entry a row


def read_hepdata(path: Path, table: str | int | None = None, column: str | None = None) -> Table:
    """A table of `path`: a data file, a submission.yaml, or the JSON of a table as the site gives it.

    table: name or number, from 1, of one of several. column: name or number of the dependent variable, where not exactly
    one is called like a correlation function. Columns are named as in HEPData's csv: "k* [GeV/c]", "k* [GeV/c] LOW" and HIGH, "C(k*)", and
    the labels of the errors, with " +" and " -" where these differ; an error that is not statistical is systematic. Rows
    without a value are left out. Nothing that the file holds is executed.
    """
    with about(path):
        document = select(path, read_documents(path), table)
        return _table(document, column)


def _table(document: Mapping[str, Any], column: str | None) -> Table:
    try:
        independent, dependent = _variables(document)
        name, values = _dependent(dependent, column)
        if any(len(entries) != len(values) for _, entries in independent):
            raise DataError(f"its variables have different lengths, {len(values)} of {name!a:.60}")
        kept = [row for row, value in enumerate(values) if value["value"] not in MISSING]
        columns: dict[str, np.ndarray] = {}
        for axis, (_, entries) in zip(distinct([axis for axis, _ in independent]), independent, strict=True):
            columns |= _axis(axis, [entries[row] for row in kept])
        key = column or (name if role(name) == "C" else f"C {name}")
        columns |= {key: _numbers(values[row]["value"] for row in kept)} | _errors(
            [values[row] for row in kept]
        )
        return Table(columns, str(document.get("name", "")), str(document.get("description", ""))[:2000])
    except MALFORMED as error:
        if isinstance(error, DataError):
            raise
        raise DataError(NO_TABLE) from error


def _variables(document: Mapping[str, Any]) -> tuple[list[Variable], list[Variable]]:
    """Independent and dependent variables, of a data file or of the site's JSON with its rows of x and y."""
    if "independent_variables" not in document:
        rows = document["values"]
        headers = [h["name"] for h in document["headers"] for _ in range(min(int(h.get("colspan", 1)), 100))]
        n_x, n_y = len(rows[0]["x"]), len(rows[0]["y"])
        x, y = ([[row[axis][at] for row in rows] for at in range(n)] for axis, n in (("x", n_x), ("y", n_y)))
        return list(zip(headers[:n_x], x, strict=True)), list(zip(headers[n_x:], y, strict=True))
    found = []
    for kind in ("independent_variables", "dependent_variables"):
        headers = [variable["header"] for variable in document[kind]]
        names = [f"{h['name']} [{h['units']}]" if h.get("units") else str(h["name"]) for h in headers]
        found.append([(n, variable["values"]) for n, variable in zip(names, document[kind], strict=True)])
    return found[0], found[1]


def _dependent(variables: list[Variable], column: str | None) -> Variable:
    if column is None:
        fitting = [v for v in variables if len(variables) == 1 or role(v[0]) == "C"]
    else:
        fitting = [v for at, v in enumerate(variables, start=1) if column in (v[0], str(at))]
    if len(fitting) != 1:
        known = ", ".join(f"{at} ({name!a:.60})" for at, (name, _) in enumerate(variables, start=1))
        raise DataError(f"choose the correlation function with columns.C=NUMBER: {known:.300}")
    return fitting[0]


def _axis(name: str, entries: list[Any]) -> dict[str, np.ndarray]:
    """The centre and, in bins, the edges of an independent variable."""
    columns = {}
    if all("low" in entry and "high" in entry for entry in entries):
        columns = {
            f"{name} {side.upper()}": _numbers(entry[side] for entry in entries) for side in ("low", "high")
        }
    if all("value" in entry for entry in entries):
        columns[name] = _numbers(entry["value"] for entry in entries)
    return columns


def _errors(entries: list[Any]) -> dict[str, np.ndarray]:
    """The errors of a dependent variable, by their labels; nan where a row lacks one."""
    sides: dict[str, np.ndarray] = {}  # label → (2, n), upwards and downwards
    for row, entry in enumerate(entries):
        seen: set[str] = set()
        for error in entry.get("errors", ()):
            pair, value = error.get("asymerror"), number(entry["value"])
            both = [error["symerror"]] * 2 if pair is None else [pair["plus"], pair["minus"]]
            size = np.array([_size(side, value) for side in both])
            both_sides = sides.setdefault(
                _label(str(error.get("label", "")), seen), np.full((2, len(entries)), np.nan)
            )
            both_sides[:, row] = size if pair is None else abs(size)
    columns: dict[str, np.ndarray] = {}
    for label, (up, down) in sides.items():
        same = np.array_equal(up, down, equal_nan=True)
        columns |= {label: up} if same else {f"{label} +": up, f"{label} -": down}
    return columns


def _label(label: str, seen: set[str]) -> str:
    """A name by which the columns know the error; "sys" before what is no statistical error, "total" apart."""
    name = label.strip() or "error"
    if role(name) not in ("error", "systematic"):
        name = "error, total" if "total" in words(name) else f"sys {name}"
    while name in seen:
        name += "'"
    seen.add(name)
    return name


def _numbers(fields: Iterable[Any]) -> np.ndarray:
    return np.array([number(field) for field in fields])


def _size(error: Any, value: float) -> float:
    """An error, which may be a percentage."""
    if isinstance(error, str) and error.strip().endswith("%"):
        return number(error.strip()[:-1]) / 100 * abs(value)
    return number(error)
