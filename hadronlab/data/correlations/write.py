"""A correlation function written as csv, as `CorrelationFile` reads it."""

from __future__ import annotations

from pathlib import Path

import torch

from hadronlab.data.correlations.correlation_data import CorrelationData
from hadronlab.errors import DataError
from hadronlab.physics.constants import HBAR_C


def write_csv(data: CorrelationData, path: str | Path, covariance: str | Path | None = None) -> None:
    """Write k* and the edges of its bins, MeV/c, C, the errors, and the source as a comment; every digit is kept.

    covariance: a file for the matrix, which the table alone does not hold where points are correlated. DataError where a
    file cannot be written.
    """
    columns = {"k_MeV": data.momentum}
    if data.edges is not None:
        columns |= {"k_low_MeV": data.edges[:, 0] * HBAR_C, "k_high_MeV": data.edges[:, 1] * HBAR_C}
    columns |= {"C": data.value, "error": data.error}
    if bool(data.systematic.any()):
        columns["systematic"] = data.systematic
    comments = [f"# {line}" for line in (data.label, *data.source.splitlines())]
    _write(path, [*comments, ",".join(columns), *_rows(torch.stack(list(columns.values()), dim=1))])
    if covariance is not None:
        _write(covariance, [f"# covariance of C, {data.label}", *_rows(data.covariance)])


def _rows(table: torch.Tensor) -> list[str]:
    return [",".join(map(repr, row)) for row in table.tolist()]


def _write(path: str | Path, lines: list[str]) -> None:
    try:
        Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror})") from error
