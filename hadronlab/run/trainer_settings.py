"""What the settings of the Trainer must be, checked before anything is built."""

from __future__ import annotations

import re

import torch
from omegaconf import DictConfig, ListConfig, OmegaConf

from hadronlab.errors import ConfigError
from hadronlab.run.ranks.ranks import distributed


def check_trainer(config: DictConfig) -> None:
    """Raise ConfigError where a training would never end or never begin, or asks for hardware that is not here."""
    trainer = config.trainer
    if not limits_of(config) and not trainer.max_time:
        raise ConfigError(
            "the training would never end: set trainer.max_epochs, trainer.max_steps or trainer.max_time"
        )
    if limits_of(config) and min(limits_of(config)) < 1:
        raise ConfigError(
            f"trainer.max_epochs={trainer.max_epochs}, trainer.max_steps={trainer.max_steps}: at least one step is needed"
        )
    if isinstance(trainer.max_time, int | float) or (
        isinstance(trainer.max_time, str) and not re.fullmatch(r"\d+(:\d\d?){3}", trainer.max_time)
    ):
        raise ConfigError(f"trainer.max_time={trainer.max_time}: write DD:HH:MM:SS, such as 00:00:05:00")
    if (trainer.log_every_n_steps or 0) < 1:
        raise ConfigError(f"trainer.log_every_n_steps={trainer.log_every_n_steps}: give 1 or more")
    _check_schedule(config)
    _check_precision(config)
    if trainer.accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
        raise ConfigError(
            "no GPU (CUDA) is visible here, and trainer.accelerator=gpu asks for one: choose strategy=cpu, "
            "or strategy=ddp_cpu for several processes"
        )
    if trainer.num_nodes > 1 and isinstance(trainer.strategy, str) and "ddp" not in trainer.strategy:
        raise ConfigError(
            f"trainer.num_nodes={trainer.num_nodes}, but this strategy runs one process: choose strategy=ddp or slurm"
        )
    if not distributed(config) and processes_here(config) > 1:
        several = "ddp_cpu" if trainer.accelerator == "cpu" else "ddp"
        raise ConfigError(
            f"trainer.devices={trainer.devices}, but this strategy runs one process: choose strategy={several}"
        )


def _check_schedule(config: DictConfig) -> None:
    """A cosine falls to zero in T_max steps, and rises again behind them."""
    falling = OmegaConf.select(config, "optimizer.scheduler")
    if falling is None or "T_max" not in falling:
        return
    if (falling.T_max or 0) < 1:
        raise ConfigError(
            f"optimizer.scheduler.T_max={falling.T_max}: the learning rate falls to zero in trainer.max_epochs steps; "
            "give their number, or choose optimizer=adam"
        )
    steps = min(limits_of(config), default=0)
    if falling.T_max < steps:
        raise ConfigError(
            f"optimizer.scheduler.T_max={falling.T_max}: the learning rate would rise again in the steps from there to "
            f"{steps}; give T_max={steps}, or trainer.max_epochs={falling.T_max}"
        )


def limits_of(config: DictConfig) -> list[int]:
    """The bounds on the number of steps: an epoch is one step, and -1 or null is no bound."""
    return [n for n in (config.trainer.max_epochs, config.trainer.max_steps) if n is not None and n >= 0]


def _check_precision(config: DictConfig) -> None:
    """Lightning's other precisions are ignored by networks in double precision, or spoil what their walkers do.

    A network of a potential in single precision is both: of that type, and not made double by the Trainer.
    """
    precision, dtype = config.trainer.get("precision"), config.model.get("dtype", "float64")
    single = str(precision) in ("32", "32-true")
    if (str(precision) not in ("64", "64-true", "None") and not single) or single != (dtype == "float32"):
        raise ConfigError(
            f"trainer.precision={precision} with a model of {dtype}: energies and losses need double precision (64-true); "
            "a potential's network may be single, model.dtype=float32 trainer.precision=32-true"
        )


def processes_here(config: DictConfig) -> int:
    """How many processes the run has on this machine, also where Lightning is left to choose their number."""
    trainer = config.trainer
    if isinstance(trainer.devices, ListConfig):
        return len(trainer.devices)
    if trainer.devices in (-1, "-1", "auto"):
        return 1 if trainer.accelerator == "cpu" else torch.cuda.device_count()
    return int(trainer.devices) if str(trainer.devices).isdecimal() else 1
