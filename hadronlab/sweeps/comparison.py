"""Few-body results of a sweep beside the published values and the reference's: the tables of the paper, redone."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from hadronlab.estimates.estimate import Estimate
from hadronlab.sweeps.job_results import job_folders

FEW_BODY = ("vmc", "spectrum")
SHOWN = ("energy", "threshold", "binding_energy", "rms_radius", "color_fraction")


def comparison(directory: Path) -> list[tuple[str, str, str, str, str]]:
    """(system, observable [unit], ours, paper, reference) of every few-body job below `directory` with a result."""
    rows: dict[Path, list[tuple[str, str, str, str, str]]] = {}
    for job in job_folders(directory):
        try:
            result = json.loads((job / "result.json").read_text(encoding="utf-8"))
            rows[job] = _rows(job, result) if result["task"] in FEW_BODY else []
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            continue  # the table of the sweep says what is wrong with this job
    titles = Counter(found[0][0] for found in rows.values() if found)
    return [
        (row[0] if titles[row[0]] == 1 else f"{row[0]}, job {job.relative_to(directory)}", *row[1:])
        for job, found in rows.items()
        for row in found
    ]


def print_comparison(directory: Path) -> None:
    """The table on the terminal; nothing where there is none."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    rows = comparison(directory)
    if not rows:
        return
    table = Table(title="ground states", title_justify="left", pad_edge=False)
    table.add_column("observable", overflow="fold")  # a long name is folded, a number never
    for column in ("hadronlab", "paper", "reference"):
        table.add_column(column, justify="right", no_wrap=True)
    before = ""
    for system, *cells in rows:
        if system != before:
            table.add_section()
            table.add_row(f"[bold]{system}[/]")
        table.add_row(*map(escape, cells))
        before = system
    console = Console()
    (console if console.is_terminal else Console(width=120)).print(table)


def _rows(directory: Path, result: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    from hydra.utils import instantiate

    from hadronlab.run.directory.trust import read_run_config
    from hadronlab.systems.references import references

    known = references(instantiate(read_run_config(directory / "config.yaml").system, _convert_="all"))
    ours = result["observables"]
    names = [name for name in ours if name.partition(".")[0] in SHOWN]
    if "threshold" in ours and "binding_energy" not in ours:
        names.insert(2, "binding_energy")
    if result["task"] == "spectrum":  # of hundreds of hadrons only what can be compared
        names = [name for name in names if name in known["paper"] or name in known["reference"]]
    title = f"{result['system']} (seed {result['seed']})"
    rows = []
    for name in names:
        found = ours.get(name)
        unit = (found or ours["energy"])["unit"]
        cell = str(Estimate.quoted(found["value"], found.get("error"))) if found else "no bound state"
        label = f"{name} {(found or {}).get('name', '')}".strip() + (f" [{unit}]" if unit else "")
        rows.append(
            (title, label, cell, _known(known["paper"].get(name)), _known(known["reference"].get(name)))
        )
    return rows


def _known(entry: dict[str, Any] | None) -> str:
    return "" if entry is None else str(Estimate.quoted(entry["value"], entry.get("error")))
