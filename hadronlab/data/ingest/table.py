"""What every reader of foreign files gives: R of one source at some times."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hadronlab.errors import DataError

MAX_BYTES = 2**30  # of a file, and of what it unpacks to


@dataclass(frozen=True, eq=False)
class Table:
    """R of one source at times t (T,): values (T, B, S), or (T, S) with or without an error (T, S).

    Positions are `radius` (S,), in the unit of the file, or `site` (S, 3) of a box of `length`.
    """

    source: str
    t: np.ndarray
    values: np.ndarray
    error: np.ndarray | None = None
    radius: np.ndarray | None = None
    site: np.ndarray | None = None
    length: int | None = None


def check_size(path: Path) -> None:
    """Raise DataError for what is no file, and for a file beyond MAX_BYTES."""
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    if not path.is_file():
        raise DataError(f"{path}: is not a regular file")
    if size > MAX_BYTES:
        raise DataError(f"{path}: over the limit of {MAX_BYTES >> 20} MiB")
