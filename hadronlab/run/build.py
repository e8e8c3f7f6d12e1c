"""Build what a configuration names: the task with all its parts, and the Trainer."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from pytorch_lightning import LightningModule, Trainer, seed_everything
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from hadronlab.callbacks.stochastic_reconfiguration import EnergyGradient
from hadronlab.config.check import SEEDS, locate, task_of
from hadronlab.errors import ConfigError, HadronlabError
from hadronlab.run.directory.checkpoint_io import WholeCheckpointIO
from hadronlab.run.ranks.processes import KnowsProcesses
from hadronlab.run.trainer_settings import check_trainer, limits_of
from hadronlab.tasks.base import NoProfiler


def build_task(config: DictConfig, restart: int = 0) -> Any:
    """The LightningModule of the configuration, its random numbers fixed by `config.seed` (and `restart`, if anew)."""
    seed_everything((config.seed + 1000 * restart) % SEEDS, verbose=False)
    name = locate(config.task._target_, "task").task
    return {"inverse": _build_inverse, "vmc": _build_vmc}[name](config)


def _build_inverse(config: DictConfig) -> LightningModule:
    pair = instantiate(config.system, _convert_="all")
    data = instantiate(config.data, _convert_="all").load(pair)
    if pair.mass1 is None or pair.mass2 is None:
        pair = replace(pair, mass1=2 * data.reduced_mass, mass2=2 * data.reduced_mass)
    losses = {
        name: instantiate(term, _partial_=True)(data=data)
        for name, term in config.loss.items()
        if term is not None
    }
    if not losses:
        raise ConfigError("loss has no term: choose loss=schrodinger or loss=r_correlator")
    model = instantiate(config.model, _convert_="all")
    if config.task.get("refit_steps"):
        _check_refits(sum(p.numel() for p in model.parameters()), data.n_bins)
    return instantiate(config.task, _partial_=True)(
        model=model,
        losses=losses,
        data=data,
        pair=pair,
        optimizer=_optimizer(config),
        scheduler=instantiate(config.optimizer.scheduler) if config.optimizer.get("scheduler") else None,
        log_every=config.trainer.log_every_n_steps,
    )


def _check_refits(parameters: int, bins: int) -> None:
    """Raise ConfigError where the refits of the resampling bins, a square matrix each, are too large for this machine."""
    needed, memory = 8 * bins * parameters**2, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > memory:
        raise ConfigError(
            f"refitting {parameters} parameters to {bins} bins takes {needed / 1e9:.0f} GB, and this machine has "
            f"{memory / 1e9:.0f}: choose a smaller model, such as model=hybrid, or task.refit_steps=0 for no errors"
        )


def _build_vmc(config: DictConfig) -> LightningModule:
    torch.set_flush_denormal(True)  # far walkers make numbers that cost a hundred times a normal one
    return instantiate(config.task, _partial_=True)(
        model=instantiate(config.model, _partial_=True, _convert_="all")(
            instantiate(config.system, _convert_="all")
        ),
        sampler=instantiate(config.sampler, _partial_=True, _convert_="all"),
        optimizer=_optimizer(config),
        schedule=instantiate(config.schedule, _convert_="all"),
        seed=config.seed,
        log_every=config.trainer.log_every_n_steps,
    )


def _optimizer(config: DictConfig) -> Any:
    """The optimizer, but for the parameters. Raises ConfigError for settings that it refuses, such as lr=-1."""
    make = instantiate(config.optimizer.optimizer)
    try:
        make([torch.zeros(1, requires_grad=True)])
    except (TypeError, ValueError) as error:
        raise ConfigError(f"optimizer.optimizer: {error}") from error
    return make


def build_trainer(config: DictConfig, directory: Path) -> Trainer:
    """The Trainer with its callbacks and loggers. An epoch is one step, so max_epochs bounds the steps."""
    check_trainer(config)
    limits = limits_of(config)
    callbacks = [instantiate(node) for node in config.callbacks.values() if node is not None]
    callbacks.append(KnowsProcesses())
    if config.optimizer.get("natural_gradient"):
        callbacks.insert(0, instantiate(config.optimizer.natural_gradient))
    elif task_of(locate(config.task._target_, "task")) == "vmc":
        callbacks.insert(0, EnergyGradient())
    if config.quiet or not config.trainer.enable_progress_bar:
        callbacks = [c for c in callbacks if type(c).__name__ != "Progress"]
    settings = {
        k: v
        for k, v in config.trainer.items()
        if k not in ("_target_", "max_epochs", "max_steps", "enable_progress_bar")
    }
    if settings["accelerator"] == "auto":  # not Apple's GPU, which has no double precision
        settings["accelerator"] = "cuda" if torch.cuda.is_available() else "cpu"
    if not isinstance(settings["strategy"], str):
        settings["strategy"] = instantiate(settings["strategy"], directory=directory)
    if isinstance(settings["devices"], DictConfig):  # whichever is free when the training begins
        settings["devices"] = instantiate(settings["devices"])
    make = instantiate({"_target_": config.trainer._target_}, _partial_=True, _convert_="all")
    try:
        return make(
            enable_progress_bar=False,  # ours counts optimiser steps
            max_epochs=-1,
            max_steps=min(limits) if limits else -1,
            logger=[
                instantiate(node, save_dir=str(directory))
                for node in config.logger.values()
                if node is not None
            ],
            callbacks=[c for c in callbacks if isinstance(c, Callback)],
            default_root_dir=directory,
            profiler=settings.pop("profiler", None) or NoProfiler(),
            plugins=[WholeCheckpointIO()],
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
