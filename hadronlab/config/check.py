"""Check a composed configuration against the signatures of the classes it names, before anything is built."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from omegaconf import DictConfig, OmegaConf

from hadronlab.config.annotations import describe, fits, settings_of
from hadronlab.config.groups import groups, holds_parts
from hadronlab.config.own_classes import leave_out_shipped
from hadronlab.config.parts import not_chosen
from hadronlab.config.shipped import WITHIN
from hadronlab.config.task_parts import check_parts, check_task, locate, targets
from hadronlab.errors import ConfigError


@dataclass
class RunSettings:
    """The plain settings at the top of train.yaml."""

    seed: int
    quiet: bool
    figures: bool
    threads: int | Literal["auto"]
    resume: str | None


@dataclass
class Scales:
    """Units that the networks of a system count in (see train.yaml)."""

    length: float
    kernel: float
    cutoff: float
    momentum: float
    learning_rate: float


SEEDS = 2**32  # how many seeds NumPy knows


def check(config: DictConfig) -> None:
    """Raise ConfigError for a missing value, a wrong key or type, or a model that does not fit the task.

    What a shipped choice says to a class of one's own that does not have it is left out first.
    """
    for key in sorted(OmegaConf.missing_keys(config)):
        raise ConfigError(f"{key} is missing: give it a value on the command line, {key}=…")
    check_parts(config)
    leave_out_shipped(config)
    for group in sorted(set(WITHIN.values()) & set(map(str, config))):
        raise ConfigError(f"{group} has no place of its own: leave out +{group}=…, see {group} in --help")
    for group in filter(holds_parts, groups()):
        _check_keys(config, group)
    _check_values("", config, typing.get_type_hints(RunSettings))
    if not 0 <= config.seed < SEEDS:
        raise ConfigError(f"seed={config.seed}: a seed lies between 0 and {SEEDS - 1}")
    if config.get("threads", "auto") != "auto" and config.threads < 1:
        raise ConfigError(f"threads={config.threads}: give 1 or more, or auto")
    if not isinstance(config.scales, DictConfig):
        raise ConfigError(
            "scales is null, but no run is without it: give scales.length and the others of train.yaml"
        )
    _check_values("scales", config.scales, typing.get_type_hints(Scales))
    check_task(config)
    check_settings(config)


def check_settings(config: DictConfig) -> None:
    """Raise ConfigError where a class is given a setting that it does not have, or one of another type."""
    for path, node in targets(config):
        _check_node(path, node)


def _check_keys(config: DictConfig, group: str) -> None:
    """A group without a class of its own holds nothing but parts that name theirs."""
    parts = config.get(group)
    for key in map(str, parts) if isinstance(parts, DictConfig) else ():
        part = parts[key]
        if not (part is None or (isinstance(part, DictConfig) and "_target_" in part)):
            chosen = [str(other) for other in parts if other != key and parts[other] is not None]
            if told := not_chosen(group, key, chosen):
                raise ConfigError(told)
            others = get_close_matches(key, [str(other) for other in parts if other != key], n=1, cutoff=0.7)
            hint = (
                f"did you mean {others[0]!r}?"
                if others
                else f"it names no class (_target_); leave it out with ~{group}.{key}"
            )
            raise ConfigError(f"{group}.{key} is not a setting: {hint}")


def nearest(word: str, choices: Sequence[str]) -> str:
    """' Did you mean X?' or a list of the choices."""
    close = get_close_matches(word, choices, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"choose one of {', '.join(sorted(choices))}"


def _check_node(path: str, node: DictConfig) -> None:
    function = locate(node._target_, path)
    try:
        settings, others = settings_of(function)
    except (TypeError, ValueError):
        return  # a compiled function tells nothing about its arguments
    for key in () if others else node:
        if str(key) not in settings and not re.fullmatch(r"_\w+_", str(key)):
            known = nearest(str(key), list(settings))
            raise ConfigError(f"{path}.{key} is not a setting of {node['_target_']}: {known}")  # type: ignore[str-bytes-safe]
    _check_values(path, node, settings)


def _check_values(path: str, node: DictConfig, hints: Mapping[str, Any]) -> None:
    for key in filter(hints.__contains__, map(str, node)):
        value = node[key]
        if OmegaConf.is_config(value):
            value = OmegaConf.to_container(value, resolve=True)
        if not fits(value, hints[key]):
            where = f"{path}.{key}" if path else key
            raise ConfigError(f"{where} must be {describe(hints[key])}, got {value!r}")
