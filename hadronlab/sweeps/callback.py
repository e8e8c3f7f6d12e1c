"""What a multirun does before its first job and after its last one, also where a job failed."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import sys
import threading
import traceback
import warnings
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

from hadronlab.config.messages import one_line, uncomposable
from hadronlab.errors import ConfigError
from hadronlab.run.ranks.ranks import started_by
from hadronlab.sweeps.continuation import line_up
from hadronlab.sweeps.job_results import job_folders
from hadronlab.sweeps.study import keep_study, of_study


class SweepDirectory(Callback):
    """Remembers the directory of the multirun that this process started, and keeps it from overwriting another's."""

    started: ClassVar[Path | None] = None

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        directory = Path(config.hydra.sweep.dir).absolute()
        if started_by() is not None:
            print("error: a sweep is started once, without torchrun or srun: strategy=ddp starts the ranks of every job, "
                  "and so does hydra/launcher=slurm_ddp", file=sys.stderr)  # fmt: skip
            sys.exit(1)
        launcher = str(OmegaConf.select(config, "hydra.launcher._target_") or "")
        if launcher.endswith("SlurmLauncher") and shutil.which("srun") is None:
            print("error: this launcher hands its jobs to SLURM, and there is no srun here: leave out hydra/launcher=…, or "
                  "choose hydra/launcher=joblib_devices", file=sys.stderr)  # fmt: skip
            sys.exit(1)
        if job_folders(directory) and config.get("resume") != "auto":
            print(f"error: {directory} holds a sweep already: continue it with resume={directory} or choose another hydra.sweep.dir",
                  file=sys.stderr)  # fmt: skip
            sys.exit(1)  # Hydra only warns of other exceptions here
        try:
            line_up(config, directory)
            with contextlib.suppress(OSError):  # the sweeper says what cannot be written
                directory.mkdir(parents=True, exist_ok=True)
                OmegaConf.save(
                    config, directory / "multirun.yaml"
                )  # for resume=DIR; not every sweeper writes it
            keep_study(config, directory)
        except Exception as error:  # of which Hydra would only warn
            print(f"error: the sweep in {directory} cannot be continued: {one_line(error)}", file=sys.stderr)
            sys.exit(1)
        SweepDirectory.started = directory
        quiet_joblib()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
                if signal.getsignal(number) != signal.SIG_IGN:
                    signal.signal(number, _leave)


def quiet_joblib() -> None:
    """Leave out what joblib says of its own workings."""
    # it begins a new worker where one that had skipped its jobs loads torch: it takes that for a leak
    warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given")
    own = os.environ.get("PYTHONWARNINGS")  # of its process that clears up after an interrupted sweep
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, [own, "ignore:resource_tracker"]))
    launcher = logging.getLogger("hydra_plugins.hydra_joblib_launcher._core")
    launcher.addFilter(lambda record: not str(record.msg).startswith("Joblib.Parallel"))


def _leave(number: int, frame: FrameType | None) -> None:
    """Between jobs, and while other processes train: they save and end when this one has gone."""
    print(f"interrupted by {signal.Signals(number).name}: continue the sweep with resume={SweepDirectory.started}",
          file=sys.stderr, flush=True)  # fmt: skip
    # as callbacks.interrupt has it; an exception would have the workers killed before they have saved
    os._exit(130 if number == signal.SIGINT else 75)


def tell_how_it_goes_on() -> None:
    """After a signal that ended a job, and the sweep with it."""
    if SweepDirectory.started is not None:
        print(f"continue the sweep with resume={SweepDirectory.started}", file=sys.stderr)


def explained(error: Exception) -> Exception:
    """What to say of an `error` that Hydra or its sweeper raised; itself, with its trace, where it is a bug of ours."""
    if of_study(error):
        return ConfigError(
            f"the study has no best trial ({error}): the table says why each of its jobs has no result"
        )
    directory = SweepDirectory.started
    modules = {frame.f_globals.get("__name__") for frame, _ in traceback.walk_tb(error.__traceback__)}
    begun = "hadronlab.run.launch" in modules or (directory is not None and job_folders(directory))
    return error if begun else uncomposable(error)  # by overrides that Hydra's grammar lets through


def summarise_sweep() -> None:
    """Make sweep.csv, the table, the figures and the page of the multirun that has just ended, if there was one."""
    directory = SweepDirectory.started
    if directory is not None and job_folders(directory):
        from hadronlab.sweeps.summary import summarise

        summarise(directory)
