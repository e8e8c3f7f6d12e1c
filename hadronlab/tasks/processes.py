"""The processes of a distributed training as one, for the estimators that know nothing of Lightning."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
import torch.distributed as dist
from pytorch_lightning import Trainer
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.optim.sr_statistics import Processes


def processes_of(trainer: Trainer | None) -> Processes:
    """Sums and concatenations over all processes of `trainer`; those of one process without a trainer."""
    if trainer is None or trainer.world_size == 1:
        return Processes()

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


@contextlib.contextmanager
def failing_together(processes: Processes) -> Iterator[None]:
    """Raise a HadronlabError of one process on all of them: the others would wait for it for ever."""
    failure: HadronlabError | None = None
    try:
        yield
    except HadronlabError as error:
        failure = error
    if float(processes.total(torch.tensor([float(failure is not None)]))) > 0:
        raise failure or HadronlabError("the walkers of another process failed")
