"""The groups of the shipped configuration and their choices."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml


def groups() -> list[str]:
    """The names of all groups, without those of Hydra itself."""
    folders = [entry.name for entry in files("hadronlab.conf").iterdir() if entry.is_dir()]
    return sorted(name for name in folders if name != "hydra")


def choices(group: str) -> list[str]:
    """The shipped choices of a group, those of the groups within it too: deepquark/table1."""
    folder = files("hadronlab.conf").joinpath(group)
    entries = list(folder.iterdir()) if folder.is_dir() else []
    names = [entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml")]
    within = [f"{e.name}/{name}" for e in entries if e.is_dir() for name in choices(f"{group}/{e.name}")]
    return sorted([*names, *within])


def choices_of_folders(folders: Sequence[Traversable], group: str = "") -> dict[str, list[str]]:
    """Every group below several folders of configuration, those within groups too, with its own choices; not Hydra's."""
    entries = [entry for folder in folders for entry in folder.iterdir()]
    names = sorted({e.name.removesuffix(".yaml") for e in entries if e.name.endswith(".yaml")})
    found = {group: names} if group and names else {}
    for name in sorted({e.name for e in entries if e.is_dir() and not e.name.startswith(("_", "."))}):
        if group or name != "hydra":
            below = [e for e in entries if e.name == name and e.is_dir()]
            found |= choices_of_folders(below, f"{group}/{name}".lstrip("/"))
    return found


def target_of(group: str, choice: str) -> str | None:
    """The class that a shipped choice names, itself or by the choice on which it builds (the first of its defaults)."""
    content = content_of(group, choice)
    base = next((d for d in content.get("defaults", []) if d in choices(group)), None)
    return content.get("_target_") or (None if base is None else target_of(group, base))


@cache
def holds_parts(group: str) -> bool:
    """Whether a choice of the group is several parts by name, each with a class of its own, as of callbacks=."""
    found = choices(group)
    return bool(found) and not any(_elsewhere(group, name) or target_of(group, name) for name in found)


def _elsewhere(group: str, choice: str) -> bool:
    """Whether a choice fills other keys than that of its group."""
    return _text(group, choice).startswith("# @package")


def content_of(group: str, choice: str) -> dict[str, Any]:
    """What the file of a shipped choice holds."""
    return yaml.safe_load(_text(group, choice)) or {}


@cache
def _text(group: str, choice: str) -> str:
    return files("hadronlab.conf").joinpath(group, f"{choice}.yaml").read_text(encoding="utf-8")
