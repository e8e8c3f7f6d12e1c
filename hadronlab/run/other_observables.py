"""The observables of a finished run chosen anew, which needs no training."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from pathlib import Path

from hydra import compose, initialize_config_dir, initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf, open_dict

from hadronlab.config.task_parts import task_class
from hadronlab.errors import ConfigError
from hadronlab.run.directory.trust import refuse_config_groups


def with_observables(
    config: DictConfig, directory: Path, overrides: Sequence[str], config_dir: Path | None = None
) -> DictConfig:
    """`config` of the run in `directory` with what `overrides` make of its observables.

    observables=[default,…] chooses anew, observables.NAME.key=value and ~observables.NAME change what is chosen.
    config_dir: a directory with choices of the user's own. Raises ConfigError for an override of anything else, and
    Hydra's errors for one that it cannot compose.
    """
    for override in overrides:
        if not re.match(
            r"(observables(=|\.\S+=)|\+\+?observables\.|~observables\.|\+\w+@observables\.)", override
        ):
            raise ConfigError(
                f"{override}: an evaluation takes observables=[default,…], observables.NAME.key=value and ~observables.NAME"
            )
    if not overrides:
        return config
    config = copy.deepcopy(config)
    places = [f"file://{config_dir.absolute()}"] if config_dir else []
    if any("@" in override for override in overrides):  # choices of a group, of the shipped ones
        refuse_config_groups(directory)
        places.append("pkg://hadronlab.conf")
    search = [f"hydra.searchpath=[{','.join(map(repr, places))}]"] if places else []
    GlobalHydra.instance().clear()
    if any(override.startswith("observables=") for override in overrides):
        with initialize_config_module("hadronlab.conf", version_base="1.3"):
            choice = [f"task={task_class(config).task}", *search]
            composed = compose(
                "observed", [*choice, *(f"++scales.{k}={v}" for k, v in config.scales.items()), *overrides]
            )
    else:
        with initialize_config_dir(str(directory.absolute()), version_base="1.3"):
            composed = compose("config", [*search, *overrides])
    with open_dict(config):
        config.observables = OmegaConf.to_container(composed.observables, resolve=True)
    return config
