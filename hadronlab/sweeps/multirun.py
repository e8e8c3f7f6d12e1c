"""What a multirun does before its first job and after its last one, also where a job failed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

from hadronlab.config.messages import one_line
from hadronlab.errors import ConfigError
from hadronlab.run.directory.run_directory import locked
from hadronlab.run.ranks.ranks import started_by
from hadronlab.sweeps.continuation import line_up
from hadronlab.sweeps.job_results import job_folders
from hadronlab.sweeps.study import keep_study
from hadronlab.sweeps.workers import quiet_joblib


class Multirun(Callback):
    """Holds the directory of the multirun that this process started, so that no other process writes in it."""

    started: ClassVar[Path | None] = None
    held: ClassVar[contextlib.ExitStack] = contextlib.ExitStack()  # as long as this process lives

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Take the directory, and line up what stands there with the jobs; ends the process where that cannot be."""
        directory = Path(config.hydra.sweep.dir).absolute()
        try:
            _refuse_where_it_cannot_start(config)
            Multirun.held.enter_context(locked(directory, "sweep"))
            if job_folders(directory) and config.get("resume") != "auto":
                raise ConfigError(
                    f"{directory} holds a sweep already: continue it with resume={directory} or choose another hydra.sweep.dir"
                )
            line_up(config, directory)
            with contextlib.suppress(OSError):  # the sweeper says what cannot be written
                OmegaConf.save(
                    config, directory / "multirun.yaml"
                )  # for resume=DIR; not every sweeper writes it
            keep_study(config, directory)
        except Exception as error:  # of which Hydra would only warn
            print(f"error: {one_line(error)}", file=sys.stderr)
            sys.exit(1)
        Multirun.started = directory
        quiet_joblib()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
                if signal.getsignal(number) != signal.SIG_IGN:
                    signal.signal(number, _leave)


def _refuse_where_it_cannot_start(config: DictConfig) -> None:
    """Raise ConfigError in one of several processes, and for a launcher of SLURM where there is none."""
    if started_by() is not None:
        raise ConfigError(
            "a sweep is started once, without torchrun or srun: strategy=ddp starts the ranks of every job, "
            "and so does hydra/launcher=slurm_ddp"
        )
    launcher = str(OmegaConf.select(config, "hydra.launcher._target_") or "")
    if launcher.endswith("SlurmLauncher") and shutil.which("srun") is None:
        raise ConfigError(
            "this launcher hands its jobs to SLURM, and there is no srun here: leave out hydra/launcher=…, or "
            "choose hydra/launcher=joblib_devices"
        )


def _leave(number: int, frame: FrameType | None) -> None:
    """Between jobs, and while other processes train: they save and end when this one has gone."""
    print(f"interrupted by {signal.Signals(number).name}: continue the sweep with resume={Multirun.started}",
          file=sys.stderr, flush=True)  # fmt: skip
    # as callbacks.interrupt has it; an exception would have the workers killed before they have saved
    os._exit(130 if number == signal.SIGINT else 75)


def tell_how_it_goes_on() -> None:
    """After a signal that ended a job, and the sweep with it."""
    if Multirun.started is not None:
        print(f"continue the sweep with resume={Multirun.started}", file=sys.stderr)


def summarise_sweep() -> None:
    """Make sweep.csv, the table, the figures and the page of the multirun that has just ended, if there was one."""
    directory = Multirun.started
    if directory is not None and job_folders(directory):
        from hadronlab.sweeps.summary import summarise

        summarise(directory)
