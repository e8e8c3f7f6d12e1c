"""`resume=DIR` on the command line: what it means for a run and for a sweep."""

from __future__ import annotations

from pathlib import Path

from hadronlab.errors import ConfigError


def resume_arguments(argv: list[str]) -> list[str]:
    """The command line that `resume=DIR` stands for; `resume=auto` and no resume are left as they are.

    A run is continued with its own resolved configuration, in its directory. A sweep is run again with its own
    overrides, every job with resume=auto: those with a result are skipped, the others continued or started.
    Raises ConfigError where DIR is neither.
    """
    given = [argument for argument in argv[1:] if argument.startswith("resume=")]
    if not given or given[-1] in ("resume=", "resume=null", "resume=auto"):
        return argv
    directory = Path(given[-1].split("=", 1)[1].strip("'\"")).absolute()
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
        raise ConfigError(f"resume={directory} is not a run directory: it has no config.yaml")
    from hadronlab.runner.trust import read_run_config

    read_run_config(directory / "config.yaml")
    return [argv[0], "--config-path", str(directory), "--config-name", "config", *rest,
            f"hydra.run.dir={_quoted(directory)}", "hydra.output_subdir=null", "hydra.job.name=train", "hydra.job_logging.root.handlers=[file]",
            f"resume={_quoted(directory)}"]  # fmt: skip


def _sweep_overrides(directory: Path, rest: list[str]) -> list[str]:
    """The overrides of a sweep's multirun.yaml; of those for Hydra itself only the launcher and the sweeper.

    Another launcher or sweeper in `rest` replaces the sweep's own with all its settings.
    """
    from omegaconf import OmegaConf

    try:
        overrides = OmegaConf.to_container(OmegaConf.load(directory / "multirun.yaml").hydra.overrides)
        task, hydra = list(overrides["task"]), list(overrides["hydra"])  # type: ignore[call-overload,index]
    except Exception as error:
        raise ConfigError(
            f"{directory / 'multirun.yaml'}: not the file of a sweep ({type(error).__name__})"
        ) from error
    task = [o for o in task if not o.startswith("resume=")]
    groups = [g for g in ("launcher", "sweeper") if not any(o.startswith(f"hydra/{g}=") for o in rest)]
    prefixes = tuple(prefix for g in groups for prefix in (f"hydra/{g}=", f"hydra/{g}/", f"hydra.{g}."))
    kept = [o for o in hydra if o.startswith(prefixes)]
    for override in [*task, *kept]:
        if "_target_" in override or "${" in override:
            raise ConfigError(
                f"{directory / 'multirun.yaml'}: {override!r} is not taken from a file; give it on the command line"
            )
    return [*task, *kept]


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "\\'") + "'"
