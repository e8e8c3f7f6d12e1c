"""A covariance matrix out of a file: n lines of n numbers, or lines of (bin, bin, covariance)."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from hadronlab.data.correlations.csv_table import read_csv
from hadronlab.data.correlations.hepdata import read_hepdata
from hadronlab.data.correlations.names import HIGH, LOW, words
from hadronlab.errors import DataError

FACTOR = 2.0  # between the matrix and the errors of the table, beyond which it is worth a word
log = logging.getLogger(__name__)


def read_covariance(path: Path, error: np.ndarray, table: str | int | None = None) -> np.ndarray:
    """The matrix (n, n) of the points with the errors (n,) that its diagonal should hold, from csv or HEPData.

    A triangle is enough. Raises DataError for another number of points and for a matrix of correlations; a diagonal that
    is far from the squares of `error` is a warning.
    """
    read = read_hepdata if path.suffix in (".yaml", ".yml", ".json") else read_csv
    columns = read(path, table).columns
    n, rows = len(error), np.stack(list(columns.values()), axis=1)
    matrix = rows if rows.shape == (len(rows), len(rows)) else _from_entries(path, columns)
    if matrix.shape != (n, n):
        raise DataError(f"{path}: is a matrix of {len(matrix)} points, the data have {n}")
    if not np.isfinite(matrix).all():
        raise DataError(f"{path}: an element is missing or is not a finite number")
    variance = matrix.diagonal()
    if np.allclose(variance, 1, rtol=0, atol=1e-6):
        raise DataError(f"{path}: is a matrix of correlations; multiply its rows and columns by the errors")
    ratio = np.sqrt(np.clip(variance, 0, None)) / error
    if ratio.max() > FACTOR or ratio.min() < 1 / FACTOR:
        log.warning(
            "%s: its errors are %.3g to %.3g times those of the table", path, ratio.min(), ratio.max()
        )
    return matrix


def _from_entries(path: Path, columns: dict[str, np.ndarray]) -> np.ndarray:
    """The matrix of lines (bin, bin, covariance), the bins told apart by their centres or else by their lower edges."""
    *names, last = columns
    centres = [name for name in names if not (LOW | HIGH).intersection(words(name))]
    axes = centres or [name for name in names if LOW.intersection(words(name))]
    if len(axes) != 2:
        raise DataError(f"{path}: holds neither n lines of n numbers nor lines of (bin, bin, covariance)")
    bins = np.unique(np.concatenate([columns[axis] for axis in axes]))
    if np.isnan(bins).any() or len(bins) > len(columns[last]):
        raise DataError(f"{path}: the bins of its matrix are not numbers, or differ between rows and columns")
    at = [np.searchsorted(bins, columns[axis]) for axis in axes]
    matrix = np.full((len(bins), len(bins)), np.nan)
    matrix[at[1], at[0]] = columns[last]
    matrix[at[0], at[1]] = columns[last]
    return matrix
