"""Whether the settings of a run that is continued are those that it began with."""

from __future__ import annotations

import sys
from pathlib import Path

from omegaconf import DictConfig

from hadronlab.errors import ConfigError
from hadronlab.run.directory.checkpoint_io import load_checkpoint, newest_whole
from hadronlab.run.directory.run_directory import changes
from hadronlab.run.trainer_settings import limits_of

KEPT = ("system", "model", "seed", "optimizer")  # a checkpoint brings their state back, whatever is asked for
ASIDE = ("quiet", "figures", "threads", "logger.", "callbacks.", "trainer.accelerator", "trainer.devices", "trainer.enable", "trainer.log_every",
         "trainer.num_nodes", "trainer.strategy")  # how a run is made, not what comes out  # fmt: skip


LENGTH = "optimizer.scheduler.T_max"  # follows the number of steps, see run/falling_rate.py


def refuse_another_run(directory: Path, config: DictConfig) -> None:
    """Raise ConfigError where `config` changes what the run in `directory` keeps when it goes on.

    A setting that only one of the two knows is that of another version, unless it names a class.
    """
    for key, (old, new) in (changes(directory, config) or {}).items():
        absent = (old is None or new is None) and not key.endswith("_target_")
        if key.split(".")[0] in KEPT and key != LENGTH and not absent:
            raise ConfigError(
                f"a run goes on with its own {key}={old}: leave out {key}={new}, or start a run in another directory"
            )


def refuse_fewer_steps(directory: Path, config: DictConfig) -> None:
    """Raise ConfigError where the run in `directory` has made more steps already than `config` asks for."""
    checkpoint = newest_whole(directory / "checkpoints")
    if checkpoint is None:
        return
    made, asked = load_checkpoint(checkpoint)["global_step"], min(limits_of(config), default=None)
    if asked is not None and asked < made:
        raise ConfigError(
            f"the run in {directory} stands at step {made} already, and {asked} are asked for: give trainer.max_epochs "
            f"(or trainer.max_steps) of {made} or more, or start a run in another directory"
        )


def warn_of_other_settings(directory: Path, config: DictConfig) -> None:
    """Say which settings of a finished run, whose result is taken as it stands, are not those of `config`."""
    others = [key for key in changes(directory, config) or {} if not key.startswith(ASIDE)]
    if others:
        print(
            f"warning: {directory} has its result already, made with another {', '.join(others[:3])}; "
            f"resume={directory} trains it further",
            file=sys.stderr,
        )
