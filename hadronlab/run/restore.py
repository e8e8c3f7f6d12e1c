"""Rebuild the task of a finished or interrupted run from its directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from hadronlab.config.check import check
from hadronlab.errors import ConfigError
from hadronlab.run.build import build_task
from hadronlab.run.directory.checkpoint_io import load_checkpoint, newest_whole
from hadronlab.run.directory.trust import read_run_config
from hadronlab.run.other_observables import with_observables
from hadronlab.run.tuning import choices_of, settle
from hadronlab.tasks.protocols import SampledEvaluation


def about_run(config: DictConfig, task: Any) -> dict[str, Any]:
    """What result.json says of every run."""
    return {
        "system": config.system.name,
        "task": task.task,
        "model": type(task.model).__name__,
        "seed": config.seed,
    }


def restore(
    directory: Path,
    samples: int | None = None,
    overrides: Sequence[str] = (),
    config_dir: Path | None = None,
) -> tuple[DictConfig, Any, dict[str, Any]]:
    """(config, task with the parameters of the newest checkpoint, what result.json says of the run).

    overrides, config_dir: of its observables, see `with_observables`. Raises ConfigError where `directory` is no run directory or has no checkpoint that loads.
    """
    if not (directory / "config.yaml").is_file():
        raise ConfigError(f"{directory} is not a run directory: it has no config.yaml")
    config = read_run_config(directory / "config.yaml")
    config = with_observables(config, directory, overrides, config_dir)
    check(config)
    checkpoint = newest_whole(directory / "checkpoints")
    if checkpoint is None:
        raise ConfigError(f"{directory} has no checkpoint that loads: train it again, or resume={directory}")
    task = build_task(config)
    content = load_checkpoint(checkpoint)
    task.load_state_dict(content["state_dict"])
    task.on_load_checkpoint(content)
    settle(config, task, choices_of(content))
    if samples is not None:
        if not isinstance(task, SampledEvaluation):
            raise ConfigError("--samples concerns variational runs: the inverse problem has no walkers")
        task.evaluation_samples = samples
    return config, task, about_run(config, task)
