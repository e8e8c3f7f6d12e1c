"""Train, and where a fault shows, go back to the last good checkpoint, repair, and go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from pytorch_lightning import Trainer

from hadronlab.callbacks.repairs import describe
from hadronlab.callbacks.signs import Fault
from hadronlab.errors import ConfigError, DataError, HadronlabError
from hadronlab.run.build import build_task, build_trainer
from hadronlab.run.directory.checkpoint_io import load_checkpoint, newest_whole
from hadronlab.run.wandb_logger import close_runs
from hadronlab.tasks.protocols import DrawsLevels, HasThreshold, Repairs


@dataclass
class Outcome:
    """A trained task. status: "ok", or the kind of the fault that ended the run; notes: what the guards saw."""

    task: Any
    trainer: Trainer
    status: str = "ok"
    notes: list[str] = field(default_factory=list)


def fit(config: DictConfig, directory: Path, task: Any, resume: bool) -> Outcome:
    """Train `task`, from the newest whole checkpoint of `directory` if `resume`.

    A fault rolls back to the newest whole checkpoint and is repaired there (see callbacks/repairs.py); a potential
    that has collapsed to zero begins anew from other weights. After `max_repairs` the run ends with the parameters of
    its last good checkpoint and the kind of the fault as its status.
    """
    checkpoint = newest_whole(directory / "checkpoints") if resume else None
    trainer = build_trainer(config, directory)
    _open_loggers(trainer, config, task)
    guards = _guards(trainer)
    while True:
        try:
            trainer.fit(task, train_dataloaders=task.steps(), ckpt_path=checkpoint, weights_only=True)
            return Outcome(task, trainer, notes=guards.notes if guards else [])
        except (ConfigError, DataError):
            raise
        except HadronlabError as error:  # the guards, the solver or the sampler
            if guards is None:
                raise
            fault = (
                error
                if isinstance(error, Fault)
                else Fault("not_finite", f"step {trainer.global_step}: {error}")
            )
        repairs, restarts, notes = guards.repairs, guards.restarts, guards.notes
        checkpoint = newest_whole(directory / "checkpoints")
        made = len(repairs) + restarts
        ended = made >= guards.max_repairs or checkpoint is None
        if ended:
            guards.note(f"{fault}; ended after {made} repairs")
        elif fault.kind == "collapsed":
            restarts += 1
            checkpoint = None
            guards.note(f"{fault}; begun anew from other weights")
        else:
            repairs = [*repairs, fault.kind]
            guards.note(f"{fault}; {describe(fault.kind)}")
        close_runs()
        task = build_task(config, restart=restarts)
        trainer = build_trainer(config, directory)
        _open_loggers(trainer, config, task)
        if ended:
            if checkpoint is not None:
                task.load_state_dict(load_checkpoint(checkpoint)["state_dict"])
            return Outcome(task, trainer, fault.kind, notes)
        guards = _guards(trainer)
        assert guards is not None
        guards.resume_with(repairs, restarts, notes)


def _open_loggers(trainer: Trainer, config: DictConfig, task: Any) -> None:
    threshold = task.threshold if isinstance(task, HasThreshold) else None
    for logger in trainer.loggers:
        if isinstance(logger, DrawsLevels) and threshold is not None:
            logger.levels = {"threshold": threshold.energy}
        if trainer.is_global_zero:
            logger.log_hyperparams(config)  # type: ignore[arg-type]


def _guards(trainer: Trainer) -> Repairs | None:
    return next((c for c in trainer.callbacks if isinstance(c, Repairs)), None)  # type: ignore[attr-defined]
