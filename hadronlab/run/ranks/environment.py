"""Where a run's processes come from, told to Lightning, which would guess it from any variable of a cluster."""

from __future__ import annotations

import os
from typing import Any

from lightning_fabric.plugins.environments import (
    ClusterEnvironment,
    LightningEnvironment,
    SLURMEnvironment,
    TorchElasticEnvironment,
)
from lightning_fabric.plugins.environments.lightning import find_free_network_port
from omegaconf import DictConfig
from pytorch_lightning import Trainer

from hadronlab.errors import ConfigError
from hadronlab.run.ranks.ranks import OWN_RANK, STARTED, distributed, number, started_by


class OwnProcesses(LightningEnvironment):
    """A process that stands alone, or starts the other ranks of its machine, or was started by a run of ours as one of them.

    Only what that run has set counts; of the user's own variables MASTER_ADDR, MASTER_PORT and NODE_RANK, and these only
    where the run has several `nodes`.
    """

    def __init__(self, nodes: int = 1) -> None:
        super().__init__()
        self._started = OWN_RANK in os.environ
        self._told = self._started or nodes > 1

    @property
    def creates_processes_externally(self) -> bool:
        return self._started or bool(STARTED)  # those of before a repair go on

    @property
    def main_address(self) -> str:
        return os.environ.get("MASTER_ADDR", "127.0.0.1") if self._told else "127.0.0.1"

    @property
    def main_port(self) -> int:
        if self._main_port == -1:
            given = number("MASTER_PORT", 0) if self._told else 0
            self._main_port = given or find_free_network_port()
        return self._main_port

    def local_rank(self) -> int:
        return number("LOCAL_RANK", 0) if self._started else 0

    def node_rank(self) -> int:
        return number("NODE_RANK", 0) if self._told else 0

    def teardown(self) -> None:
        """Leave the variables as they are."""


class Srun(SLURMEnvironment):
    """Ranks that srun has started, however their number was told (-n 4, --ntasks-per-node=4)."""

    @staticmethod
    def _validate_srun_variables() -> None:
        """The number is compared with the run's own by `check_processes`."""


def environment_of(config: DictConfig) -> ClusterEnvironment:
    """The environment of the processes of `config`. Raises ConfigError for several nodes with nobody to start theirs."""
    if not distributed(config):
        return OwnProcesses()
    starter = started_by()
    if starter == "torchrun":
        return TorchElasticEnvironment()
    if starter == "srun":
        return Srun()
    if starter is None and config.trainer.num_nodes > 1 and "NODE_RANK" not in os.environ:
        raise ConfigError(
            f"trainer.num_nodes={config.trainer.num_nodes}: start the run with srun or torchrun on all of them, or set "
            "NODE_RANK, MASTER_ADDR and MASTER_PORT on each"
        )
    return OwnProcesses(config.trainer.num_nodes)


def check_processes(trainer: Trainer, environment: Any) -> None:
    """Raise ConfigError where torchrun or srun has started another number of processes than the run has ranks."""
    ranks, starter = trainer.num_devices * trainer.num_nodes, started_by()
    if (
        isinstance(environment, TorchElasticEnvironment | SLURMEnvironment)
        and environment.world_size() != ranks
    ):
        raise ConfigError(
            f"{starter} has started {environment.world_size()} processes, and the run has {ranks} ranks: give "
            f"trainer.devices (of a node) and trainer.num_nodes as they are, or start it without {starter}"
        )
