"""What a run is made of, and whether its parts go together: asked of the classes that were chosen."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from hydra.utils import get_object
from omegaconf import DictConfig, ListConfig, OmegaConf

from hadronlab.config.annotations import hints_of
from hadronlab.config.groups import choices, holds_parts, target_of
from hadronlab.errors import ConfigError

EVERY_RUN = ("system", "task", "model", "optimizer.optimizer", "callbacks", "trainer", "logger")


@runtime_checkable
class ServesTask(Protocol):
    """A class that goes with one task only names it, or several; one that names none goes with every task."""

    task: str | tuple[str, ...]


@runtime_checkable
class TaskClass(Protocol):
    """What a class behind `task=` says of itself (see tasks/base.py)."""

    task: str
    purpose: str
    needs: tuple[str, ...]
    unused: tuple[str, ...]
    recommended_optimizer: str


def task_class(config: DictConfig) -> Any:
    """The class behind `task=`. Raises ConfigError where it is no task."""
    _check_part(config, "task")
    found = locate(config.task._target_, "task")
    if not (inspect.isclass(found) and isinstance(found, TaskClass)):
        raise ConfigError(
            f"task._target_: {config.task._target_!r} is no task: derive it from hadronlab.tasks.base.Task, "
            "with its task and purpose"
        )
    return found


def check_parts(config: DictConfig) -> None:
    """Raise ConfigError for a part of the run that was set to null, or to something that is no part."""
    task = task_class(config)
    for path in EVERY_RUN:
        _check_part(config, path)
    for path in task.needs:
        _check_part(
            config, path, f"; or is {config.system.get('name')} not made for a run that {task.purpose}?"
        )


def _check_part(config: DictConfig, path: str, doubt: str = "") -> None:
    part = OmegaConf.select(config, path)
    group = path.split(".")[0]
    if isinstance(part, DictConfig) and ("_target_" in part or (path == group and holds_parts(group))):
        return
    names = ", ".join(choices(group))
    found = (
        "is null" if part is None else "names no class" if isinstance(part, DictConfig) else f"is {part!r}"
    )
    raise ConfigError(
        f"{path} {found}, but no run is without it"
        + (f": choose {group}= one of {names}" if names else "")
        + (doubt if part is None else "")
    )


def check_task(config: DictConfig) -> None:
    """Raise ConfigError for parts made for another task [a mixed choice composes silently]."""
    task = task_class(config)
    here = f"system={config.system.name} {task.purpose}"
    for path, node in targets(config):
        part = locate(node._target_, path)
        found = tasks_of(part)
        if found and task.task not in found:
            raise ConfigError(
                f"{path}: {part.__name__} is for task={' or '.join(found)}, but {here}: {_instead(path, task)}"
                + ("; a sweep keeps to models of one task" if path == "model" and brings_task(found) else "")
            )
    for group in task.unused:
        if config.get(group) is not None:
            raise ConfigError(f"{group} does not concern a run that {task.purpose}: leave out {group}=…")


def _instead(path: str, task: TaskClass) -> str:
    if path == "model" and (models := models_for(task.task)):
        return f"choose model= one of {', '.join(models)}"
    if path.startswith("optimizer."):
        return f"choose optimizer={task.recommended_optimizer} or adam"
    return f"leave out {path}"


def tasks_of(target: Any) -> tuple[str, ...]:
    """The tasks of a class, or of the class that a factory function returns; none where it does not say."""
    made = target if inspect.isclass(target) else hints_of(target).get("return")
    if not (inspect.isclass(made) and isinstance(made, ServesTask)):
        return ()
    return (made.task,) if isinstance(made.task, str) else tuple(made.task)


def models_for(task: str) -> list[str]:
    """The shipped `model=` choices of a task."""
    return [name for name in choices("model") if task in tasks_of(locate(target_of("model", name), "model"))]


def brings_task(tasks: tuple[str, ...]) -> bool:
    """Whether a model of these tasks chooses its task itself, alone on a command line (see config/brought.py)."""
    return any(name in choices("base/model") for task in tasks for name in models_for(task))


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


def locate(target: Any, path: str) -> Any:
    """The class or function called `target`; ConfigError with the config path where there is none."""
    try:
        return get_object(target)
    except Exception as error:
        cause = error.__cause__ or error
        reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
        raise ConfigError(f"{path}._target_: cannot import {target!r} ({reason})") from error
