"""`resume=DIR` on the command line: what it means for a run and for a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hadronlab.cli.arguments import choices
from hadronlab.errors import ConfigError


def resume_arguments(argv: list[str]) -> list[str]:
    """The command line that `resume=DIR` stands for; `resume=auto` and no resume are left as they are.

    A run is continued with its own resolved configuration, in its directory; of the groups, logger= and strategy= may
    be chosen anew. A sweep is run again with its own overrides, every job with resume=auto: those with a result are
    skipped, the others continued or started. Raises ConfigError where DIR is neither.
    """
    given = [argument for argument in argv[1:] if argument.startswith("resume=")]
    if not given or given[-1] in ("resume=", "resume=null", "resume=auto"):
        return argv
    directory = Path(given[-1].split("=", 1)[1].strip("'\"")).expanduser().absolute()
    if not directory.is_dir():
        raise ConfigError(f"resume={directory}: no such directory")
    rest = [argument for argument in argv[1:] if not argument.startswith("resume=")]
    if (directory / "multirun.yaml").is_file():
        return [
            argv[0],
            "--multirun",
            *_sweep_overrides(directory, rest),
            *rest,
            f"hydra.sweep.dir={_quoted(directory)}",
            "resume=auto",
        ]
    if not (directory / "config.yaml").is_file():
        within = sorted(path.parent.name for path in directory.glob("*/config.yaml"))
        hint = f"; choose resume={directory}/{within[-1]}" if within else ""
        raise ConfigError(f"resume={directory} is not a run directory: it has no config.yaml{hint}")
    from hadronlab.run.directory.trust import read_run_config, refuse_config_groups

    read_run_config(directory / "config.yaml")
    refuse_config_groups(directory)
    return [argv[0], "--config-path", str(directory), "--config-name", "config", *_groups_anew(rest),
            f"hydra.run.dir={_quoted(directory)}", "hydra.output_subdir=null", "hydra.job.name=train", "hydra.job_logging.root.handlers=[file]",
            f"resume={_quoted(directory)}"]  # fmt: skip


def _groups_anew(rest: list[str]) -> list[str]:
    """logger=wandb as +logger=wandb, which Hydra composes into a configuration that has no groups of its own."""
    anew = ("logger", "strategy")
    for override in rest:
        group = override.partition("=")[0]
        if group not in anew and choices(group):
            raise ConfigError(
                f"{override}: a run goes on with its own {group}; only {' and '.join(anew)} may be chosen anew"
            )
    again = [f"+{o}" if o.partition("=")[0] in anew else o for o in rest]
    return again if again == rest else [*again, "hydra.searchpath=[pkg://hadronlab.conf]"]


def _sweep_overrides(directory: Path, rest: list[str]) -> list[str]:
    """The overrides of a sweep's multirun.yaml; of those for Hydra itself only launcher, sweeper and names of the jobs.

    Another launcher or sweeper in `rest` replaces the sweep's own with all its settings. Raises ConfigError where
    `rest` would change the jobs.
    """
    from omegaconf import OmegaConf

    from hadronlab.run.directory.trust import check_overrides
    from hadronlab.sweeps.jobs import refuse_other_jobs

    try:
        recorded = OmegaConf.load(directory / "multirun.yaml").hydra
        overrides = OmegaConf.to_container(recorded.overrides)
        task, hydra = list(overrides["task"]), list(overrides["hydra"])  # type: ignore[call-overload,index]
        swept = [
            f"{key}={value}" for key, value in (OmegaConf.select(recorded, "sweeper.params") or {}).items()
        ]
    except Exception as error:
        raise ConfigError(
            f"{directory / 'multirun.yaml'}: not the file of a sweep ({type(error).__name__})"
        ) from error
    task = [o for o in task if not o.startswith("resume=")]
    groups = [g for g in ("launcher", "sweeper") if not any(o.startswith(f"hydra/{g}=") for o in rest)]
    prefixes = tuple(prefix for g in groups for prefix in (f"hydra/{g}=", f"hydra/{g}/", f"hydra.{g}."))
    kept = [o for o in hydra if o.startswith((*prefixes, "hydra.sweep.subdir="))]
    taken = [o for o in [*task, *kept] if o not in rest]
    check_overrides(taken, directory / "multirun.yaml")
    refuse_other_jobs(directory, [*swept, *task], rest)
    _refuse_without_config_directory(recorded, rest)
    return taken


def _refuse_without_config_directory(recorded: Any, rest: list[str]) -> None:
    """A directory with configurations of the user's is not searched because a file says so."""
    from omegaconf import OmegaConf

    sources = OmegaConf.select(recorded, "runtime.config_sources") or []
    given = [s.path for s in sources if s.get("provider") == "command-line"]
    if given and not any(o in ("-cd", "--config-dir") or o.startswith("--config-dir=") for o in rest):
        raise ConfigError(f"the sweep was started with --config-dir {given[0]}: give it with resume=… again")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "\\'") + "'"
