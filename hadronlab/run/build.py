"""Build what a configuration names: the task with all its parts, and the Trainer."""

from __future__ import annotations

from pathlib import Path

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning import Trainer, seed_everything
from pytorch_lightning.callbacks import Callback, ProgressBar
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from hadronlab.config.task_parts import task_class
from hadronlab.errors import ConfigError, HadronlabError
from hadronlab.estimates.streams import stream_seed
from hadronlab.run.directory.checkpoint_io import WholeCheckpointIO
from hadronlab.run.falling_rate import FallingRate
from hadronlab.run.ranks.environment import check_processes, environment_of
from hadronlab.run.ranks.processes import KnowsProcesses
from hadronlab.run.threads import one_thread
from hadronlab.run.trainer_settings import check_trainer, limits_of
from hadronlab.run.tuning import chosen
from hadronlab.tasks.base import Task


def build_task(config: DictConfig, restart: int = 0) -> Task:
    """The task of the configuration, its random numbers fixed by `config.seed` (and `restart`, if anew)."""
    seed_everything(stream_seed(config.seed, "network", restart, bits=32), verbose=False)
    with one_thread():
        return task_class(config).build(config)


def build_trainer(config: DictConfig, directory: Path) -> Trainer:
    """The Trainer with its callbacks and loggers. An epoch is one step, so max_epochs bounds the steps."""
    check_trainer(config)
    limits = limits_of(config)
    callbacks = [instantiate(node) for node in config.callbacks.values() if node is not None]
    callbacks.append(KnowsProcesses())
    if (steps := OmegaConf.select(config, "optimizer.scheduler.T_max")) is not None:
        callbacks.append(FallingRate(steps))
    if config.optimizer.get("natural_gradient"):
        callbacks.insert(0, instantiate(config.optimizer.natural_gradient))
    if config.quiet or not config.trainer.enable_progress_bar:
        callbacks = [c for c in callbacks if not isinstance(c, ProgressBar)]
    settings = {
        k: v
        for k, v in config.trainer.items()
        if k not in ("_target_", "max_epochs", "max_steps", "enable_progress_bar")
    }
    if settings["accelerator"] == "auto":  # not Apple's GPU, which has no double precision
        settings["accelerator"] = "cuda" if torch.cuda.is_available() else "cpu"
    if settings["strategy"] == "ddp":  # Lightning's own repeats the command line
        settings["strategy"] = {"_target_": "hadronlab.run.ranks.ddp.JobDDPStrategy"}
    if not isinstance(settings["strategy"], str):
        settings["strategy"] = instantiate(settings["strategy"], directory=directory)
    if isinstance(settings["devices"], DictConfig):  # whichever is free when the training begins
        settings["devices"] = instantiate(settings["devices"])
    environment = environment_of(config)
    make = instantiate({"_target_": config.trainer._target_}, _partial_=True, _convert_="all")
    try:
        trainer = make(
            enable_progress_bar=any(
                isinstance(c, ProgressBar) for c in callbacks
            ),  # else Lightning adds its own
            max_epochs=-1,
            max_steps=min(limits) if limits else -1,
            logger=[
                instantiate(node, save_dir=str(directory))
                for node in config.logger.values()
                if node is not None
            ],
            callbacks=[c for c in callbacks if isinstance(c, Callback)],
            default_root_dir=directory,
            plugins=[WholeCheckpointIO(directory / "config.yaml", chosen(config)), environment],
            use_distributed_sampler=False,
            **settings,
        )
    except HadronlabError:
        raise
    except (
        MisconfigurationException,
        TypeError,
        ValueError,
    ) as error:  # what Lightning says of its own settings
        raise ConfigError(f"trainer: {str(error).splitlines()[0]}") from error
    check_processes(trainer, environment)
    return trainer
