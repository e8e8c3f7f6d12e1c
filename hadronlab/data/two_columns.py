"""Text files of columns: functions of r."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hadronlab.errors import DataError


def columns(path: str | Path, what: str, line: str) -> np.ndarray:
    """(m, n) out of lines of m numbers between blanks or commas, `#` for comments.

    what, line: for messages: "a source", "r S".

    Raises:
        DataError: no such file, lines of another kind.
    """
    path = Path(path).expanduser()
    try:
        with path.open(encoding="utf-8") as file:
            lines = [text.replace(",", " ") for text in file]
        return np.loadtxt(lines, ndmin=2).T
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise DataError(
            f"{path}: give {what} as lines `{line}`, # before all else ({error!s:.100})"
        ) from error


def two_columns(path: str | Path, what: str, line: str, units: str) -> np.ndarray:
    """(2, n); units: "r in fm and S in fm⁻³". Raises DataError as `columns`, and for another number of them."""
    found = columns(path, what, line)
    if len(found) != 2:
        raise DataError(f"{path}: {what} has two columns, {units}, not {len(found)}")
    return found
