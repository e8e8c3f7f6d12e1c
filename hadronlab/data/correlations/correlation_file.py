"""A file of an experiment, with what the user knows about it, made into a correlation function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import torch

from hadronlab.data.correlations.columns import find_points
from hadronlab.data.correlations.correlation_data import CorrelationData, Systematic, total_covariance
from hadronlab.data.correlations.covariance import read_covariance
from hadronlab.data.correlations.csv_table import read_csv
from hadronlab.data.correlations.hepdata import read_hepdata
from hadronlab.data.correlations.names import Unit, Variable
from hadronlab.data.correlations.plausible import check_counts, check_unit
from hadronlab.data.correlations.root_file import read_root
from hadronlab.data.correlations.table import Table, about, check_choice
from hadronlab.errors import DataError
from hadronlab.systems.hadrons import HadronPair


@dataclass(frozen=True)
class CorrelationFile:
    """A measured C(k*): csv or text, HEPData's yaml or json, ROOT (.root), or the name of a table that is shipped.

    path: the file, or a name such as star_pp_2015; or a list of several measurements, of which all that follows holds.
    variable: "kstar" or "Q" (= 2 k*), unit: "MeV", "GeV" (of c) or "fm" (fm⁻¹), columns: names by role (k, low, high, C, error,
    systematic); null: what the file says. table: which one, where it holds several. k_min, k_max: of k*, MeV/c. systematic:
    "uncorrelated" adds systematic errors to the statistical ones
    in squares, "correlated" lets them move all points together, "ignored" leaves them out. covariance: a file with a
    matrix, covariance_table: which one of several, covariance_holds: what it stands for: "total" errors, or the "statistical" or
    "systematic" ones alone, to which the others are added. label: in figures and messages.
    """

    path: str | Sequence[str]
    variable: Variable | None = None
    unit: Unit | None = None
    k_min: float | None = None
    k_max: float | None = None
    columns: Mapping[str, Any] | None = None
    table: str | int | None = None
    systematic: Systematic = "uncorrelated"
    covariance: Path | None = None
    covariance_table: str | int | None = None
    covariance_holds: Literal["total", "statistical", "systematic"] = "total"
    label: str | None = None

    def load(self, pair: HadronPair | None = None) -> CorrelationData | list[CorrelationData]:
        """The measurement, or that of each path, whatever the pair."""
        return self.read(self.path) if isinstance(self.path, str) else [self.read(path) for path in self.path]

    def read(self, path: str) -> CorrelationData:
        """The points between k_min and k_max. Raises DataError, one line with the file, for all that is wrong with it."""
        file = find(path)
        with about(file):
            table = _read(file, self.table, self.columns)
            points = find_points(table, self.variable, self.unit, self.columns)
            check_unit(points.k, points.unit)
            check_counts(points.value)
            k, value, error = (torch.from_numpy(x.copy()) for x in (points.k, points.value, points.error))
            systematic = (
                torch.zeros_like(k) if points.systematic is None else torch.from_numpy(points.systematic)
            )
            edges = None if points.edges is None else torch.from_numpy(points.edges)
            covariance = self._covariance(error, systematic)
            data = CorrelationData(k, value, error, systematic, covariance, edges, str(file), table.source)
            name = f"{file.stem}, {table.label}" if table.label else file.stem
            return replace(data, label=self.label or name).cut(self.k_min, self.k_max)

    def _covariance(self, error: torch.Tensor, systematic: torch.Tensor) -> torch.Tensor:
        if self.covariance is None:
            return total_covariance(error, systematic, self.systematic)
        check_choice("covariance_holds", self.covariance_holds, ("total", "statistical", "systematic"))
        statistical = total_covariance(error, systematic, "ignored")
        if self.covariance_holds == "total":
            expected, others = (
                total_covariance(error, systematic, "uncorrelated"),
                torch.zeros_like(statistical),
            )
        elif self.covariance_holds == "statistical":
            expected, others = statistical, total_covariance(error, systematic, self.systematic) - statistical
        else:
            expected, others = torch.diag(systematic**2), statistical
        spread = expected.diagonal().sqrt().numpy()
        return others + torch.from_numpy(
            read_covariance(Path(self.covariance), spread, self.covariance_table)
        )


def shipped() -> dict[str, Path]:
    """The tables that come with the package, by name."""
    folder = files("hadronlab.data.correlations").joinpath("tables")
    return {
        Path(str(entry)).stem: Path(str(entry)) for entry in folder.iterdir() if entry.name.endswith(".csv")
    }


def find(path: str | Path) -> Path:
    """The file that is meant: one that exists, or a shipped table of that name. DataError with the names of these."""
    file = Path(path).expanduser()
    if file.exists() or file.suffix:
        return file
    tables = shipped()
    if file.name not in tables:  # a configuration may have put the present directory before it
        raise DataError(
            f"{path}: no such file, and none of the tables that are shipped: {', '.join(sorted(tables))}"
        )
    return tables[file.name]


def _read(path: Path, table: str | int | None, columns: Mapping[str, Any] | None) -> Table:
    suffix = path.suffix.lower()
    if suffix == ".root":
        return read_root(path, None if table is None else str(table))
    if suffix in (".yaml", ".yml", ".json"):
        wanted = (columns or {}).get("C")
        return read_hepdata(path, table, None if wanted is None else str(wanted))
    return read_csv(path, table)
