"""What every reader gives: the columns of a file, by their names, and what the file says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hadronlab.data.ingest.table import check_size
from hadronlab.data.ingest.text import EXPONENT
from hadronlab.errors import DataError

MAX_BYTES = 16 << 20  # of a file: measured correlation functions have kilobytes
READABLE = "csv, HEPData's yaml and json (unpacked), and .root"
FOREIGN = {b"root": "ROOT", b"\x89HDF": "HDF5", b"PK\x03\x04": "zip", b"\x1f\x8b": "gzip", b"%PDF": "PDF"}


@dataclass(frozen=True, eq=False)
class Table:
    """Columns (n,) by their names, such as "k* [GeV/c]", "C(k*)", "stat +", "stat -", "sys"; nan where no number stands."""

    columns: dict[str, np.ndarray]
    label: str = ""
    source: str = ""


@contextmanager
def about(path: Path) -> Iterator[None]:
    """Errors that are raised within name the file."""
    try:
        yield
    except DataError as error:
        if str(error).startswith(f"{path}: "):
            raise
        raise DataError(f"{path}: {error}") from error


def check_file(path: Path) -> None:
    """Raise DataError for what is no file, is empty, or is too large for a measured correlation function."""
    check_size(path)
    size = path.stat().st_size
    if not size:
        raise DataError(f"{path}: is empty")
    if size > MAX_BYTES:
        raise DataError(
            f"{path}: has {size >> 20} MiB, the limit is {MAX_BYTES >> 20} MiB; cut the table out of it"
        )


def read_text(path: Path) -> str:
    """The text of a file. DataError for binary files and web pages, by name where they are known."""
    check_file(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    for magic, kind in FOREIGN.items():
        if raw.startswith(magic):
            raise DataError(f"{path}: is a {kind} file; {READABLE} are read")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", errors="replace")
    elif b"\0" in raw:
        raise DataError(f"{path}: is a binary file; {READABLE} are read")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
    if re.match(r"\s*<(!doctype|html|\?xml|head)", text, re.IGNORECASE):
        raise DataError(
            f"{path}: is a web page, not a table; download the file itself (csv, yaml, json or root)"
        )
    return text


def number(field: object) -> float:
    """A field as a number: Fortran's exponents too; nan for what is none."""
    if isinstance(field, bool):
        return np.nan
    if isinstance(field, int | float):
        return float(field) if abs(field) < 1e300 else np.inf
    text = str(field)[:60].strip().replace("\u2212", "-") if isinstance(field, str) else ""
    try:
        return float(EXPONENT.sub("e", text))
    except ValueError:
        return np.nan


def check_choice(name: str, value: object, choices: Iterable[str]) -> None:
    """Raise DataError for a word that a setting does not know."""
    known = tuple(choices)
    if value not in known:
        raise DataError(f"{name} must be one of {', '.join(known)}, got {value!r:.60}")


def distinct(names: Sequence[str]) -> list[str]:
    """The names, each repeated one with a prime more."""
    found: list[str] = []
    for name in names:
        while name in found:
            name += "'"
        found.append(name)
    return found
