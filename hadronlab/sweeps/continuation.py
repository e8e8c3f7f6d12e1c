"""The jobs of a sweep that is continued: with more values of what it sweeps, each directory gets its job's new name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path

import yaml
from hydra._internal.config_loader_impl import get_overrides_dirname
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from hadronlab.config.overrides import is_swept, key_of
from hadronlab.errors import ConfigError
from hadronlab.run.directory.run_directory import locked
from hadronlab.sweeps.job_results import job_folders

HOW = ("resume", "quiet", "figures", "threads", "logger", "strategy", "callbacks.progress", "callbacks.checkpoints", "trainer.accelerator",
       "trainer.devices", "trainer.num_nodes", "trainer.strategy", "trainer.log_every_n_steps",
       "trainer.enable_progress_bar")  # how jobs run and what they log; what comes out is the same  # fmt: skip


def refuse_other_jobs(directory: Path, recorded: Sequence[str], given: Sequence[str]) -> None:
    """Raise ConfigError where a `given` override would make other jobs out of those `recorded` of the sweep in `directory`.

    More values of a setting, or others of one that is swept, are welcome: they make jobs beside those that are there.
    """
    own = {key_of(o): o for o in recorded}
    for override in given:
        key = key_of(override)
        if "=" not in override or key.startswith(("hydra.", "hydra/", *HOW)) or own.get(key) == override:
            continue
        if key not in own or not (is_swept(override) or is_swept(own[key])):
            one = (
                f", or continue one job with resume={directory}/0 {override}"
                if key.startswith("trainer.")
                else ""
            )
            raise ConfigError(
                f"{override} would change the jobs of the sweep in {directory}: start another sweep{one}"
            )


def line_up(config: DictConfig, directory: Path) -> None:
    """Give the directories of `directory` the names that their jobs have in the multirun `config`.

    Jobs are named by their numbers or their overrides. Numbered ones that are no job any more come after the jobs, others
    stay. A study draws its own jobs, and names of the user's own making find their jobs by themselves: nothing is done
    then. Raises ConfigError where one of the directories is in use.
    """
    if not str(OmegaConf.select(config, "hydra.sweeper._target_")).endswith("BasicSweeper"):
        return
    params = config.hydra.sweeper.get("params") or {}
    overrides = [*(f"{key}={value}" for key, value in params.items()), *config.hydra.overrides.task]
    (jobs,) = BasicSweeper.split_arguments(OverridesParser.create().parse_overrides(overrides), None)
    folders = job_folders(directory)
    pattern = OmegaConf.to_container(config.hydra.sweep, resolve=False)["subdir"]  # type: ignore[call-overload,index]
    if pattern == "${hydra.job.num}":
        folders = [folder for folder in folders if folder.name.lstrip(".").isdecimal()]
        names, spare = [str(number) for number in range(len(jobs))], map(str, count(len(jobs)))
    elif pattern == "${hydra.job.override_dirname}":
        names, spare = [_dirname(job, config) for job in jobs], None
    else:
        return
    wanted = dict(zip(map(_identity, jobs), names, strict=True))
    moves = []
    for folder in folders:
        name = wanted.pop(_identity(_overrides_of(folder)), None) or (next(spare) if spare else None)
        if name is not None and folder != directory / name:
            moves.append((folder, directory / name))
    _move(moves)


def _dirname(job: Sequence[str], config: DictConfig) -> str:
    """What Hydra calls hydra.job.override_dirname of a job."""
    parsed = OverridesParser.create().parse_overrides(list(job))
    return get_overrides_dirname(parsed, **config.hydra.job.config.override_dirname)


def _move(moves: Sequence[tuple[Path, Path]]) -> None:
    """Rename directories, some of which have the names that others are to get."""
    between = {folder: folder.with_name(f".{folder.name.lstrip('.')}") for folder, _ in moves}
    with contextlib.ExitStack() as stack:
        for folder in between:
            stack.enter_context(locked(folder))  # or a job that runs elsewhere would lose its directory
        for folder, hidden in between.items():  # where a kill leaves it, it is found again by its overrides
            folder.rename(hidden)
        for folder, place in moves:
            place.parent.mkdir(parents=True, exist_ok=True)
            between[folder].rename(place)


def _overrides_of(folder: Path) -> list[str]:
    try:
        lines = yaml.safe_load((folder / ".hydra" / "overrides.yaml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return []  # killed before it was written
    return [str(line) for line in lines] if isinstance(lines, list) else []


def _identity(overrides: Iterable[str]) -> frozenset[tuple[str, str]]:
    pairs = ((key_of(override), override.partition("=")[2]) for override in overrides)
    return frozenset((key, value) for key, value in pairs if not key.startswith(HOW))
