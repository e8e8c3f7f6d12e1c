"""`resume=DIR` on the command line: what it stands for."""

from __future__ import annotations

import os
from pathlib import Path

from hadronlab.cli.arguments import is_multirun, split
from hadronlab.cli.resume_run import begun_run_arguments, resume_run_arguments
from hadronlab.config.overrides import key_of, value_of
from hadronlab.errors import ConfigError


def resume_arguments(arguments: list[str]) -> list[str]:
    """The command line that `resume=DIR` stands for; with `resume=auto` and without resume it stays as it is.

    Raises ConfigError where DIR is the directory neither of a run nor of a sweep.
    """
    options, settings = split(arguments)
    given = [value_of(setting) for setting in settings if key_of(setting) == "resume"]
    if not given or given[-1] in ("", "null", "auto"):
        return [*options, *settings]
    directory = Path(os.path.expanduser(given[-1])).absolute()
    settings = [setting for setting in settings if key_of(setting) != "resume"]
    if (directory / "multirun.yaml").is_file():
        from hadronlab.cli.resume_sweep import resume_sweep_arguments  # reads results, which brings torch

        return resume_sweep_arguments(directory, options, settings)
    if is_multirun(options):
        raise ConfigError(f"resume={directory} is no sweep, and one run goes on alone: leave out -m")
    if (directory / "config.yaml").is_file():
        return resume_run_arguments(directory, options, settings)
    if (directory / ".hydra" / "hydra.yaml").is_file():
        return begun_run_arguments(directory, options, settings)
    raise ConfigError(_no_run(directory))


def _no_run(directory: Path) -> str:
    """What to say of a path that is no run directory: where there is one, within it or around it."""
    within = [path.parent for path in sorted(directory.glob("*/config.yaml"))]
    around = [path for path in list(directory.parents)[:2] if (path / "config.yaml").is_file()]
    near = [*within[-1:], *around]
    hint = f"; choose resume={near[0]}" if near else ""
    if not directory.exists():
        return f"resume={directory}: no such directory{hint}"
    return f"resume={directory} is not a run directory: it has no config.yaml{hint}"
