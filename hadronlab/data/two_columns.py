"""Text files of two columns: functions of r."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hadronlab.errors import DataError


def two_columns(path: str | Path, what: str, line: str, units: str) -> np.ndarray:
    """(2, n) out of lines of two numbers between blanks or commas, `#` for comments.

    what, line, units: for messages: "a source", "r S", "r in fm and S in fm⁻³".

    Raises:
        DataError: no such file, lines of another kind.
    """
    path = Path(path).expanduser()
    try:
        with path.open(encoding="utf-8") as file:
            lines = [text.replace(",", " ") for text in file]
        columns = np.loadtxt(lines, ndmin=2)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise DataError(
            f"{path}: give {what} as lines `{line}`, # before all else ({error!s:.100})"
        ) from error
    if columns.shape[1] != 2:
        raise DataError(f"{path}: {what} has two columns, {units}, not {columns.shape[1]}")
    return columns.T
