"""A local potential V(r) from a file of two columns."""

from __future__ import annotations

from pathlib import Path

from hadronlab.data.two_columns import two_columns
from hadronlab.errors import DataError, HadronlabError
from hadronlab.physics.forces.tabulated import TabulatedPotential


def potential_table(path: str | Path) -> TabulatedPotential:
    """Lines `r V`, fm and MeV, between blanks or commas, `#` for comments; `_target_` of a potential in a yaml file.

    Raises:
        DataError: no such file, lines of another kind, radii that do not increase or begin far from the origin.
    """
    r, V = two_columns(path, "a potential", "r V", "r in fm and V in MeV")
    try:
        return TabulatedPotential(r, V)
    except HadronlabError as error:
        raise DataError(f"{path}: {error}") from error
