"""Several processes for one run, also inside a sweep.

Lightning starts the other ranks by repeating the command line. In a multirun that command is the whole sweep, and each
rank would train something else. Here every rank runs the resolved config.yaml of the job's own directory.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytorch_lightning.strategies import DDPStrategy
from pytorch_lightning.strategies.launchers.subprocess_script import _SubprocessScriptLauncher

from hadronlab.run.ranks.meeting import ended_by_signals
from hadronlab.run.ranks.ranks import OWN_RANK, RANK_VARIABLES, STARTED


class JobDDPStrategy(DDPStrategy):
    """DDP whose ranks belong to the run in `directory` (set by the runner). torchrun and srun start the ranks themselves.

    Keyword arguments are those of Lightning's DDPStrategy, such as process_group_backend.
    """

    def __init__(
        self, directory: str | Path = ".", process_group_backend: str | None = None, **settings: Any
    ) -> None:
        # buffers are constants or a rank's own share of the rows: rank 0's must not replace them
        super().__init__(
            process_group_backend=process_group_backend, **{"broadcast_buffers": False, **settings}
        )
        self.directory = Path(directory)

    def setup_distributed(self) -> None:
        """Meet the other ranks."""
        with ended_by_signals(self.directory, speaks=self.node_rank == 0 and self.local_rank == 0):
            super().setup_distributed()

    def _configure_launcher(self) -> None:
        assert self.cluster_environment is not None
        if not self.cluster_environment.creates_processes_externally:
            self._launcher = _JobLauncher(
                self.cluster_environment, self.num_processes, self.num_nodes, self.directory
            )


class _JobLauncher(_SubprocessScriptLauncher):
    """Starts rank 1, 2, … of this machine on the configuration of the job.

    Lightning's observer is left out: it kills this process, and a sweep with it, for a rank that has failed, also
    seconds after that was told and the next job begun. `ranks.lost_ranks_told` watches instead.
    """

    def __init__(self, environment: Any, num_processes: int, num_nodes: int, directory: Path) -> None:
        super().__init__(environment, num_processes, num_nodes)
        self.directory = directory.absolute()

    def launch(self, function: Callable[..., Any], *args: Any, trainer: Any = None, **kwargs: Any) -> Any:
        """Start the other ranks, then call `function`."""
        self.cluster_environment.validate_settings(num_devices=self.num_processes, num_nodes=self.num_nodes)
        if not self.cluster_environment.creates_processes_externally:
            self._call_children_scripts()
            STARTED.extend(self.procs)
        return function(*args, **kwargs)

    def _call_children_scripts(self) -> None:
        self._check_can_spawn_children()
        environment, ranks = self.cluster_environment, self.num_processes * self.num_nodes
        first = environment.node_rank() * self.num_processes
        place = "'" + str(self.directory).replace("'", "\\'") + "'"
        for local in range(1, self.num_processes):
            values = (environment.main_address, environment.main_port, environment.node_rank(), local, ranks)
            told = {OWN_RANK: str(first + local), **dict(zip(RANK_VARIABLES, map(str, values), strict=True))}
            command = [sys.executable, "-m", "hadronlab.train", "--config-path", str(self.directory), "--config-name", "config",
                       f"hydra.run.dir={place}", "hydra.output_subdir=null",
                       "hydra.searchpath=[pkg://hadronlab.conf]", "hydra/job_logging=train_log"]  # fmt: skip
            self.procs.append(subprocess.Popen(command, env={**os.environ, **told}))
