"""What a configuration that lies in a run directory may name: it may have come from somebody else."""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hadronlab.config.groups import groups
from hadronlab.config.shipped import may_stand
from hadronlab.config.task_parts import locate
from hadronlab.errors import ConfigError

if TYPE_CHECKING:
    from omegaconf import DictConfig

LIBRARIES = ("hadronlab", "torch", "pytorch_lightning")  # of which no part is trusted for the whole


def read_run_config(path: Path) -> DictConfig:
    """The config.yaml of a run directory, in which every class is one that hadronlab ships for that very key.

    Others must be named, themselves or their package, in HADRONLAB_TRUST (HADRONLAB_TRUST=theirpackage,other). Raises
    ConfigError where the file is unreadable, names anything else, holds an interpolation, or speaks to Hydra itself: a
    resolved configuration does neither.
    """
    config, content = read_plain(path)
    for key in ("hydra", "defaults"):
        if key in content:
            raise ConfigError(f"{path}: a run's configuration may not set {key!r}; remove it")
    check_classes(content, path)
    return config


def read_plain(path: Path) -> tuple[DictConfig, dict[str, Any]]:
    """A yaml file as a configuration and as plain values, of which nothing is resolved or imported.

    Raises ConfigError for what is no mapping, and for aliases.
    """
    from omegaconf import DictConfig, OmegaConf

    try:
        text = path.read_text(encoding="utf-8")
        if any(
            isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)
        ):  # nine lines of them fill a memory
            raise ValueError("it holds a YAML alias")
        config = OmegaConf.create(text)
        content = OmegaConf.to_container(config, resolve=False)
    except Exception as error:
        raise ConfigError(f"{path}: not a readable configuration ({_first_line(error)})") from error
    if not isinstance(config, DictConfig) or not isinstance(content, dict):
        raise ConfigError(f"{path}: not a configuration, it holds a {type(content).__name__}")
    return config, {str(key): value for key, value in content.items()}


def check_classes(content: dict[str, Any], path: Path) -> None:
    """Raise ConfigError unless every class that `content` of the file `path` names may stand at its key; no interpolations."""
    _check(content, path, "")


def refuse_config_groups(directory: Path) -> None:
    """Raise ConfigError where a run directory holds choices of config groups: Hydra would prefer them to the shipped ones."""
    for name in (*groups(), "hydra"):
        for file in (directory / name).rglob("*.yaml"):
            raise ConfigError(
                f"{file} is no part of a run, and Hydra would read it: remove {directory / name}"
            )


def check_overrides(overrides: Sequence[str], file: Path) -> None:
    """Raise ConfigError unless the overrides that stand in the file of a sweep may be taken from there.

    Those are plain settings, shipped choices of groups, classes that a run's configuration may name, and how many jobs
    run where.
    """
    named_by_overrides = any(override.endswith(_DIRNAME) for override in overrides)
    for override in overrides:
        key, _, value = override.partition("=")
        name = key.lstrip("+~")
        if name.endswith("._target_") and not name.startswith("hydra"):
            for target in value.split(","):
                check_target(target, name, file)
            continue
        if name.startswith("hydra"):
            harmless = value == _DIRNAME or re.fullmatch(r"(?!\.)[\w.,:+-]*|\[[\w.,-]*\]", value)
            allowed = bool(re.fullmatch(_HYDRA, name) and harmless)
        else:
            choice = "/" in name or name.split("@")[0] in groups()
            path = (".." in value and (choice or named_by_overrides)) or (choice and value.startswith("/"))
            special = re.search(r"\$\{|_target_|\\|(^|[.{,]\s*)_\w+_", override)
            allowed = bool(re.match(r"[+~]{0,2}[A-Za-z]", override)) and not path and not special
        if not allowed:
            raise ConfigError(
                f"{file}: {override!r} is not taken from a file; give it on the command line too"
            )


_DIRNAME = "${hydra.job.override_dirname}"
_HYDRA = (r"hydra/(launcher|sweeper|sweeper/sampler)|hydra\.sweep\.subdir|hydra\.sweeper\.(n_trials|n_jobs|direction|sampler\.seed|max_failure_rate)"
          r"|hydra\.launcher\.(n_jobs|verbose|partition|qos|account|nodes|tasks_per_node|\w+_per_\w+|mem_gb|timeout_min|max_num_timeout"
          r"|signal_delay_s|array_parallelism)|hydra\.job\.config\.override_dirname\.(kv_sep|item_sep|exclude_keys)")  # fmt: skip
"""settings of Hydra that name no command, no file and no class"""


def check_target(target: Any, key: str, file: Path) -> None:
    """Raise ConfigError unless the class or function `target` is shipped for `key`'s `_target_`, or trusted by the user."""
    if may_stand(key, target) or (isinstance(target, str) and _of_the_user(target, f"{file}: {key}")):
        return
    raise ConfigError(
        f"{file}: {key}: {target!r} is not trusted in a configuration that comes from a run directory; {_advice(target)}"
    )


def _advice(target: Any) -> str:
    package = str(target).split(".")[0]
    if not re.fullmatch(r"\w+(\.\w+)+", str(target)) or package in sys.stdlib_module_names:
        return "remove it"
    name = target if package in LIBRARIES else package
    return (
        f"if it is yours, allow {'it' if package in LIBRARIES else 'its package'} with HADRONLAB_TRUST={name}"
    )


def _of_the_user(target: str, where: str) -> bool:
    """Whether HADRONLAB_TRUST names `target` or its package, and that where it is defined; a method is no class."""
    names = [name.strip() for name in os.environ.get("HADRONLAB_TRUST", "").split(",") if name.strip()]

    def trusted(name: str) -> bool:
        return any(name == package or name.startswith(f"{package}.") for package in names)

    if not trusted(target):
        return False
    found = locate(target, where)
    kind = inspect.isclass(found) or (inspect.isroutine(found) and "." not in found.__qualname__)
    return kind and (target in names or trusted(found.__module__ or ""))


def _check(node: Any, path: Path, key: str) -> None:
    for name, value in _children(node):
        here = f"{key}{name}" if name.startswith("[") else f"{key}.{name}".lstrip(".")
        if name == "_target_":
            check_target(value, here, path)
        elif re.fullmatch(r"_\w+_", name) and not may_stand(here, value) and not _theirs(node, path):
            raise ConfigError(
                f"{path}: {here}: {value!r} is not a setting of a run's configuration; remove it"
            )
        _check(value, path, here)
    if isinstance(node, str) and "${" in node:
        raise ConfigError(
            f"{path}: {key} holds the interpolation {node!r}; a run's configuration is resolved"
        )


def _theirs(node: Any, path: Path) -> bool:
    """Whether a node is one of the user's own classes, which may be made in any way that Hydra knows."""
    target = node.get("_target_")
    return isinstance(target, str) and _of_the_user(target, str(path))


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        yield from ((str(name), value) for name, value in node.items())
    elif isinstance(node, list):
        yield from ((f"[{index}]", value) for index, value in enumerate(node))


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
