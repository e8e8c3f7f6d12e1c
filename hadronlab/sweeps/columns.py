"""The columns of a sweep's table: swept keys and observables, which of them lead, and the jobs in their order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hadronlab.config.check import nearest
from hadronlab.errors import ConfigError
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
