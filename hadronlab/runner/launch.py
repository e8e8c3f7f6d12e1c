"""Run one composed configuration: check, build, train, observe, write."""

from __future__ import annotations

import logging
import math
import time
import warnings
from pathlib import Path

from omegaconf import DictConfig, OmegaConf, open_dict

from hadronlab.config.check import check
from hadronlab.errors import HadronlabError, user_errors
from hadronlab.runner.ranks import lost_ranks_told, rank, ranks_released
from hadronlab.runner.run_directory import (
    changes,
    continues,
    has_result,
    locked,
    reason_kept,
    recorded_objective,
    write_text,
)
from hadronlab.runner.same_run import refuse_another_run, warn_of_other_settings
from hadronlab.runner.workers import ending_with_parent

log = logging.getLogger(__name__)


def launch_job(config: DictConfig, failures: list[Exception]) -> float | None:
    """`launch` as Hydra's task: what a user can mend goes to `failures`, where Hydra would print it in its own way.

    In a sweep it is raised, so that this job fails and the others go on; it then holds plain text, for a worker process
    has to send it home. A fault of the training makes a poor trial: its result.json says so.
    """
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    from hadronlab.config.messages import one_line

    sweep = HydraConfig.get().mode == RunMode.MULTIRUN
    try:
        with ending_with_parent():
            if sweep:
                go_on_if_requeued(config)
            return launch(config)
    except user_errors() as error:
        if sweep:
            if hasattr(error, "kind"):  # a Fault, whose module would bring Lightning
                return math.inf
            raise HadronlabError(one_line(error)) from error
        failures.append(error)
        return None


def go_on_if_requeued(config: DictConfig) -> None:
    """A cluster starts a pre-empted job again with its first command: set resume=auto where this very run stands unfinished."""
    from hydra.core.hydra_config import HydraConfig

    directory = Path(HydraConfig.get().runtime.output_dir)
    if config.resume is None and not has_result(directory) and changes(directory, config) == {}:
        with open_dict(config):
            config.resume = "auto"


def launch(config: DictConfig) -> float | None:
    """Run `config` in Hydra's output directory and return the task's objective (for a sweeper).

    Raises ConfigError or DataError for everything a user can mend.
    """
    from hydra.core.hydra_config import HydraConfig

    from hadronlab.callbacks.interrupt import told_signals

    directory = Path(HydraConfig.get().runtime.output_dir)
    finished = config.resume == "auto" and has_result(directory)
    if rank(config) > 0:  # rank 0 holds the directory
        if finished:
            return None
        with told_signals(directory, speaks=False), ranks_released():
            return train(config, directory, resume=bool(config.resume))
    with locked(directory):
        resume = continues(directory, config.resume)
        if finished:
            warn_of_other_settings(directory, config)
            print(directory / "result.json")
            return recorded_objective(directory)
        with told_signals(directory), reason_kept(directory):
            check(config)
            if resume:
                refuse_another_run(directory, config)
            write_text(directory / "config.yaml", OmegaConf.to_yaml(config, resolve=True))
            with ranks_released():
                return train(config, directory, resume)


def train(config: DictConfig, directory: Path, resume: bool = False) -> float | None:
    """Train the task of `config` in `directory`, write the results and print the path of result.json."""
    from hadronlab.callbacks.signs import Fault
    from hadronlab.runner.build import build_task
    from hadronlab.runner.finish import finish
    from hadronlab.runner.fit import fit
    from hadronlab.runner.report import start_table
    from hadronlab.runner.trainer_settings import check_trainer
    from hadronlab.runner.wandb_logger import close_runs

    quiet_libraries()
    started = time.monotonic()
    check_trainer(config)
    task = build_task(config)
    about = {
        "system": config.system.name,
        "task": task.task,
        "model": type(task.model).__name__,
        "seed": config.seed,
    }
    if not config.quiet and rank(config) == 0:
        start_table(
            {**about, **task.describe(), "run directory": str(directory)} | {"seed": str(config.seed)}
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
