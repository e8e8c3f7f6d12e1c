"""After the training: observables, result files, figures, the last table."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from hadronlab.observables.results import Results
from hadronlab.run.directory.checkpoint_io import add_to_newest
from hadronlab.run.directory.results import write_results
from hadronlab.run.report import end_table
from hadronlab.run.threads import spare_cores
from hadronlab.tasks.protocols import Refits, TakesResults

log = logging.getLogger(__name__)


def finish(
    config: DictConfig,
    task: Any,
    directory: Path,
    about: dict[str, Any],
    wall_seconds: float,
    notes: Sequence[str] = (),
    loggers: Sequence[Any] = (),
) -> float | None:
    """Write result.json, result.h5 and, unless the run goes without, figures/; print the table and, last, the path of result.json.

    about: the first keys of result.json, `status` among them. wall_seconds: of all that came before. notes: warnings
    of the training. loggers: those that want the results too.
    Returns the task's objective, the number that a sweeper minimises.
    """
    started = time.monotonic()
    task.spare_cores = spare_cores(config)
    refits = task.refits if isinstance(task, Refits) else None
    results: Results = task.observe()
    if refits == {} and task.refits:  # an evaluation need not find them again
        _keep(directory, task.refits)
    wall_seconds += time.monotonic() - started
    results.warnings[:0] = notes
    objective = task.objective(results)
    path = write_results(
        directory, results, **about, wall_seconds=round(wall_seconds, 2), objective=objective
    )
    figures = _drawn(results, task, directory) if config.get("figures", True) else {}
    for logger in loggers:
        if isinstance(logger, TakesResults):
            logger.log_results(results, figures)
    if not config.quiet:
        end_table(results, f"{about['system']} · {about['model']} · {wall_seconds:.0f} s")
    for warning in results.warnings:
        log.warning(warning)
    print(path)
    return objective


def _drawn(results: Results, task: Any, directory: Path) -> dict[str, Path]:
    from hadronlab.plotting.figures import draw

    try:
        return draw(results, task.observables, directory)
    except OSError as error:  # the numbers are safe
        log.warning("no figures: %s", error)
        print(f"warning: not all figures are drawn ({error.strerror})", file=sys.stderr)
        return {}


def _keep(directory: Path, refits: Mapping[str, Any]) -> None:
    try:
        add_to_newest(directory / "checkpoints", refits)
    except OSError as error:  # they can be found again
        log.warning("the refits of the bins are not kept: %s", error)
