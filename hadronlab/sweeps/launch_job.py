"""One job of Hydra, alone or in a sweep: what a user can mend does not end the jobs beside it."""

from __future__ import annotations

import math
from pathlib import Path

from omegaconf import DictConfig, open_dict

from hadronlab.config.messages import one_line, user_errors
from hadronlab.config.paths import make_paths_absolute
from hadronlab.errors import HadronlabError
from hadronlab.run.directory.run_directory import changes, has_result
from hadronlab.run.launch import launch
from hadronlab.sweeps.workers import ending_with_parent


def launch_job(config: DictConfig, failures: list[Exception]) -> float | None:
    """`launch` as Hydra's task: what a user can mend goes to `failures`, where Hydra would print it in its own way.

    In a sweep it is raised, so that this job fails and the others go on; it then holds plain text, for a worker process
    has to send it home. A fault of the training makes a poor trial: its result.json says so.
    """
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    sweep = HydraConfig.get().mode == RunMode.MULTIRUN
    try:
        with ending_with_parent():
            if sweep:
                go_on_if_requeued(config)
            return launch(config)
    except user_errors() as error:
        if sweep:
            if hasattr(error, "kind"):  # a Fault, whose module would bring Lightning
                return math.inf
            raise HadronlabError(one_line(error)) from error
        failures.append(error)
        return None


def go_on_if_requeued(config: DictConfig) -> None:
    """A cluster starts a pre-empted job again with its first command: set resume=auto where this very run stands unfinished."""
    from hydra.core.hydra_config import HydraConfig

    make_paths_absolute(config)  # as they stand in its config.yaml
    directory = Path(HydraConfig.get().runtime.output_dir)
    if config.resume is None and not has_result(directory) and changes(directory, config) == {}:
        with open_dict(config):
            config.resume = "auto"
