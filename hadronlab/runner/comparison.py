"""Few-body results of a sweep beside the published values and the reference's: the tables of the paper, redone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hadronlab.estimators.observables import Quantity

SHOWN = ("energy", "binding_energy", "rms_radius", "color_fraction")


def comparison(directory: Path) -> list[tuple[str, str, str, str, str]]:
    """(system, observable, ours, paper, reference) of every variational job below `directory` that has a result."""
    rows = []
    for path in sorted(directory.glob("*/result.json"), key=lambda p: (len(p.parent.name), p.parent.name)):
        try:
            result = json.loads(path.read_text(encoding="utf-8"))
            rows += _rows(path.parent, result) if result["task"] == "vmc" else []
        except (ValueError, KeyError, TypeError):
            continue  # the table of the sweep says what is wrong with this job
    return rows


def print_comparison(directory: Path) -> None:
    """The table on the terminal; nothing where no job is variational."""
    from rich.console import Console
    from rich.table import Table

    rows = comparison(directory)
    if not rows:
        return
    table = Table(title="variational ground states", title_justify="left", pad_edge=False)
    for column in ("system", "observable", "hadronlab", "paper", "reference"):
        table.add_column(
            column, justify="left" if column in ("system", "observable") else "right", overflow="fold"
        )
    before = ""
    for system, *cells in rows:
        if system != before and before:
            table.add_section()
        table.add_row(system if system != before else "", *cells)
        before = system
    console = Console()
    (console if console.is_terminal else Console(width=120)).print(table)


def _rows(directory: Path, result: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    from hydra.utils import instantiate

    from hadronlab.runner.trust import read_run_config
    from hadronlab.systems.references import references

    known = references(instantiate(read_run_config(directory / "config.yaml").system, _convert_="all"))
    ours = result["observables"]
    names = [name for name in ours if name.partition(".")[0] in SHOWN]
    if "threshold" in ours and "binding_energy" not in ours:
        names.insert(1, "binding_energy")
    title = f"{result['system']} (seed {result['seed']})"
    rows = []
    for name in names:
        found = ours.get(name)
        cell = str(Quantity(found["value"], found.get("error"), found["unit"])) if found else "no bound state"
        rows.append(
            (title, name, cell, _known(known["paper"].get(name)), _known(known["reference"].get(name)))
        )
    return rows


def _known(entry: dict[str, Any] | None) -> str:
    return (
        ""
        if entry is None
        else str(Quantity(entry["value"], entry.get("error"), "" if entry["unit"] == "1" else entry["unit"]))
    )
