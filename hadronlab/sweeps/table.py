"""The jobs of a sweep side by side: sweep.csv, and a table on the terminal."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hadronlab.run.directory.files import write_whole
from hadronlab.sweeps.columns import columns, labelled, leading, setting, swept
from hadronlab.sweeps.job_results import Job


def write_csv(jobs: Sequence[Job], path: Path) -> Path:
    """sweep.csv: job, status, overrides, observables with their errors and units in the heading, reason."""
    keys, names = list(dict.fromkeys(k for job in jobs for k in job.overrides)), columns(jobs)
    heads = ["job", "status", *keys, "objective"]
    for name in names:
        heads += [labelled(jobs, name), f"{name}.error"]
    rows: list[list[Any]] = []
    for job in jobs:
        row = [job.name, job.status, *(job.overrides.get(key) for key in keys), job.objective]
        for name in names:
            quantity = job.observables.get(name)
            row += [None, None] if quantity is None else [quantity.value, quantity.error]
        rows.append([*row, job.wall_seconds, job.reason])

    def write(temporary: Path) -> None:
        with open(temporary, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([[*heads, "wall_seconds", "reason"], *rows])

    write_whole(path, write)
    return path


def print_table(jobs: Sequence[Job], sort: str | None = None, most: int = 4) -> None:
    """A rich table of the swept keys and the leading observables (that of `sort` first), then what is missing."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    done = [job for job in jobs if job.observables]
    keys, shown = swept(jobs), leading(jobs, sort, most)
    table = Table(
        title=f"{len(done)} of {len(jobs)} jobs have a result", title_justify="left", pad_edge=False
    )
    for column in ("job", *map(escape, keys)):
        table.add_column(column, overflow="fold")
    for column in (*map(escape, shown), "objective", "status"):
        table.add_column(column, justify="right", overflow="fold")
    for job in done:
        cells = [str(job.observables[n]) if n in job.observables else "" for n in shown]
        objective = "" if job.objective is None else f"{job.objective:.5g}"
        settings = (setting(job.overrides.get(k)) for k in keys)
        table.add_row(*map(escape, (job.name, *settings, *cells, objective, job.status)))
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)  # a log file is as wide as it needs to be
    if done:
        console.print(table)
    for job in jobs:
        if job.reason:
            swept_here = " ".join(f"{k}={job.overrides.get(k)}" for k in keys)
            console.print(
                f"job {job.name} ({swept_here}) {job.status}: {job.reason}",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )
