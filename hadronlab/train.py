"""Entry point: `python -m hadronlab.train system=… [group=choice] [key=value]`; `--help` explains the groups."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import hydra

if TYPE_CHECKING:  # torch, Lightning and W&B are imported inside functions: --help stays fast
    from omegaconf import DictConfig

failures: list[Exception] = []
composed: list[bool] = []  # whether Hydra came so far as to start a job


@hydra.main(version_base="1.3", config_path="pkg://hadronlab.conf", config_name="train")
def run(config: DictConfig) -> float | None:
    """One job: compose (done by Hydra), check, hand over."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    from hadronlab.runner.launch import launch

    composed.append(True)
    try:
        return launch(config)
    except user_errors() as error:
        if HydraConfig.get().mode == RunMode.MULTIRUN:
            if hasattr(error, "kind"):
                return float("inf")  # a fault ended the training: a poor trial, and its result.json says so
            raise  # the job fails with its overrides named, the sweep goes on
        failures.append(error)
        return None


def main() -> None:
    """Run with one-line errors and exit status 1 for everything a user can mend (HADRONLAB_DEBUG=1: with the trace)."""
    from hadronlab.config.arguments import quote_particles, uncomposable
    from hadronlab.runner.resume import resume_arguments

    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors reach us instead of Hydra's printer
    try:
        sys.argv = quote_particles(resume_arguments(sys.argv))
        run()
    except user_errors() as error:
        failures.append(error)
    except (TypeError, ValueError, AttributeError) as error:
        if composed:
            raise
        failures.append(uncomposable(error))  # Hydra's parser, of overrides that its grammar lets through
    from hadronlab.runner.sweep_callback import summarise_sweep

    summarise_sweep()
    if failures:
        if os.environ.get("HADRONLAB_DEBUG"):
            raise failures[0]
        from hadronlab.config.messages import one_line

        print(f"error: {one_line(failures[0])}", file=sys.stderr)
        sys.exit(1)


def user_errors() -> tuple[type[Exception], ...]:
    """What a user can mend."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from hadronlab.errors import HadronlabError

    return HadronlabError, HydraException, OmegaConfBaseException, OSError


if __name__ == "__main__":
    main()
