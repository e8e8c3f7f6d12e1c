"""Energy levels of a pair of hadrons in periodic boxes, out of a csv table of somebody else's spectroscopy.

    frame   total momentum d in 2π/L: 001, P001 or "0 0 1" (optional: at rest)
    L       side of the box (optional: one for all)
    one of  k2 · E (in the frame of the box) · Ecm (in the rest frame) · dE (Ecm less both masses)
    error   one σ; or low, high; or bin1, bin2, …: resampling bins, which all levels share
    name    of the level (optional: "001 n0", in the order of the table)

Commas, semicolons or tabs part the columns; # begins a comment.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hadronlab.data.correlations.table import about, distinct, number, read_text
from hadronlab.errors import DataError
from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.estimates.resampling import KINDS

QUANTITIES = {"k2": "k2", "e": "E", "elab": "E", "ecm": "Ecm", "de": "dE"}
KNOWN = ("frame", "L", "k2, E, Ecm or dE", "error (or low and high, or bin1, bin2, …)", "name")
COMMENT = "#"


@dataclass(frozen=True, eq=False)
class EnergyLevel:
    """quantity: which of k2, E, Ecm, dE `value` is, in the unit of the file; d: total momentum; length: of its box, or None."""

    name: str
    quantity: str
    value: Estimate
    d: tuple[int, int, int] = (0, 0, 0)
    length: float | None = None


def read_levels(path: str | Path, resampling: str = "jackknife") -> list[EnergyLevel]:
    """The levels of a table. resampling: what its bins are. Raises DataError, one line, with the line of the file."""
    path = Path(path)
    if resampling not in KINDS:
        raise DataError(f"resampling is {resampling!r:.40}: choose one of {', '.join(KINDS)}")
    with about(path):
        names, lines = _table(path)
        found = [_level(names, at, fields, resampling) for at, fields in lines]
    seen: Counter[str] = Counter()
    named = []
    for level in found:
        where = "".join(map(str, level.d)) + (f" L{level.length:g}" if level.length is not None else "")
        named.append(level.name or f"{where} n{seen[where]}")
        seen[where] += 1
    return [replace(level, name=name) for level, name in zip(found, distinct(named), strict=True)]


def _table(path: Path) -> tuple[dict[str, int], list[tuple[int, list[str]]]]:
    """Which column is which, and the numbered lines below the heading."""
    rows = [
        (at, line.strip())
        for at, line in enumerate(read_text(path).splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith(COMMENT)
    ]
    if not rows:
        raise DataError("holds no line of a table")
    separator = next((sign for sign in ";\t," if sign in rows[0][1]), ",")
    try:
        split = [
            (at, [field.strip() for field in next(csv.reader([line], delimiter=separator))])
            for at, line in rows
        ]
    except csv.Error as error:
        raise DataError(f"is no table ({error})") from error
    (at, heading), *lines = split
    names = {_plain(name): column for column, name in enumerate(heading)}
    if len(names) < len(heading):
        raise DataError(f"line {at} names a column twice")
    found = [name for name in names if name in QUANTITIES]
    if len(found) != 1:
        what = "several of them" if found else "none"
        raise DataError(
            f"line {at} names {what}: name one column k2, E, Ecm or dE; the others may be {', '.join(KNOWN[:2])}, {KNOWN[3]}"
        )
    unknown = [
        name
        for name in names
        if name not in (*QUANTITIES, "frame", "d", "l", "error", "low", "high", "name") and not _is_bin(name)
    ]
    if unknown:
        raise DataError(f"line {at}: the column {unknown[0]!a:.40} is unknown; known are {', '.join(KNOWN)}")
    if not lines:
        raise DataError("holds a heading and no level")
    for at, fields in lines:
        if len(fields) != len(heading):
            raise DataError(f"line {at} has {len(fields)} columns, the heading has {len(heading)}")
    return names, lines


def _level(names: dict[str, int], at: int, fields: list[str], resampling: str) -> EnergyLevel:
    def numeric(name: str) -> float:
        value = number(fields[names[name]])
        if not np.isfinite(value):
            raise DataError(f"line {at}: {name} is {fields[names[name]]!a:.40}, which is no number")
        return value

    [quantity] = [name for name in names if name in QUANTITIES]
    frame = next((fields[names[name]] for name in ("frame", "d") if name in names), "000")
    d = momentum(frame)
    if d is None:
        raise DataError(f"line {at}: the frame {frame!a:.40} is not three whole numbers, such as 001")
    name = fields[names["name"]] if "name" in names else ""
    value, bins = numeric(quantity), [column for column in names if _is_bin(column)]
    if bins:
        samples = np.array([numeric(column) for column in bins])
        if len(samples) < 2:
            raise DataError(f"line {at} has one bin: an error needs two or more")
        parts = {"levels": Part(samples, resampling)}
    else:
        error = (
            0.5 * (numeric("high") - numeric("low"))
            if {"low", "high"} <= names.keys()
            else numeric("error")
            if "error" in names
            else 0.0
        )
        if error < 0:
            raise DataError(f"line {at}: an error of {error:g} is negative")
        parts = {f"line {at}": Part(np.array([value + error]), "systematic")} if error else {}
    length = numeric("l") if "l" in names else None
    return EnergyLevel(name, QUANTITIES[quantity], Estimate(value, parts=parts), d, length)


def momentum(frame: str) -> tuple[int, int, int] | None:
    """d of a frame's name: 001, P001, "0 0 -1", (0,0,1); None for what is none."""
    numbers = (
        re.findall(r"-?\d", frame) if re.fullmatch(r"[Pp(\[]?\s*(-?\d[\s,]*){3}[)\]]?", frame.strip()) else []
    )
    return (int(numbers[0]), int(numbers[1]), int(numbers[2])) if len(numbers) == 3 else None


def _plain(name: str) -> str:
    return re.sub(r"[\s_^]", "", name.lower())


def _is_bin(name: str) -> bool:
    return re.fullmatch(r"(?:bin|b|jk)\d+", name) is not None
