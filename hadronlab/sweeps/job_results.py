"""The jobs of a sweep, read from their directories: their overrides, observables, and why some have none."""

from __future__ import annotations

import csv
import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate


@dataclass(frozen=True)
class Job:
    """One job. status: "ok", the fault that ended it, "failed", or "unfinished"; reason: why, where it is not ok."""

    name: str
    overrides: dict[str, Any]
    status: str
    reason: str = ""
    observables: dict[str, Estimate] = field(default_factory=dict)
    references: dict[str, float] = field(default_factory=dict)
    objective: float | None = None
    wall_seconds: float | None = None
    steps: int | None = None  # of an unfinished job: the last one logged

    def value(self, column: str) -> Any:
        """The number or text of a column of the table; None where the job does not have it."""
        if column in self.overrides:
            return self.overrides[column]
        if column in self.observables:
            return self.observables[column].value
        return self.objective if column == "objective" else None


def collect(directory: Path) -> list[Job]:
    """Every job below `directory`, in the order of their numbers. Raises ConfigError where there is none."""
    folders = job_folders(directory)
    if not folders:
        raise ConfigError(
            f"{directory} is not the directory of a sweep: it has no job directories with .hydra/ in them"
        )
    return [read_job(folder, str(folder.relative_to(directory))) for folder in folders]


def job_folders(directory: Path) -> list[Path]:
    """The directories of the jobs below `directory`: 0, 1, 2, …, those of a resumed study (1.0, 1.1, …), others by name.

    Names of the jobs of a multirun may hold a slash: model=deepquark/table1.
    """

    def key(folder: Path) -> tuple[bool, list[int], str]:
        parts = folder.name.split(".")
        numbers = [int(part) for part in parts] if all(p.isdecimal() for p in parts) else []
        return not numbers, [len(numbers), *numbers], str(folder)

    if not (directory / "multirun.yaml").is_file():
        return sorted((path.parent for path in directory.glob("*/.hydra")), key=key)
    found = []
    for place, below, _ in os.walk(directory):
        if ".hydra" in below:
            found.append(Path(place))
            below.clear()
    return sorted(found, key=key)


def read_job(directory: Path, name: str | None = None) -> Job:
    """One job from its files, whatever state they are in; called `name`, or as its directory."""
    name = name or directory.name
    overrides = _overrides(directory / ".hydra" / "overrides.yaml")
    try:
        result = json.loads((directory / "result.json").read_text(encoding="utf-8"))
        observables = {
            name: Estimate.quoted(_number(o["value"]), o.get("error"), o.get("unit", ""))
            for name, o in result["observables"].items()
        }
        references = {
            name: float(entry["value"])
            for name, entry in {**result.get("reference", {}), **result.get("truth", {})}.items()
            if isinstance(entry.get("value"), int | float)  # a range given as text is for the reader
        }
    except FileNotFoundError:
        return _without_result(directory, name, overrides)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Job(name, overrides, "failed", "result.json is damaged")
    status = str(result.get("status", "ok"))
    reason = "" if status == "ok" else "; ".join(map(str, result.get("warnings", [])[-1:]))
    return Job(
        name,
        overrides,
        status,
        reason,
        observables,
        references,
        result.get("objective"),
        result.get("wall_seconds"),
    )


def _without_result(directory: Path, name: str, overrides: dict[str, Any]) -> Job:
    steps = None
    try:
        with open(directory / "metrics.csv", newline="", encoding="utf-8") as file:
            steps = int([row["step"] for row in csv.DictReader(file)][-1])
    except (OSError, ValueError, IndexError, KeyError, TypeError):
        steps = None  # nothing logged yet
    try:
        reason = (directory / "stopped.txt").read_text(encoding="utf-8").strip()
    except OSError:
        after = "before the first step" if steps is None else f"after step {steps}"
        return Job(name, overrides, "unfinished", f"running or killed {after}", steps=steps)
    status = "unfinished" if reason.startswith("interrupted") else "failed"
    return Job(name, overrides, status, reason, steps=steps)


def _overrides(path: Path) -> dict[str, Any]:
    try:
        lines = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return {}  # a job whose directory was never completed, or is damaged
    if not isinstance(lines, list):
        return {}
    pairs = (str(line).lstrip("+~").partition("=") for line in lines)
    return {key: _scalar(value) for key, _, value in pairs if key not in ("resume", "quiet", "figures")}


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _scalar(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text.strip("'\"")
