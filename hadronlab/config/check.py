"""Check a composed configuration against the signatures of the classes it names, before anything is built."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from typing import Any

import yaml
from hydra.utils import get_object
from omegaconf import DictConfig, ListConfig, OmegaConf

from hadronlab.config.annotations import describe, fits, hints_of
from hadronlab.config.groups import choices
from hadronlab.errors import ConfigError


@dataclass
class RunSettings:
    """The plain settings at the top of train.yaml."""

    seed: int
    quiet: bool
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

TASKS = {
    "inverse": "learns a potential from lattice data",
    "vmc": "finds the ground state of a few-body system",
}

OPTIMIZERS = {"inverse": "natural_gradient", "vmc": "sr"}
NEEDED = {
    "": ("system", "task", "scales", "model", "optimizer.optimizer", "callbacks", "trainer", "logger"),
    "inverse": ("data", "loss"),
    "vmc": ("sampler", "schedule"),
}
HOLDERS: dict[str, Sequence[str]] = {
    "loss": (),
    "optimizer": ("optimizer", "scheduler", "natural_gradient"),
    "callbacks": (),
    "logger": (),
}
UNUSED = {"inverse": ("sampler", "schedule", "interaction"), "vmc": ("loss", "data"), "": ()}


def check(config: DictConfig) -> None:
    """Raise ConfigError for a missing value, a wrong key or type, or a model that does not fit the task."""
    for key in sorted(OmegaConf.missing_keys(config)):
        raise ConfigError(f"{key} is missing: give it a value on the command line, {key}=…")
    check_parts(config)
    for group, known in HOLDERS.items():
        _check_keys(config, group, known)
    _check_values("", config, typing.get_type_hints(RunSettings))
    if not 0 <= config.seed < SEEDS:
        raise ConfigError(f"seed={config.seed}: a seed lies between 0 and {SEEDS - 1}")
    _check_values("scales", config.scales, typing.get_type_hints(Scales))
    check_task(config)
    for path, node in targets(config):
        _check_node(path, node)


def check_parts(config: DictConfig) -> None:
    """Raise ConfigError for a part of the run that was set to null, or to something that is no part."""
    for path in NEEDED[""]:
        _check_part(config, path)
    for path in NEEDED.get(task_of(locate(config.task._target_, "task")) or "", ()):
        _check_part(config, path)


def _check_keys(config: DictConfig, group: str, known: Sequence[str]) -> None:
    """A group without a class of its own holds nothing but `known` parts, or any parts that name a class."""
    parts = config.get(group)
    for key in map(str, parts) if isinstance(parts, DictConfig) else ():
        part = parts[key]
        if key not in known and not (part is None or (isinstance(part, DictConfig) and "_target_" in part)):
            hint = (
                nearest(key, known)
                if known
                else f"it names no class (_target_); leave it out with ~{group}.{key}"
            )
            raise ConfigError(f"{group}.{key} is not a setting: {hint}")


def _check_part(config: DictConfig, path: str) -> None:
    part = OmegaConf.select(config, path)
    if isinstance(part, DictConfig) and ("_target_" in part or path in ("scales", *HOLDERS)):
        return
    group = path.split(".")[0]
    names = ", ".join(choices(group))
    found = (
        "is null" if part is None else "names no class" if isinstance(part, DictConfig) else f"is {part!r}"
    )
    raise ConfigError(
        f"{path} {found}, but no run is without it" + (f": choose {group}= one of {names}" if names else "")
    )


def targets(node: Any, path: str = "") -> Iterator[tuple[str, DictConfig]]:
    """Every (path, node) below `node` that names a class or function in `_target_`."""
    if isinstance(node, DictConfig) and not (node._is_none() or node._is_missing()):
        if "_target_" in node:
            yield path, node
        for key in node:
            yield from targets(node[key], f"{path}.{key}" if path else str(key))  # type: ignore[str-bytes-safe]
    elif isinstance(node, ListConfig) and not (node._is_none() or node._is_missing()):
        for index, item in enumerate(node):
            yield from targets(item, f"{path}[{index}]")


def check_task(config: DictConfig) -> None:
    """Raise ConfigError for parts made for the other of the two tasks [a mixed choice composes silently]."""
    wanted = task_of(locate(config.task._target_, "task"))
    here = f"system={config.system.name} {TASKS[wanted or '']}"
    model = locate(config.model._target_, "model")
    found = task_of(model) or wanted
    if found != wanted:
        raise ConfigError(
            f"model {model.__name__} {TASKS[found or '']}, but {here}: choose model= one of {', '.join(models_for(wanted))}"
        )
    step = OmegaConf.select(config, "optimizer.natural_gradient._target_")
    if step and (task_of(locate(step, "optimizer.natural_gradient")) or wanted) != wanted:
        raise ConfigError(
            f"{step.rsplit('.', 1)[1]} is for the other task, but {here}: choose optimizer={OPTIMIZERS[wanted or '']} or adam"
        )
    for group in UNUSED[wanted or ""]:
        if config.get(group) is not None:
            raise ConfigError(
                f"{group} does not concern a run that {TASKS[wanted or '']}: leave out {group}=…"
            )


def task_of(target: Any) -> str | None:
    """The task of a class, or of the class that a factory function returns; None where it does not say."""
    if not inspect.isclass(target):
        target = typing.get_type_hints(target).get("return")
    return getattr(target, "task", None)


def models_for(task: str | None) -> list[str]:
    """The shipped `model=` choices of a task."""
    return [name for name in choices("model") if task_of(locate(_target_of(name), "model")) == task]


def _target_of(model: str) -> str:
    """The class of a shipped model, its own or that of the model on which it builds (the first of its defaults)."""
    content = yaml.safe_load(
        files("hadronlab.conf").joinpath("model", f"{model}.yaml").read_text(encoding="utf-8")
    )
    return content.get("_target_") or _target_of(content["defaults"][0])


def locate(target: str, path: str) -> Any:
    """The class or function called `target`; ConfigError with the config path where there is none."""
    try:
        return get_object(target)
    except Exception as error:
        reason = _first_line(error.__cause__ or error)
        raise ConfigError(f"{path}._target_: cannot import {target!r} ({reason})") from error


def nearest(word: str, choices: Sequence[str]) -> str:
    """' Did you mean X?' or a list of the choices."""
    close = get_close_matches(word, choices, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"choose one of {', '.join(sorted(choices))}"


def _check_node(path: str, node: DictConfig) -> None:
    function = locate(node._target_, path)
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return  # a compiled function tells nothing about its arguments
    if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        for key in node:
            if str(key) not in parameters and not re.fullmatch(r"_\w+_", str(key)):
                known = nearest(str(key), list(parameters))
                raise ConfigError(f"{path}.{key} is not a setting of {node['_target_']}: {known}")  # type: ignore[str-bytes-safe]
    _check_values(path, node, hints_of(function.__init__ if inspect.isclass(function) else function))


def _check_values(path: str, node: DictConfig, hints: Mapping[str, Any]) -> None:
    for key in filter(hints.__contains__, map(str, node)):
        value = node[key]
        if OmegaConf.is_config(value):
            value = OmegaConf.to_container(value, resolve=True)
        if not fits(value, hints[key]):
            where = f"{path}.{key}" if path else key
            raise ConfigError(f"{where} must be {describe(hints[key])}, got {value!r}")


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
