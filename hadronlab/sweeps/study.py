"""An Optuna study that stands in a file of its sweep, and how a sweep that ended too early goes on with it."""

from __future__ import annotations

import traceback
import warnings
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf, flag_override

from hadronlab.sweeps.job_results import collect, job_folders

STUDY = "hadronlab"


def keep_study(config: DictConfig, directory: Path) -> None:
    """Where Optuna drives the multirun `config`: keep its study in `directory`, and go on with what stands there.

    A trial that fails does not end the study, and n_trials counts the trials before a resumption too. What the user set
    otherwise stays.
    """
    if not str(OmegaConf.select(config, "hydra.sweeper._target_")).endswith("OptunaSweeper"):
        return
    sweeper, given = config.hydra.sweeper, {o.partition("=")[0] for o in config.hydra.overrides.hydra}
    with flag_override(config.hydra, ["struct", "readonly"], [False, False]):
        if sweeper.storage is None:
            sweeper.storage, sweeper.study_name = f"sqlite:///{directory / 'study.db'}", STUDY
        if "hydra.sweeper.max_failure_rate" not in given:
            sweeper.max_failure_rate = 1.0
        if job_folders(directory):
            number = _continue_trials(directory, sweeper)
            sweeper.n_trials -= sum(job.status != "unfinished" for job in collect(directory))
            if OmegaConf.select(sweeper, "sampler.seed") is not None:
                sweeper.sampler.seed += number  # or the study would draw its first trials again
            # jobs count from 0 again, and a job's number is no longer its directory
            config.hydra.overrides.hydra.append(f"hydra.sweep.subdir='{number}.${{hydra.job.num}}'")


def of_study(error: Exception) -> bool:
    """Whether Optuna itself raised `error`, as it does where no trial of a study has succeeded."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(frames) and str(frames[-1].f_globals.get("__name__")).startswith("optuna.")


def _continue_trials(directory: Path, sweeper: Any) -> int:
    """Queue the trials that were cut off and move each directory to where its trial comes next; number of the resumption."""
    import optuna

    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # of enqueue_trial
    number = 1 + max(int(f.name.partition(".")[0]) if "." in f.name else 0 for f in job_folders(directory))
    study = optuna.load_study(study_name=sweeper.study_name, storage=sweeper.storage)
    unfinished = {job.name: job.overrides for job in collect(directory) if job.status == "unfinished"}
    for place, trial in enumerate(study.get_trials(states=(optuna.trial.TrialState.RUNNING,))):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        study.enqueue_trial(trial.params)
        wanted = {key: str(value) for key, value in trial.params.items()}
        for name, overrides in unfinished.items():
            if wanted.items() <= {key: str(value) for key, value in overrides.items()}.items():
                (directory / name).rename(directory / f"{number}.{place}")
                del unfinished[name]
                break
    return number
