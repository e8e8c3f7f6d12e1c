"""Levels of a table, analysed, shown and written: what `hadronlab-luescher` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hadronlab.observables.level_analysis import analyse_levels
from hadronlab.plotting.luescher import luescher
from hadronlab.plotting.style import save, style
from hadronlab.run.directory.results import write_results
from hadronlab.run.report import end_table


def report_levels(path: Path, directory: Path | None = None, **settings: Any) -> Path:
    """Print the results, write result.json, result.h5 and luescher.png to `directory`, by default outputs/luescher/NAME.

    settings: of `analyse_levels`. Returns the path of result.json.
    """
    analysis = analyse_levels(path, **settings)
    directory = directory or Path("outputs") / "luescher" / path.stem
    directory.mkdir(parents=True, exist_ok=True)
    with style():
        save(luescher(analysis), directory / "luescher.png")
    end_table(analysis.results, str(path))
    return write_results(directory, analysis.results, levels=str(path))
