"""Which column is which, by its name or by what the user says, and the points that they make."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from hadronlab.data.correlations.names import (
    PER_FM,
    ROLES,
    SIDES,
    STATISTICAL,
    Unit,
    Variable,
    role,
    unit_of,
    variable_of,
    words,
)
from hadronlab.data.correlations.table import Table, check_choice
from hadronlab.errors import DataError

Word = TypeVar("Word", bound=str)
log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Points:
    """C(k*) at n momenta: k (n,) and edges (n, 2) in fm⁻¹, the rest (n,); None where the table has no such column."""

    k: np.ndarray
    value: np.ndarray
    error: np.ndarray
    systematic: np.ndarray | None
    edges: np.ndarray | None
    unit: Unit  # in which the momenta were read


def find_points(
    table: Table, variable: Variable | None, unit: Unit | None, columns: Mapping[str, object] | None
) -> Points:
    """The points of `table`. variable, unit, columns {role: name}: what the user says, before what the names say.

    A momentum without a unit is in MeV/c. Errors upwards and downwards are replaced by their mean, several systematic
    errors by the root of their squares, each with a word in the log. Raises DataError where a column is missing, where
    several would do, and where the names do not tell k* from Q.
    """
    check_choice("variable", variable or "Q", ("kstar", "Q"))
    check_choice("unit", unit or "MeV", PER_FM)
    names = _roles(table, columns or {})
    axis = names["k"] + names["low"] + names["high"]
    variable, unit = _told(variable, variable_of(axis)), _told(unit, unit_of(axis))
    if variable is None:
        raise DataError(
            f"does not tell whether {axis[0]!a:.60} is k* or Q = 2 k*: say variable=kstar or variable=Q"
        )
    if unit is None:
        log.info("no unit of the momentum is told: MeV/c is taken")
        unit = "MeV"
    scale = PER_FM[unit] * (0.5 if variable == "Q" else 1.0)
    edges = None
    if names["low"] and names["high"]:
        edges = scale * np.stack([table.columns[names[side][0]] for side in ("low", "high")], axis=1)
    k = edges.mean(1) if edges is not None and not names["k"] else scale * table.columns[names["k"][0]]
    systematic = [_spread(table, pair) for pair in _pairs(names["systematic"]).values()]
    if len(systematic) > 1:
        log.info("%d systematic errors are added in squares", len(systematic))
    (error,) = _pairs(names["error"]).values()
    return Points(
        k,
        table.columns[names["C"][0]],
        _spread(table, error),
        np.sqrt(np.sum(np.square(systematic), axis=0)) if systematic else None,
        edges,
        unit,
    )


def _roles(table: Table, chosen: Mapping[str, object]) -> dict[str, list[str]]:
    """The names of the columns of each role."""
    for key in chosen:
        if key not in ROLES:
            raise DataError(f"columns.{key} is unknown: choose from {', '.join(ROLES)}")
    names = {}
    for part in ROLES:
        if part in chosen:
            names[part] = _named(table, part, chosen[part])
        else:
            names[part] = [name for name in table.columns if role(name) == part]
    if "error" not in chosen:
        statistical = [name for name in names["error"] if STATISTICAL.intersection(words(name))]
        names["error"] = statistical or names["error"]
    for part, found in names.items():
        needed = part in ("C", "error") or (part == "k" and not (names["low"] and names["high"]))
        if needed and not found:
            held = ", ".join(map(ascii, table.columns))
            raise DataError(f"has no column for {part}: name it with columns.{part}=NAME, one of {held:.300}")
        if part != "systematic" and len(_pairs(found)) > 1:
            held = ", ".join(map(ascii, found))
            raise DataError(
                f"several columns may be {part}: choose with columns.{part}=NAME, one of {held:.300}"
            )
    return names


def _named(table: Table, part: str, wanted: object) -> list[str]:
    """The columns that the user means: by name, or both sides of one error by what their names share."""
    names = (
        [str(name) for name in wanted]
        if isinstance(wanted, Sequence) and not isinstance(wanted, str)
        else [str(wanted)]
    )
    found = [name for name in table.columns if name in names or " ".join(_stem(name)) in names]
    if not found:
        held = ", ".join(map(ascii, table.columns))
        raise DataError(f"has no column {names[0]!a:.60} for {part}, but {held:.300}")
    return found


def _stem(name: str) -> tuple[str, ...]:
    return tuple(word for word in words(name) if word not in SIDES)


def _pairs(names: list[str]) -> dict[tuple[str, ...], list[str]]:
    """Names by what they share besides the side: "stat +" and "stat -" are one error."""
    pairs: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        stem = _stem(name) if SIDES.intersection(words(name)) else (name,)
        pairs.setdefault(stem, []).append(name)
    return pairs


def _spread(table: Table, names: list[str]) -> np.ndarray:
    """One error: the column, or the mean of its two sides, which files give with either sign."""
    if len(names) == 1:
        return table.columns[names[0]]
    sides = np.abs([table.columns[name] for name in names])
    if not np.allclose(sides, sides[0], rtol=1e-6, atol=0):
        log.warning("the errors %s differ: their mean is taken for both sides", " and ".join(names))
    return sides.mean(0)


def _told(by_user: Word | None, by_file: Word | None) -> Word | None:
    """What the user says, with a word where the file says otherwise."""
    if by_user is not None and by_file is not None and by_user != by_file:
        log.warning("the momenta are read as %s, as asked; their name says %s", by_user, by_file)
    return by_file if by_user is None else by_user
