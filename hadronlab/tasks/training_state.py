"""What a checkpoint holds of a variational training beside parameters and optimizer: plain containers and tensors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from hadronlab.tasks.vmc import VMCTask


def training_state(task: VMCTask) -> dict[str, Any]:
    """Energies and parameter sets, and of every process its walkers, random numbers, step sizes and open window."""
    window = task.record.window
    own = {
        **task.sampler.state_dict(),
        "window": torch.stack(window) if window else torch.empty(0),
        "equilibrated": task.equilibrated,
    }
    ranks: list[Any] = [own]
    if task.processes.size > 1:
        ranks = [None] * task.processes.size
        torch.distributed.all_gather_object(ranks, own)
    return {
        "walkers": ranks,
        "energies": task.record.state_dict(),
        "parameter_sets": task.parameter_sets.state_dict(),
        "begun": task.begun,
        "binding": task.model.binding,
    }


def load_training_state(task: VMCTask, state: dict[str, Any]) -> None:
    """Continue where `training_state` was taken; with another number of processes, with new walkers."""
    task.record.load_state_dict(state["energies"])
    task.parameter_sets.load_state_dict(state["parameter_sets"])
    task.begun = state.get("begun", 0)  # older checkpoints knew no second beginning
    if task.begun:
        task.make_anew = None
    task.model.binding = state.get("binding", task.model.binding)
    if task.model.binding == math.inf:
        task.model.lose_tails()
    if len(state["walkers"]) != task.processes.size:
        task.record.forget_walkers()
        return
    own = dict(state["walkers"][task.processes.rank])
    task.record.window = list(own.pop("window").to(task.sampler.device))
    task.equilibrated = own.pop("equilibrated")
    task.sampler.load_state_dict(own)
