"""A source S(r) from a file of two columns."""

from __future__ import annotations

from pathlib import Path

from hadronlab.data.two_columns import two_columns
from hadronlab.errors import DataError, HadronlabError
from hadronlab.physics.femtoscopy.sources import Table


def source_table(path: str | Path) -> Table:
    """Lines `r S`, fm and fm⁻³, between blanks or commas, `#` for comments; `_target_` of a source in a yaml file.

    Raises:
        DataError: no such file, lines of another kind, S that is not normalised.
    """
    r, S = two_columns(path, "a source", "r S", "r in fm and S in fm⁻³")
    try:
        return Table(r, S)
    except HadronlabError as error:
        raise DataError(f"{path}: {error}") from error
