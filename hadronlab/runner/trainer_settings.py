"""What the settings of the Trainer must be, checked before anything is built."""

from __future__ import annotations

import torch
from omegaconf import DictConfig, ListConfig

from hadronlab.errors import ConfigError
from hadronlab.runner.ranks import distributed


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
    if isinstance(trainer.max_time, int | float):
        raise ConfigError(f"trainer.max_time={trainer.max_time}: write DD:HH:MM:SS, such as 00:00:05:00")
    if trainer.accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
        raise ConfigError(
            "no GPU (CUDA) is visible here, and trainer.accelerator=gpu asks for one: choose strategy=cpu, "
            "or strategy=ddp_cpu for several processes"
        )
    if not distributed(config) and _processes(trainer) > 1:
        several = "ddp_cpu" if trainer.accelerator == "cpu" else "ddp"
        raise ConfigError(
            f"trainer.devices={trainer.devices}, but this strategy runs one process: choose strategy={several}"
        )


def limits_of(config: DictConfig) -> list[int]:
    """The bounds on the number of steps: an epoch is one step, and -1 or null is no bound."""
    return [n for n in (config.trainer.max_epochs, config.trainer.max_steps) if n is not None and n >= 0]


def _processes(trainer: DictConfig) -> int:
    """How many processes a machine runs where Lightning is left to choose their number."""
    if isinstance(trainer.devices, ListConfig):
        return len(trainer.devices)
    if trainer.devices in (-1, "-1", "auto"):
        return 1 if trainer.accelerator == "cpu" else torch.cuda.device_count()
    return int(trainer.devices) if str(trainer.devices).isdecimal() else 1
