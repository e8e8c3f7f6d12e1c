"""Decisions that all processes of a run take together: one that stops or saves alone leaves the others waiting."""

from __future__ import annotations

from typing import Any

import torch
from pytorch_lightning import Trainer


def any_rank(trainer: Trainer, flag: bool) -> bool:
    """Whether `flag` holds on any rank; all ranks ask together."""
    if trainer.world_size == 1:
        return flag
    votes = torch.tensor(int(flag), device=trainer.strategy.root_device)
    torch.distributed.all_reduce(
        votes
    )  # Lightning's own adds a barrier, and some decisions fall at every step
    return bool(votes)


def of_rank_zero(trainer: Trainer, flag: bool) -> bool:
    """The `flag` of rank 0; all ranks ask together."""
    return flag if trainer.world_size == 1 else bool(trainer.strategy.broadcast(flag))


def of_all_ranks(trainer: Trainer, value: Any) -> list[Any]:
    """The plain `value` of every rank, on all of them."""
    if trainer.world_size == 1:
        return [value]
    values: list[Any] = [None] * trainer.world_size
    torch.distributed.all_gather_object(values, value)
    return values
