"""A source S(r) from a file of two columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hadronlab.errors import DataError, HadronlabError
from hadronlab.physics.femtoscopy.sources import Table


def source_table(path: str | Path) -> Table:
    """Lines `r S`, fm and fm⁻³, between blanks or commas, `#` for comments; `_target_` of a source in a yaml file.

    Raises:
        DataError: no such file, lines of another kind, S that is not normalised.
    """
    path = Path(path).expanduser()
    try:
        with path.open(encoding="utf-8") as file:
            lines = [line.replace(",", " ") for line in file]
        columns = np.loadtxt(lines, ndmin=2)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise DataError(
            f"{path}: give a source as lines `r S`, # before all else ({error!s:.100})"
        ) from error
    if columns.shape[1] != 2:
        raise DataError(f"{path}: a source has two columns, r in fm and S in fm⁻³, not {columns.shape[1]}")
    try:
        return Table(*columns.T)
    except HadronlabError as error:
        raise DataError(f"{path}: {error}") from error
