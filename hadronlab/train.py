"""Entry point: `python -m hadronlab.train system=… [group=choice] [key=value]`; `--help` explains the groups."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

import hydra

from hadronlab import __version__
from hadronlab.cli.commands import command
from hadronlab.config.messages import user_errors

if TYPE_CHECKING:  # torch, Lightning and W&B are imported inside functions: --help stays fast
    from omegaconf import DictConfig

failures: list[Exception] = []


@hydra.main(version_base="1.3", config_path="pkg://hadronlab.conf", config_name="train")
def run(config: DictConfig) -> float | None:
    """One job: compose (done by Hydra), check, hand over."""
    from hadronlab.sweeps.launch_job import launch_job

    if not gc.isenabled():
        gc.freeze()  # nor is there garbage among them later: a second at the end of the process
        gc.enable()
    return launch_job(config, failures)


@command()
def main() -> None:
    """Run with one-line errors and exit status 1 for everything a user can mend (HADRONLAB_DEBUG=1: with the trace)."""
    from hadronlab.cli.arguments import hydra_arguments
    from hadronlab.cli.help import help_asked_for
    from hadronlab.cli.resume import resume_arguments

    if "--version" in sys.argv:  # Hydra would tell its own
        print(f"hadronlab {__version__}")
        return
    if (text := help_asked_for(sys.argv[1:])) is not None:
        print(text)
        return
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors reach us instead of Hydra's printer
    sys.argv[1:] = hydra_arguments(resume_arguments(sys.argv[1:]))
    gc.disable()  # torch and Lightning make a million objects that stay: a second to look for garbage among them
    try:
        run()
    except user_errors() as error:
        failures.append(error)
    except (TypeError, ValueError, AttributeError) as error:
        from hadronlab.cli.hydra_errors import explained

        failures.append(explained(error))
    except SystemExit:
        from hadronlab.sweeps.multirun import tell_how_it_goes_on

        tell_how_it_goes_on()
        raise
    finally:
        gc.enable()
    from hadronlab.sweeps.multirun import summarise_sweep

    summarise_sweep()
    if failures:
        raise failures[0]


if __name__ == "__main__":
    main()
