"""The overrides that a run or a sweep was started with, as a file in its directory tells; it may be somebody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hadronlab.config.overrides import key_of
from hadronlab.errors import ConfigError


@dataclass(frozen=True)
class RecordedOverrides:
    """task: of the configuration, without resume; hydra: of Hydra itself; swept: those that the configuration sweeps."""

    task: list[str]
    hydra: list[str]
    swept: list[str]


def recorded_overrides(
    file: Path, options: Sequence[str], settings: Sequence[str], of_hydra: tuple[str, ...] = ()
) -> RecordedOverrides:
    """The overrides in `file`, a multirun.yaml or hydra.yaml; of those for Hydra itself only such as begin with `of_hydra`.

    options, settings: given now; what stands among them too needs no trust. Raises ConfigError where the file is
    damaged, holds what is not taken from a file, or the run was started with a --config-dir that is not given again.
    """
    from omegaconf import OmegaConf

    from hadronlab.run.directory.trust import check_overrides

    try:
        recorded = OmegaConf.load(file).hydra
        overrides = OmegaConf.to_container(recorded.overrides)
        task, hydra = list(overrides["task"]), list(overrides["hydra"])  # type: ignore[call-overload,index]
        params = OmegaConf.select(recorded, "sweeper.params") or {}
        swept = [f"{key}={value}" for key, value in params.items()]
    except Exception as error:
        raise ConfigError(f"{file}: not the overrides of a run or sweep ({type(error).__name__})") from error
    task = [override for override in task if key_of(override) != "resume"]
    hydra = [override for override in hydra if override.startswith(of_hydra)] if of_hydra else []
    check_overrides([override for override in (*task, *hydra) if override not in settings], file)
    _refuse_without_config_directory(recorded, options)
    return RecordedOverrides(task, hydra, swept)


def _refuse_without_config_directory(recorded: Any, options: Sequence[str]) -> None:
    """A directory with configurations of the user's is not searched because a file says so."""
    from omegaconf import OmegaConf

    sources = OmegaConf.select(recorded, "runtime.config_sources") or []
    given = [source.path for source in sources if source.get("provider") == "command-line"]
    if given and not any(option == "-cd" or option.startswith("--config-d") for option in options):
        raise ConfigError(f"it was started with --config-dir {given[0]}: give it with resume=… again")
