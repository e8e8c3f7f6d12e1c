"""The jobs of a sweep that is continued: with more values of what it sweeps, each directory goes to its job's new number."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from hadronlab.config.overrides import is_swept, key_of
from hadronlab.errors import ConfigError
from hadronlab.run.directory.run_directory import locked
from hadronlab.sweeps.job_results import job_folders

HOW = ("resume", "quiet", "logger", "strategy", "callbacks.progress", "callbacks.checkpoints", "trainer.accelerator",
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
    """Give the directories of `directory` the numbers that their jobs have in the multirun `config`.

    Those whose overrides no job has any more come after the jobs. A study draws its own jobs, and directories that do
    not bear numbers find their jobs by themselves: nothing is done then. Raises ConfigError where one of them is in use.
    """
    plain = str(OmegaConf.select(config, "hydra.sweeper._target_")).endswith("BasicSweeper")
    if not plain or not all(folder.name.lstrip(".").isdecimal() for folder in job_folders(directory)):
        return
    params = config.hydra.sweeper.get("params") or {}
    overrides = [*(f"{key}={value}" for key, value in params.items()), *config.hydra.overrides.task]
    (jobs,) = BasicSweeper.split_arguments(OverridesParser.create().parse_overrides(overrides), None)
    numbers = {_identity(job): number for number, job in enumerate(jobs)}
    moves, spare = [], len(jobs)
    for folder in job_folders(directory):
        number = numbers.pop(_identity(_overrides_of(folder)), None)
        if number is None:
            number, spare = spare, spare + 1
        if folder.name != str(number):
            moves.append((folder, folder.with_name(f".{folder.name.lstrip('.')}"), directory / str(number)))
    with contextlib.ExitStack() as stack:
        for folder, _, _ in moves:
            stack.enter_context(locked(folder))  # or a job that runs elsewhere would lose its directory
        for folder, between, _ in moves:  # where a kill leaves it, it is found again by its overrides
            folder.rename(between)
        for _, between, place in moves:
            between.rename(place)


def _overrides_of(folder: Path) -> list[str]:
    try:
        lines = yaml.safe_load((folder / ".hydra" / "overrides.yaml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return []  # killed before it was written
    return [str(line) for line in lines] if isinstance(lines, list) else []


def _identity(overrides: Iterable[str]) -> frozenset[tuple[str, str]]:
    pairs = ((key_of(override), override.partition("=")[2]) for override in overrides)
    return frozenset((key, value) for key, value in pairs if not key.startswith(HOW))
