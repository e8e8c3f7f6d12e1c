"""The jobs of a sweep side by side: what they were swept over, their observables, sweep.csv and a table."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hadronlab.config.check import nearest
from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate
from hadronlab.run.directory.files import write_whole
from hadronlab.sweeps.job_results import Job

ASIDE = ("seed",)  # swept keys that are averaged over, not shown against
HEADLINES = (
    "energy",
    "binding_energy",
    "phase_shift_error_max",
    "potential_error",
    "scattering_length",
    "loss_final",
)


def swept(jobs: Sequence[Job]) -> list[str]:
    """Keys that differ between jobs, in the order in which they were given."""
    keys = dict.fromkeys(key for job in jobs for key in job.overrides)
    return [key for key in keys if len({str(job.overrides.get(key)) for job in jobs}) > 1]


def setting(value: Any) -> str:
    """The value of a swept key as it is shown; six digits of what a search has drawn."""
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def columns(jobs: Sequence[Job]) -> list[str]:
    """Observables that any job has."""
    return list(dict.fromkeys(name for job in jobs for name in job.observables))


def unit_of(jobs: Sequence[Job], name: str) -> str:
    """Unit of an observable, that of the first job that has it."""
    return next((job.observables[name].unit for job in jobs if name in job.observables), "")


def labelled(jobs: Sequence[Job], name: str) -> str:
    """An observable with its unit, "energy [MeV]"."""
    unit = unit_of(jobs, name)
    return f"{name} [{unit}]" if unit else name


def leading(jobs: Sequence[Job], first: str | None, most: int) -> list[str]:
    """At most `most` observables to show: `first`, then what a sweep is made for, then the others."""
    known = columns(jobs)
    return [name for name in dict.fromkeys([first, *HEADLINES, *known]) if name in known][:most]  # type: ignore[misc]


def sorted_jobs(jobs: Sequence[Job], sort: str | None) -> list[Job]:
    """Ascending by the column `sort` (default: the objective); jobs that lack it come last, in their own order."""
    known = [*swept(jobs), *columns(jobs), "objective"]
    if sort is not None and sort not in known:
        raise ConfigError(f"--sort {sort}: no job has this column: {nearest(sort, known)}")

    def key(job: Job) -> tuple[bool, bool, Any]:
        value = job.value(sort or "objective")
        numeric = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return value is None or value != value, not numeric, value if numeric else str(value)

    return sorted(jobs, key=key)


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
    from rich.table import Table

    done = [job for job in jobs if job.observables]
    keys, shown = swept(jobs), leading(jobs, sort, most)
    table = Table(
        title=f"{len(done)} of {len(jobs)} jobs have a result", title_justify="left", pad_edge=False
    )
    for column in ("job", *keys):
        table.add_column(column, overflow="fold")
    for column in (*shown, "objective", "status"):
        table.add_column(column, justify="right", overflow="fold")
    for job in done:
        cells = [str(job.observables[n]) if n in job.observables else "" for n in shown]
        table.add_row(
            job.name,
            *(setting(job.overrides.get(k)) for k in keys),
            *cells,
            "" if job.objective is None else f"{job.objective:.5g}",
            job.status,
        )
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


def mean_and_error(values: Iterable[Estimate]) -> Estimate:
    """Average over seeds; its error is what their spread or their own errors say, whichever is more."""
    finite = [q for q in values if math.isfinite(q.value)]
    if not finite:
        return Estimate.quoted(math.nan)
    if len(finite) == 1:
        return finite[0]
    n = len(finite)
    mean = math.fsum(q.value for q in finite) / n
    spread = math.sqrt(math.fsum((q.value - mean) ** 2 for q in finite) / (n - 1) / n)
    return Estimate.quoted(
        mean, max(spread, math.hypot(*(q.error or 0.0 for q in finite)) / n), finite[0].unit
    )
