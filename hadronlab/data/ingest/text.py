"""Tables out of text files, as Fortran programs, spreadsheets and the like write them."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from hadronlab.data.ingest.table import MAX_BYTES, Table, check_size
from hadronlab.errors import DataError

OPEN: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
COMMENT = re.compile(r"[#!%].*")
# Fortran: 1.0D-03, 1.0Q-03, and 1.0-103, which has no letter where the exponent has three digits
EXPONENT = re.compile(r"(?<=[\d.])(?:[dDqQ](?=[+-]?\d)|(?=[+-]\d{3}(?![\d.])))")
ODD_SIGNS = str.maketrans(
    {"\u2212": "-", "\u00a0": " ", '"': " "}
)  # minus, unbreakable blank, quoted numbers
ADVICE = "write points in numbers, and blanks or commas between them"

Lines = list[tuple[int, str]]  # a line's number in the file, and its text


def read_text(path: Path, source: str, columns: str = "auto") -> list[Table]:
    """A table of lines `t r R`, `t r R error` or `t r bin1 bin2 …`, t and r in any order, plain or compressed.

    `columns` is "auto" (four columns: an error), "error" or "bins". Blanks, tabs, commas or semicolons stand between
    the columns; `#`, `!` and `%` begin comments; a first line of names is passed over; a comma is read as a decimal
    point where blanks or semicolons separate. Raises DataError, with the line, for what is not a table of numbers, and
    unless every t lists the same radii.
    """
    table = _numbers(path, _lines(path))
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    t, radius = np.unique(table[:, 0]), np.unique(table[:, 1])
    if (t != np.round(t)).any() or abs(t).max() > 2**31:
        raise DataError(f"{path}: t must be whole lattice times")
    grid = np.stack(np.meshgrid(t, radius, indexing="ij"), axis=-1).reshape(-1, 2)
    if grid.shape != table[:, :2].shape or (grid != table[:, :2]).any():
        raise DataError(f"{path}: every t must list the same {len(radius)} radii once")
    body = table[:, 2:].reshape(len(t), len(radius), -1)
    has_error = columns == "error" or (columns == "auto" and body.shape[2] == 2)
    if has_error and body.shape[2] != 2:
        raise DataError(f"{path}: t r R error has four columns, got {table.shape[1]}")
    error = body[..., 1] if has_error else None
    values = body[..., 0] if has_error or body.shape[2] == 1 else np.moveaxis(body, 2, 1)
    return [Table(source, t.astype(np.int64), values, error, radius)]


def _lines(path: Path) -> Lines:
    """The lines that hold more than a comment, in UTF-8, UTF-16 with its mark, or else Latin-1."""
    check_size(path)
    try:
        with OPEN.get(path.suffix, open)(path, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error!s:.100})") from error
    if len(raw) > MAX_BYTES:
        raise DataError(f"{path}: unpacks to more than {MAX_BYTES >> 20} MiB")
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    lines = [COMMENT.sub("", line.translate(ODD_SIGNS)).strip() for line in text.splitlines()]
    found = [(number, line) for number, line in enumerate(lines, start=1) if line]
    return found[1:] if found and not any(map(_is_number, re.split(r"[\s,;]+", found[0][1]))) else found


def _is_number(text: str) -> bool:
    try:
        float(EXPONENT.sub("e", text))
    except ValueError:
        return False
    return True


def _separated(path: Path, lines: Lines) -> tuple[Lines, str | None]:
    """The lines with points in their numbers, and what separates these: a comma, a semicolon, or blanks (None).

    Raises DataError where commas may be either.
    """
    body = [line for _, line in lines]
    commas, points = (any(sign in line for line in body) for sign in ",.")
    if any(";" in line for line in body):
        if commas and points:
            raise DataError(f"{path}: has points, commas and semicolons; {ADVICE}")
        return [(number, line.rstrip(";").replace(",", ".")) for number, line in lines], ";"
    if not commas:
        return lines, None
    if all(len(field.split()) <= 1 for line in body for field in line.split(",")):
        styles = {bool(blank) for line in body for blank in re.findall(r",(\s*)", line.rstrip(","))}
        if points or len(styles) < 2:
            return [(number, line.rstrip(",")) for number, line in lines], ","
    elif not points and all(
        word.strip(",").count(",") == word.count(",") <= 1 for line in body for word in line.split()
    ):
        return [(number, line.replace(",", ".")) for number, line in lines], None
    raise DataError(f"{path}: its commas may be decimal points or stand between columns; {ADVICE}")


def _numbers(path: Path, lines: Lines) -> np.ndarray:
    """The finite numbers of at least three columns, (lines, columns)."""
    lines, separator = _separated(path, [(number, EXPONENT.sub("e", line)) for number, line in lines])
    if not lines:
        raise DataError(f"{path}: needs the columns t r R [error | bins …], but holds no line of numbers")
    try:
        table = np.loadtxt([line for _, line in lines], delimiter=separator, comments=None, ndmin=2)
    except ValueError as error:
        raise DataError(f"{path}: not a table of numbers ({_fault(lines, separator)})") from error
    if table.shape[1] < 3:
        raise DataError(f"{path}: needs the columns t r R [error | bins …], got {table.shape[1]} columns")
    finite = np.isfinite(table).all(1)
    if not finite.all():
        raise DataError(f"{path}: line {lines[int(finite.argmin())][0]} holds a number that is not finite")
    return table


def _fault(lines: Lines, separator: str | None) -> str:
    """The first line that is no row of the table, in words."""
    width = len(lines[0][1].split(separator))
    for number, line in lines:
        fields = line.split(separator)
        for field in fields:
            if not _is_number(field):
                return f"line {number}: {field!a:.40} is no number"
        if len(fields) != width:
            return f"line {number} has {len(fields)} columns, the first has {width}"
    return "a number cannot be read"
