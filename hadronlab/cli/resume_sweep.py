"""The command line that goes on with a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hadronlab.cli.quoting import quoted
from hadronlab.cli.recorded_overrides import recorded_overrides
from hadronlab.config.overrides import key_of
from hadronlab.sweeps.continuation import refuse_other_jobs

NAMES_OF_JOBS = ("hydra.sweep.subdir=", "hydra.job.config.override_dirname.")


def resume_sweep_arguments(directory: Path, options: Sequence[str], settings: Sequence[str]) -> list[str]:
    """Run the sweep in `directory` again with its own overrides, every job with resume=auto.

    Jobs with a result are skipped, the others continued or started. Of the overrides for Hydra itself only launcher,
    sweeper and names of the jobs are taken over; another launcher or sweeper in `settings` replaces the sweep's own with
    all its settings. Raises ConfigError where `settings` would change the jobs, or multirun.yaml cannot be trusted.
    """
    recorded = recorded_overrides(directory / "multirun.yaml", options, settings, _taken_over(settings))
    refuse_other_jobs(directory, [*recorded.swept, *recorded.task], settings)
    kept = [override for override in (*recorded.task, *recorded.hydra) if override not in settings]
    again = options if {"-m", "--multirun"} & set(options) else [*options, "--multirun"]
    return [*again, *kept, *settings, f"hydra.sweep.dir={quoted(directory)}", "resume=auto"]


def _taken_over(settings: Sequence[str]) -> tuple[str, ...]:
    """Beginnings of the overrides for Hydra itself that are taken from the sweep."""
    chosen = {key_of(setting) for setting in settings}
    own = [group for group in ("launcher", "sweeper") if f"hydra/{group}" not in chosen]
    parts = [
        f"{start}{group}{end}"
        for group in own
        for start, end in (("hydra/", "="), ("hydra/", "/"), ("hydra.", "."))
    ]
    return (*parts, *NAMES_OF_JOBS)
