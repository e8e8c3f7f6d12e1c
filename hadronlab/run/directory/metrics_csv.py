"""metrics.csv: one row a logged step, none doubled and none missing after a resume."""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only

from hadronlab.run.directory.files import write_whole


class MetricsCSV(Logger):
    """Every row goes to the file at once, so that a killed run has written all it logged.

    The first row of a resumed run cuts away what the killed run had logged beyond its checkpoint; a metric that
    appears later rewrites the file with one more column.
    """

    def __init__(self, save_dir: str | Path) -> None:
        super().__init__()
        self.path = Path(save_dir) / "metrics.csv"
        self._columns: list[str] = []
        self._lost = False

    @property
    def name(self) -> str:
        return "csv"

    @property
    def version(self) -> str:
        return ""

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """The resolved configuration stands in config.yaml."""

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, Any], step: int | None = None) -> None:
        row = {"step": step, **{k: float(v) for k, v in metrics.items() if k != "epoch"}}
        try:
            if not row.keys() <= set(self._columns) or not self.path.exists():
                self._rewrite(row)
            self._append(row)
        except OSError as error:  # a full disk costs rows, not the run
            if not self._lost:
                print(
                    f"metrics.csv: step {step} not written ({error.strerror}); training on", file=sys.stderr
                )
            self._lost = True

    def _append(self, row: dict[str, Any]) -> None:
        size = self.path.stat().st_size
        try:
            with open(self.path, "a", newline="", encoding="utf-8") as file:
                csv.DictWriter(file, self._columns).writerow(row)
        except OSError:
            os.truncate(self.path, size)  # no torn row for the next one to continue
            raise

    def _rewrite(self, row: dict[str, Any]) -> None:
        kept: list[dict[str, str]] = []
        if self.path.exists():
            with open(self.path, newline="", encoding="utf-8") as file:
                whole = (r for r in csv.DictReader(file) if None not in r.values() and None not in r)
                kept = [r for r in whole if r.get("step", "").isdigit() and int(r["step"]) < row["step"]]
        old = list(kept[0]) if kept else ["step"]
        columns = old + [name for name in row if name not in old]

        def write(path: Path) -> None:
            with open(path, "w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(kept)

        write_whole(self.path, write)
        self._columns = columns
