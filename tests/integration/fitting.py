"""A short training in this process, as `hadronlab-train` begins it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hadronlab.api import composed
from hadronlab.config.check import check
from hadronlab.run.build import build_task, build_trainer


def configuration(directory: Path, *overrides: str) -> Any:
    config = composed(*overrides, directory=directory)
    check(config)
    return config


def fit(directory: Path, *overrides: str, resume: bool = False) -> Any:
    """The task after its training, which goes on from the last checkpoint of `directory` where it is to `resume`."""
    config = configuration(directory, *overrides)
    task, trainer = build_task(config), build_trainer(config, directory)
    last = directory / "checkpoints" / "last.ckpt" if resume else None
    trainer.fit(task, task.steps(), ckpt_path=last, weights_only=True)
    return task
