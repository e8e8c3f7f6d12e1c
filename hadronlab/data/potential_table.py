"""Potentials from files: tables of V(r), and the learned potentials that `hadronlab-export` writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hadronlab.data import hdf5
from hadronlab.data.two_columns import columns
from hadronlab.errors import DataError, HadronlabError
from hadronlab.physics.forces.tabulated import TabulatedNonlocal, TabulatedPotential


def potential_table(path: str | Path, bin: int | None = None) -> TabulatedPotential:
    """Lines `r V`, fm and MeV, between blanks or commas, `#` for comments; `_target_` of a potential in a yaml file.

    bin: of lines `r V V1 V2 …` that hold resampling bins, 0 for the mean.

    Raises:
        DataError: no such file, lines of another kind, no such bin, radii that do not increase or begin far from the origin.
    """
    table = columns(path, "a potential", "r V")
    if bin is None and len(table) != 2:
        raise DataError(
            f"{path}: a potential has two columns, r in fm and V in MeV, not {len(table)}; where the others are resampling bins, "
            "choose one by bin=1, 2, … or their mean by bin=0"
        )
    try:
        return TabulatedPotential(table[0], _bin(path, table[1:], bin or 0))
    except HadronlabError as error:
        raise DataError(f"{path}: {error}") from error


def exported_potential(path: str | Path, bin: int = 0) -> TabulatedPotential | TabulatedNonlocal:
    """The potential in an HDF5 file of `hadronlab-export`; `_target_` of one in a yaml file.

    bin: 0 for the mean, or a resampling bin, counted over the sources of uncertainty in the order of their names.

    Raises:
        DataError: a file that cannot be read or has no potential, no such bin, radii as in `potential_table`.
    """
    with hdf5.opened(path) as file:
        r = file.array("r", "float", ndim=(1,))
        V, U = (
            _bin(path, _with_bins(file, name, n), bin) if name in file.members() else None
            for name, n in (("V_0", 1), ("U", 2))
        )
    if V is None and U is None:
        raise DataError(f"{path}: holds neither V_0 nor U: make it with hadronlab-export RUN {path}")
    try:
        return TabulatedPotential(r, V) if U is None else TabulatedNonlocal(r, U, V)
    except HadronlabError as error:
        raise DataError(f"{path}: {error}") from error


def _with_bins(file: hdf5.Group, name: str, ndim: int) -> np.ndarray:
    """(1+B, …): the mean first."""
    own = [key for key in sorted(file.members()) if key == f"{name}_bins" or key.startswith(f"{name}_bins.")]
    bins = [file.array(key, "float", ndim=(1 + ndim,)) for key in own]
    return np.concatenate([file.array(name, "float", ndim=(ndim,))[None], *bins])


def _bin(path: str | Path, values: np.ndarray, bin: int) -> np.ndarray:
    if not 0 <= bin < len(values):
        raise DataError(f"{path}: no bin {bin}; 0 is the mean, and it holds {len(values) - 1} bins")
    return np.asarray(values[bin])
