"""Columns out of text: csv of any separator, with a line of names or without, and the csv of HEPData."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np

from hadronlab.data.correlations.names import role
from hadronlab.data.correlations.table import Table, distinct, number, read_text
from hadronlab.errors import DataError

COMMENT = "#!%"

Block = tuple[list[str], list[list[float]]]  # the names of columns, and the rows below them


def read_csv(path: Path, table: str | int | None = None) -> Table:
    """The table of a text file.

    Commas, semicolons, tabs or blanks stand between columns (with the last three numbers may have decimal commas), `#`,
    `!` or `%` begin a comment, and the first other line, or else the last comment, may name the columns. Three columns
    without names are k*, C and error; more are called "1", "2", …. Where a file has several tables, each under names of
    its own, `table` is the number of one, from 1, or the name of a column that only it has.
    """
    lines = [
        (at, line.strip()) for at, line in enumerate(read_text(path).splitlines(), start=1) if line.strip()
    ]
    comments = [line.lstrip(COMMENT + ": ") for _, line in lines if line[0] in COMMENT]
    rows = [(at, line) for at, line in lines if line[0] not in COMMENT]
    separator = next((sign for sign in ";\t," if rows and sign in rows[0][1]), None)
    blocks: list[Block] = []
    for at, line in rows:
        try:
            fields = _split(line, separator)
        except csv.Error as error:
            raise DataError(f"{path}: line {at} is no line of a table ({error})") from error
        values = [number(field if separator == "," else field.replace(",", ".")) for field in fields]
        if _is_heading(fields, values):
            blocks.append((fields, []))
            continue
        if not blocks:
            blocks.append((_nameless(len(fields), [_split(comment, separator) for comment in comments]), []))
        names, body = blocks[-1]
        if len(fields) != len(names):
            raise DataError(f"{path}: line {at} has {len(fields)} columns, the first has {len(names)}")
        body.append(values)
    names, body = _select(path, [block for block in blocks if block[1]], table)
    return Table(
        dict(zip(distinct(names), np.array(body).T, strict=True)),
        label=next((line.removeprefix("name:").strip() for line in comments if line.startswith("name:")), ""),
        source="\n".join(comments)[:2000],
    )


def _split(line: str, separator: str | None) -> list[str]:
    fields = line.split() if separator is None else next(csv.reader([line], delimiter=separator), [])
    fields = [field.strip() for field in fields]
    return fields[:-1] if len(fields) > 1 and not fields[-1] else fields  # a comma at the end of the line


def _is_heading(fields: list[str], values: list[float]) -> bool:
    """No field is a number, and one is a name rather than a number that is missing (nan, a dash)."""
    named = [
        field
        for field in fields
        if re.search(r"[^\W\d]", field) and field.lower().strip("+-") not in ("nan", "inf")
    ]
    return bool(named) and bool(np.isnan(values).all())


def _nameless(width: int, comments: list[list[str]]) -> list[str]:
    """Names of columns that no line names: those of the last comment, where it looks like names."""
    roles = [role(name) for name in comments[-1]] if comments else []
    if len(roles) == width and "C" in roles and {"k", "low"}.intersection(roles):
        return comments[-1]
    return ["k", "C", "error"] if width == 3 else [str(column + 1) for column in range(width)]


def _select(path: Path, blocks: list[Block], table: str | int | None) -> Block:
    """The table that is meant."""
    if not blocks:
        raise DataError(f"{path}: holds no line of numbers")
    if table is None and len(blocks) == 1:
        return blocks[0]
    titles = [next((name for name in names if role(name) == "C"), names[-1]) for names, _ in blocks]
    found = [b for at, b in enumerate(blocks, start=1) if str(table) == str(at) or str(table) in b[0]]
    if len(found) != 1:
        known = ", ".join(f"{at} ({title!a:.40})" for at, title in enumerate(titles, start=1))
        raise DataError(f"{path}: has {len(blocks)} tables, choose one with table=NUMBER: {known:.300}")
    return found[0]
