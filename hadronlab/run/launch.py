"""Run one composed configuration: check, build, train, observe, write."""

from __future__ import annotations

import logging
import time
import warnings
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from hadronlab.config.check import check
from hadronlab.config.paths import make_paths_absolute
from hadronlab.run.directory.files import write_text
from hadronlab.run.directory.run_directory import (
    continues,
    has_result,
    locked,
    reason_kept,
    recorded_objective,
)
from hadronlab.run.ranks.ranks import lost_ranks_told, rank, ranks_released
from hadronlab.run.same_run import refuse_another_run, refuse_fewer_steps, warn_of_other_settings

log = logging.getLogger(__name__)


def launch(config: DictConfig) -> float | None:
    """Run `config` in Hydra's output directory and return the task's objective (for a sweeper).

    Raises ConfigError or DataError for everything a user can mend.
    """
    from hydra.core.hydra_config import HydraConfig

    from hadronlab.callbacks.interrupt import signals_reported

    make_paths_absolute(config)
    directory = Path(HydraConfig.get().runtime.output_dir)
    finished = config.resume == "auto" and has_result(directory)
    if rank(config) > 0:  # rank 0 holds the directory
        if finished:
            return None
        with signals_reported(directory, speaks=False), ranks_released():
            return train(config, directory, resume=bool(config.resume))
    with locked(directory):
        resume = continues(directory, config.resume)
        if finished:
            warn_of_other_settings(directory, config)
            print(directory / "result.json")
            return recorded_objective(directory)
        with signals_reported(directory), reason_kept(directory):
            check(config)
            if resume:
                refuse_another_run(directory, config)
                refuse_fewer_steps(directory, config)
            write_text(directory / "config.yaml", OmegaConf.to_yaml(config, resolve=True))
            with ranks_released():
                return train(config, directory, resume)


def train(config: DictConfig, directory: Path, resume: bool = False) -> float | None:
    """Train the task of `config` in `directory`, write the results and print the path of result.json."""
    from pytorch_lightning.utilities import rank_zero_only

    from hadronlab.callbacks.signs import Fault
    from hadronlab.run.build import build_task
    from hadronlab.run.finish import finish
    from hadronlab.run.fit import fit
    from hadronlab.run.report import start_table
    from hadronlab.run.trainer_settings import check_trainer
    from hadronlab.run.tuning import kept_choices, settle
    from hadronlab.run.wandb_logger import close_runs

    quiet_libraries()
    rank_zero_only.rank = rank(config)  # type: ignore[attr-defined]  # Lightning has guessed it from whatever variables there are
    started = time.monotonic()
    check_trainer(config)
    task = build_task(config)
    first = rank(config) == 0
    settle(config, task, kept_choices(directory) if resume else {}, speaks=first)
    if first:  # the ranks that it starts, and evaluations, read what was chosen
        write_text(directory / "config.yaml", OmegaConf.to_yaml(config, resolve=True))
    about = {
        "system": config.system.name,
        "task": task.task,
        "model": type(task.model).__name__,
        "seed": config.seed,
    }
    if not config.quiet and first:
        start_table(
            {**about, **task.describe(), "threads": str(config.threads), "run directory": str(directory)}
            | {"seed": str(config.seed)}
        )
    try:
        with lost_ranks_told(config, directory):
            outcome = fit(config, directory, task, resume)
        if not outcome.trainer.is_global_zero:
            return None
        about["status"] = outcome.status
        seconds = time.monotonic() - started
        objective = finish(
            config, outcome.task, directory, about, seconds, outcome.notes, outcome.trainer.loggers
        )
    finally:
        close_runs()
    if outcome.status != "ok":
        raise Fault(
            outcome.status,
            f"the training ended early, the result is that of its last checkpoint: {outcome.notes[-1]}",
        )
    return objective


def quiet_libraries() -> None:
    """Lightning's advice about workers and batches does not concern a full-batch problem."""
    logging.raiseExceptions = (
        False  # a full disk costs lines of train.log, without a trace of each on the terminal
    )
    for library in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(library).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="pytorch_lightning")
    warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*")
