"""Tells a task which processes its run has."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback
from torch import Tensor

from hadronlab.optim.processes import ALONE, Processes


class KnowsProcesses(Callback):
    """Hands the processes of the Trainer to the task before it is set up: a task knows no strategies."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        task: Any = pl_module
        task.processes = processes_of(trainer)


def processes_of(trainer: Trainer) -> Processes:
    """Sums and concatenations over all processes of `trainer`."""
    if trainer.world_size == 1:
        return ALONE

    device = trainer.strategy.root_device  # where the processes exchange what they have

    def total(x: Tensor) -> Tensor:
        there = x.to(device)
        dist.all_reduce(there)
        return there.to(x.device)

    def gather(x: Tensor) -> Tensor:
        there = x.to(device).contiguous()
        parts = [torch.empty_like(there) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, there)
        return torch.cat(parts).to(x.device)

    return Processes(total, gather, trainer.global_rank, trainer.world_size)
