"""Optimiser steps that follow one another: what Lightning does around each takes half as long as a step of a small network.

Lightning takes the first step of a batch, with all its hooks; here follow those after which nothing has to be done. They
are steps like the first: counted in `global_step`, with the solvers that replace the gradient, clipping and schedulers.
"""

from __future__ import annotations

import time
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback, Timer

from hadronlab.tasks.protocols import ActsEvery

AROUND = ("on_train_batch_start", "on_train_batch_end", "on_before_zero_grad", "on_before_backward", "on_after_backward")  # fmt: skip
WITHIN = ("on_before_optimizer_step", "configure_gradient_clipping", "optimizer_zero_grad", "backward")
PAUSE = 0.1  # seconds after which Lightning has its turn: signals, and callbacks that look at the clock


def take_consecutive_steps(task: LightningModule, optimizer: Any, batch_idx: int) -> None:
    """Take the steps that follow the one just taken, up to the next at which a callback acts."""
    trainer, until = task.trainer, time.monotonic() + PAUSE
    solvers = [c for c in trainer.callbacks if overrides(c, Callback, "on_before_optimizer_step") and not isinstance(c, ActsEvery)]  # type: ignore[attr-defined]  # fmt: skip
    clipping = trainer.gradient_clip_val, trainer.gradient_clip_algorithm
    counter = trainer.fit_loop.epoch_loop.automatic_optimization.optim_progress.optimizer.step

    def closure() -> Any:
        optimizer.zero_grad()  # first: the forward pass can have the memory
        loss: Any = task.training_step(batch_idx, batch_idx)  # any batch will do
        loss.backward()
        for solver in solvers:
            solver.on_before_optimizer_step(trainer, task, optimizer)
        if clipping[0] is not None:
            task.clip_gradients(optimizer, *clipping)
        return loss

    with trainer.precision_plugin.train_step_context():
        for _ in range(trainer.global_step + 1, next_halt(trainer, task)):
            if trainer.should_stop or time.monotonic() > until:
                break
            counter.increment_completed()  # the step before; Lightning counts the last one
            for config in trainer.lr_scheduler_configs:
                task.lr_scheduler_step(config.scheduler, None)
            counter.increment_ready()
            optimizer.optimizer.step(closure)


def next_halt(trainer: Trainer, task: LightningModule) -> int:
    """The first step after the present one behind which something other than a step has to be done."""
    periods = [1 if any(overrides(task, LightningModule, hook) for hook in (*AROUND, *WITHIN)) else 0]
    periods += [_period(callback) for callback in trainer.callbacks]  # type: ignore[attr-defined]
    halts = [(trainer.global_step // period + 1) * period for period in periods if period]
    if trainer.max_steps > 0:
        halts.append(trainer.max_steps)
    return min(halts, default=trainer.global_step + 1)


def _period(callback: Callback) -> int:
    """Steps between two at which a callback acts; 0 where it acts at none in particular."""
    if isinstance(callback, ActsEvery):
        return callback.acts_every
    if isinstance(callback, Timer):
        return 0
    return 1 if any(overrides(callback, Callback, hook) for hook in AROUND) else 0


def overrides(part: object, base: type, hook: str) -> bool:
    """Whether the class of `part` has a method `hook` of its own, where `base` has one that does nothing."""
    return getattr(type(part), hook) is not getattr(base, hook)
