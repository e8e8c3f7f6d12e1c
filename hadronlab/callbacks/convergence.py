"""Ends a variational training when nothing is left to gain at the error that was asked for, or when time is short."""

from __future__ import annotations

import logging
import math
import sys
from typing import Any, ClassVar

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback, Timer
from pytorch_lightning.utilities import rank_zero_only

from hadronlab.callbacks.agreement import any_rank
from hadronlab.errors import ConfigError
from hadronlab.tasks.protocols import BeginsAnew, Descends

log = logging.getLogger(__name__)


class Convergence(Callback):
    """Stops in the last stage once the fall still to come is below the task's `target_error`, error included. What settles above
    its threshold with the hadrons held together begins anew with them apart, what is bound deeply without tails between them.

    min_steps: of the last stage, at least. every: steps between two looks. reserve: share of `trainer.max_time` kept
    for the evaluation.
    """

    task: ClassVar[str] = "vmc"

    def __init__(self, min_steps: int = 100, every: int = 20, reserve: float = 0.2) -> None:
        if min_steps < 1 or every < 1 or not 0 <= reserve < 1:
            raise ConfigError(
                f"convergence: min_steps={min_steps}, every={every}, reserve={reserve}: need 1, 1, and [0, 1)"
            )
        self.min_steps, self.every, self.reserve = min_steps, every, reserve

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        timers = [c for c in trainer.callbacks if isinstance(c, Timer)]  # type: ignore[attr-defined]
        late = any(t._duration and t.time_elapsed() > (1 - self.reserve) * t._duration for t in timers)
        if trainer.global_step % self.every and (trainer.world_size > 1 or not late):
            return
        settled = bool(trainer.global_step >= pl_module.last_stage_start + self.min_steps)  # type: ignore[operator]
        better = pl_module.better_binding(settled) if isinstance(pl_module, BeginsAnew) else None
        better = trainer.strategy.broadcast(better)
        if any_rank(trainer, late):
            trainer.should_stop = True
        elif better is not None:
            pl_module.begin_anew(better)  # type: ignore[operator]
            for optimizer in trainer.optimizers:
                optimizer.state.clear()
            deep = better == math.inf
            found = (
                "bound deeply; begun anew without"
                if deep
                else "settling above its threshold; begun anew with long"
            )
            _say(f"step {trainer.global_step}: {found} tails between the hadrons")
        elif any_rank(trainer, settled and self._converged(pl_module)):  # type: ignore[arg-type]
            trainer.should_stop = True

    @staticmethod
    def _converged(task: Descends) -> bool:
        fall, error = task.remaining_descent()
        return fall + error < task.target_error and error < 2 * task.target_error  # the second: no lucky dip


@rank_zero_only
def _say(line: str) -> None:
    log.info(line)
    print(line, file=sys.stderr)
