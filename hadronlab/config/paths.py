"""Paths in a configuration: a run finds its files again, from whatever directory it is continued."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, get_args

from hydra.utils import to_absolute_path
from omegaconf import DictConfig, ListConfig, OmegaConf

from hadronlab.config.annotations import hints_of
from hadronlab.config.check import locate, targets
from hadronlab.errors import ConfigError


def make_paths_absolute(config: DictConfig, folder: Path | None = None) -> None:
    """Write out, in place, the relative paths that are given to classes: they are meant from where the command was given.

    folder: from where they are meant instead.

    Paths are the arguments that are annotated as Path or called path. What is missing is left to `check`.
    """
    if OmegaConf.missing_keys(config):
        return
    for path, node in targets(config):
        try:
            made = locate(node._target_, path)
        except ConfigError:
            continue
        hints = hints_of(made.__init__ if inspect.isclass(made) else made)
        for key, value in node.items():
            if not (key == "path" or _is_path(hints.get(str(key)))):
                continue
            if isinstance(value, str) and value:
                node[key] = _absolute(value, folder)
            elif isinstance(value, ListConfig):
                node[key] = [
                    _absolute(each, folder) if isinstance(each, str) and each else each for each in value
                ]


def _absolute(path: str, folder: Path | None) -> str:
    file = Path(path).expanduser()
    return str(folder / file) if folder else to_absolute_path(str(file))


def _is_path(hint: Any) -> bool:
    return hint is Path or Path in get_args(hint)
