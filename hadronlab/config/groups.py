"""The groups of the shipped configuration and their choices."""

from __future__ import annotations

from importlib.resources import files


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
