"""Callbacks that break a run on purpose: `+callbacks.bomb._target_=faults.NaNGradient +callbacks.bomb.at=30`."""

from __future__ import annotations

import math
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback


class Bomb(Callback):
    """Strikes at step `at`; with `always`, at every later step too, so that no repair helps; on one `rank`, or all."""

    struck = 0

    def __init__(self, at: int = 30, always: bool = False, rank: int | None = None) -> None:
        self.at, self.always, self.rank = at, always, rank

    def due(self, trainer: Trainer) -> bool:
        first = trainer.global_step == self.at and type(self).struck == 0
        return first or (self.always and trainer.global_step >= self.at)

    def strike(self, module: Any) -> None:
        raise NotImplementedError

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Any) -> None:
        if self.rank in (None, trainer.global_rank) and self.due(trainer):
            type(self).struck += 1
            self.strike(pl_module)


class Held(Callback):
    """While `file` exists, every step takes `seconds`: the run is still under way when the test sends its signal."""

    def __init__(self, file: str, seconds: float) -> None:
        self.file, self.seconds = Path(file), seconds

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Any) -> None:
        if self.file.exists():
            time.sleep(self.seconds)


class NaNGradient(Bomb):
    def strike(self, module: Any) -> None:
        next(p for p in module.parameters() if p.grad is not None).grad.view(-1)[0] = math.nan


class InfiniteParameter(Bomb):
    def strike(self, module: Any) -> None:
        with torch.no_grad():
            next(module.parameters()).view(-1)[0] = math.inf


class OtherRounding(Callback):
    """Rank 1 solves to other last digits, as with other threads or another processor; no repair is needed."""

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Any) -> None:
        if trainer.global_rank == 1:
            for p in pl_module.parameters():
                p.grad = None if p.grad is None else p.grad * (1 + 1e-6)


class DeadNetwork(Bomb):
    """U = 0 everywhere from here on, as a network whose units have all died."""

    def strike(self, module: Any) -> None:
        on_grid = module.model.on_grid
        module.model.on_grid = lambda *a, **k: on_grid(*a, **k) * 0.0


class FrozenWalkers(Bomb):
    """Steps so large that nothing is accepted."""

    def strike(self, module: Any) -> None:
        module.sampler.adapt = False
        module.sampler.move_weights = torch.tensor(
            [1.0, 0.0, 0.0], dtype=torch.float64
        )  # all particles at once
        module.sampler.steps[:] = 1e6


class LostWalker(Bomb):
    """A walker that no number tells where it is: the sampler raises an error."""

    def strike(self, module: Any) -> None:
        module.sampler.r = torch.full_like(module.sampler.r, math.nan)


class Killed(Bomb):
    """The process is gone at once, as where the memory of a machine runs out."""

    def strike(self, module: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class TinySteps(Bomb):
    """Steps so small that everything is accepted and nothing moves."""

    def strike(self, module: Any) -> None:
        module.sampler.adapt = False
        module.sampler.steps[:] = 1e-6


class SeparatedWalkers(Bomb):
    """Half of the walkers in another place, and steps with which the halves do not meet: only R-hat shows it."""

    def strike(self, module: Any) -> None:
        sampler = module.sampler
        if not sampler.adapt:
            return  # struck already
        sampler.adapt = False
        sampler.steps[:] = 0.03
        far, near = sampler.r[..., ::2].clone(), sampler.r[..., 1::2].clone()
        sampler.r = torch.cat([far * (3.0 * near.norm() / far.norm()), near], -1)


class Repeated(Bomb):
    """Twelve times in a row, more than the guards' patience."""

    def due(self, trainer: Trainer) -> bool:
        return trainer.global_step >= self.at and (self.always or type(self).struck < 12)


class Dispersed(Repeated):
    """Steps that let the envelopes fall ever more slowly."""

    def strike(self, module: Any) -> None:
        with torch.no_grad():
            for p in module.model.parameters():
                p.mul_(0.8)


class LowerOnce(Repeated):
    """The lowest energy on record is one that the training never comes near again."""

    def strike(self, module: Any) -> None:
        record = module.record
        if record.lowest is not None:
            record.lowest = replace(record.lowest, mean=record.latest.mean - 10.0 * record.lowest.std)


class EnergyBelowBound(Repeated):
    """Energies that no wave function has."""

    def strike(self, module: Any) -> None:
        energy, error = module.history[-1]
        module.history[-1] = (energy - 1e5, error)
