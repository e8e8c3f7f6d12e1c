"""Hydra tells here where a multirun writes, so that its table can be made when it ends, also where a job failed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

from hydra.experimental.callback import Callback
from omegaconf import DictConfig


class SweepDirectory(Callback):
    """Remembers the directory of the multirun that this process started, and keeps it from overwriting another's."""

    started: ClassVar[Path | None] = None

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        directory = Path(config.hydra.sweep.dir).absolute()
        if (directory / "multirun.yaml").exists() and config.get("resume") != "auto":
            print(f"error: {directory} holds a sweep already: continue it with resume={directory} or choose another hydra.sweep.dir",
                  file=sys.stderr)  # fmt: skip
            sys.exit(1)  # Hydra only warns of other exceptions here
        SweepDirectory.started = directory


def job_begun() -> bool:
    """Whether Hydra has come so far as to start a job, here or in a worker."""
    from hydra.core.hydra_config import HydraConfig

    directory = SweepDirectory.started
    return HydraConfig.initialized() or (directory is not None and any(directory.glob("*/.hydra")))


def summarise_sweep() -> None:
    """Make sweep.csv, the table, the figures and the page of the multirun that has just ended, if there was one."""
    directory = SweepDirectory.started
    if directory is not None and any(directory.glob("*/.hydra")):
        from hadronlab.sweep import summarise

        summarise(directory)
