"""The command line that goes on with one run, in its own directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hadronlab.cli.quoting import quoted
from hadronlab.cli.recorded_overrides import recorded_overrides
from hadronlab.config.groups import groups
from hadronlab.config.overrides import key_of
from hadronlab.errors import ConfigError

if TYPE_CHECKING:
    from omegaconf import DictConfig

CHOSEN_ANEW = ("logger", "strategy")  # groups that do not change what comes out


def resume_run_arguments(directory: Path, options: Sequence[str], settings: Sequence[str]) -> list[str]:
    """Continue the run in `directory` with its own resolved configuration, changed by `settings`.

    Raises ConfigError where they choose a group that a run keeps, or config.yaml cannot be trusted.
    """
    from hadronlab.run.directory.trust import read_run_config, refuse_config_groups

    config = read_run_config(directory / "config.yaml")
    refuse_config_groups(directory)
    return [
        *options, "--config-path", str(directory), "--config-name", "config",
        "hydra.searchpath=[pkg://hadronlab.conf]", "hydra/job_logging=train_log",
        *map(_chosen_anew, settings), *_end_of_schedule(config, settings),
        f"hydra.run.dir={quoted(directory)}", "hydra.output_subdir=null", f"resume={quoted(directory)}",
    ]  # fmt: skip


def begun_run_arguments(directory: Path, options: Sequence[str], settings: Sequence[str]) -> list[str]:
    """Start a run again that was killed before its config.yaml stood: with the overrides that Hydra has recorded."""
    recorded = recorded_overrides(directory / ".hydra" / "hydra.yaml", options, settings)
    kept = [override for override in recorded.task if override not in settings]
    return [*options, *kept, *settings, f"hydra.run.dir={quoted(directory)}", "resume=auto"]


def _chosen_anew(setting: str) -> str:
    """logger=wandb as +logger=wandb, which Hydra composes into a configuration that has no groups of its own."""
    key = key_of(setting)
    if key in CHOSEN_ANEW and not setting.startswith("~"):
        return f"+{setting.lstrip('+')}"
    if key in groups():
        raise ConfigError(
            f"{setting}: a run goes on with its own {key}; only {' and '.join(CHOSEN_ANEW)} may be chosen anew"
        )
    return setting


def _end_of_schedule(config: DictConfig, settings: Sequence[str]) -> list[str]:
    """A learning rate that fell to zero in the run's own number of steps falls to zero in its new one."""
    from omegaconf import OmegaConf

    key, end = "optimizer.scheduler.T_max", "trainer.max_epochs"
    steps = OmegaConf.select(config, key)
    if steps is None or steps != OmegaConf.select(config, end) or key in map(key_of, settings):
        return []
    return [f"{key}=${{{end}}}"]
