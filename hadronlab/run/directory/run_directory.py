"""The run directory: who may write in it, and what stands there."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from omegaconf import DictConfig, OmegaConf

from hadronlab.config.messages import one_line
from hadronlab.errors import ConfigError
from hadronlab.run.directory.files import write_text
from hadronlab.run.directory.locks import hold


@contextlib.contextmanager
def locked(directory: Path, kind: Literal["run", "sweep"] = "run") -> Iterator[Path]:
    """Hold the directory of a run or sweep for one process.

    Raises ConfigError where it cannot be written or another process holds it.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle = open(directory / ".lock", "a")  # noqa: SIM115 (held as long as the run lasts)
    except OSError as error:
        raise ConfigError(
            f"cannot write in {directory} ({error.strerror}): choose hydra.{kind}.dir=…"
        ) from error
    if not hold(handle):
        handle.close()
        raise ConfigError(
            f"another {kind} is writing in {directory}: wait for it or choose hydra.{kind}.dir=…"
        )
    try:
        yield directory
    finally:
        handle.close()


def continues(directory: Path, resume: str | None) -> bool:
    """Whether a run in `directory` goes on from what stands there; ConfigError where it would overwrite another run.

    resume: "auto" continues what there is or starts; a path continues; None starts, in an empty directory only.
    """
    for stale in [*directory.glob(".*.[0-9]*"), *directory.glob("checkpoints/.*.[0-9]*")]:
        stale.unlink(missing_ok=True)  # a killed run's unfinished files; the lock is ours
    holds_run = (directory / "result.json").exists() or any(directory.glob("checkpoints/*.ckpt"))
    if holds_run and not resume:
        raise ConfigError(
            f"{directory} holds a run already: continue it with resume={directory} or choose another hydra.run.dir"
        )
    return holds_run


def changes(directory: Path, config: DictConfig) -> dict[str, tuple[Any, Any]] | None:
    """Settings that differ from the config.yaml of `directory`, key → (there, in `config`), but for how it is resumed.

    None stands for a setting that is absent; the result is None where there is no readable config.yaml. A number there is no
    other setting than `auto` in `config`: the run has chosen it.
    """
    try:
        recorded = yaml.safe_load((directory / "config.yaml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return None
    if not isinstance(recorded, dict):
        return None
    there, here = dict(_leaves(recorded)), dict(_leaves(OmegaConf.to_container(config, resolve=True)))
    pairs = {key: (there.get(key), here.get(key)) for key in {**there, **here} if key != "resume"}
    return {
        key: (old, new)
        for key, (old, new) in pairs.items()
        if old != new and not (new == "auto" and isinstance(old, int))
    }


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, node


@contextlib.contextmanager
def reason_kept(directory: Path) -> Iterator[None]:
    """While a run has no result, stopped.txt says in one line why, if it could still say anything."""
    note = directory / "stopped.txt"
    note.unlink(missing_ok=True)
    try:
        yield
    except BaseException as error:
        with contextlib.suppress(OSError):
            write_text(note, one_line(error) + "\n")
        raise


def has_result(directory: Path) -> bool:
    """Whether the run in `directory` has come to its end: the evaluation of an interrupted one says "unfinished"."""
    try:
        result = json.loads((directory / "result.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    return result.get("status") != "unfinished"


def recorded_objective(directory: Path) -> float | None:
    """The objective that result.json of a finished run holds."""
    return json.loads((directory / "result.json").read_text(encoding="utf-8")).get("objective")
