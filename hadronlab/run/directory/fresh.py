"""Directories that are named by the time: two runs or sweeps that begin in one second get one each."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, flag_override

from hadronlab.run.ranks.ranks import distributed


class FreshDirectory(Callback):
    """Gives a run or sweep whose directory bears the time, and nothing else that tells it apart, a name of its own."""

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Before a single run; the processes of one run keep the name that they share."""
        if not distributed(config):
            _take_free_name(config, "run")

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Before a sweep, whose jobs are told the name as if it had been given."""
        _take_free_name(config, "sweep")


def _take_free_name(config: DictConfig, kind: str) -> None:
    key = f"hydra.{kind}.dir"
    given = any(override.startswith(f"{key}=") for override in config.hydra.overrides.hydra)
    pattern = OmegaConf.to_container(config.hydra[kind], resolve=False)["dir"]  # type: ignore[call-overload,index]
    if given or "${now:" not in str(pattern):
        return
    directory = str(free_name(Path(config.hydra[kind].dir)))
    with flag_override(config.hydra, ["struct", "readonly"], [False, False]):
        config.hydra[kind].dir = directory
        config.hydra.overrides.hydra.append(f"{key}='{directory}'")


def free_name(directory: Path) -> Path:
    """`directory`, or the first of NAME_2, NAME_3 … that nobody has; it is made, so that nobody else gets it."""
    for number in count(1):
        place = directory if number == 1 else directory.with_name(f"{directory.name}_{number}")
        try:
            place.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError:
            pass  # which is told where the run cannot write
        return place
    raise AssertionError  # not reached
