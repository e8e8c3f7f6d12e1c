"""Checkpoints between two steps: `checkpoints/last.ckpt`, the newest, and `previous.ckpt`, the one before."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Checkpoint

from hadronlab.callbacks.agreement import any_rank
from hadronlab.errors import ConfigError
from hadronlab.tasks.protocols import Suspects

log = logging.getLogger(__name__)


class Checkpoints(Checkpoint):
    """Saves every `every_n_steps` steps, or when `every_minutes` have passed, and at the end.

    A save falls between two steps, after the step's row went to the loggers, so that a run killed at any moment has
    logged all that its checkpoint counts. A state that is not finite is never saved, and one that the guards suspect
    only at the end. A disk that is full costs the checkpoint, not the run: both old files stand and the next save
    tries again.
    """

    def __init__(self, every_n_steps: int = 500, every_minutes: float = 10.0) -> None:
        if every_n_steps < 1 or not every_minutes > 0:
            raise ConfigError(
                f"every_n_steps = {every_n_steps}, every_minutes = {every_minutes} of checkpoints: must be positive"
            )
        self.every_n_steps, self.every_minutes = every_n_steps, every_minutes
        self._saved_step, self._saved_at = -1, 0.0

    @property
    def acts_every(self) -> int:
        """Steps between two at which something is done around a step (see tasks/consecutive_steps.py)."""
        return self.every_n_steps

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._saved_step = (
            trainer.global_step if trainer.ckpt_path else -1
        )  # a new run saves at once: something to go back to
        self._saved_at = time.monotonic()

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        due = trainer.global_step % self.every_n_steps == 0
        if not due:
            late = time.monotonic() - self._saved_at > 60.0 * self.every_minutes
            due = any_rank(trainer, late)
        suspects = (c.suspicious for c in trainer.callbacks if isinstance(c, Suspects))  # type: ignore[attr-defined]
        if due and not any_rank(trainer, any(suspects)):
            self.save(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.save(trainer)

    def save(self, trainer: Trainer) -> bool:
        """Write last.ckpt now, on all ranks together, unless it holds the present step already; whether it does now."""
        if trainer.global_step == self._saved_step:
            return True
        self._saved_at = time.monotonic()
        if any_rank(trainer, not finite(trainer.lightning_module)):
            log.warning("step %d: parameters are not finite, no checkpoint", trainer.global_step)
            return False
        directory = Path(trainer.default_root_dir) / "checkpoints"
        failed = False
        try:
            trainer.save_checkpoint(
                directory / "last.ckpt", storage_options={"keep": directory / "previous.ckpt"}
            )
        except OSError as error:  # on rank 0, which alone writes
            failed = True
            before = f"that of step {self._saved_step} stands" if self._saved_step >= 0 else "there is none"
            log.warning("no checkpoint at step %d: %s", trainer.global_step, error)
            print(f"no checkpoint at step {trainer.global_step}: {error.strerror}; {before}", file=sys.stderr)
            trainer.strategy.barrier()  # where the other ranks wait for it
        if any_rank(trainer, failed):
            return False
        self._saved_step = trainer.global_step
        return True

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Take the batch that is about to begin out of Lightning's counters: a resumed run begins it anew."""
        progress = checkpoint["loops"]["fit_loop"]["epoch_loop.batch_progress"]
        for counts in (progress["total"], progress["current"]):
            counts["ready"] = counts["started"] = counts["completed"]


def finite(module: torch.nn.Module) -> bool:
    """Whether every parameter is finite."""
    norms = torch._foreach_norm([p.detach() for p in module.parameters()])
    return bool(torch.isfinite(torch.stack([n.double() for n in norms]).sum())) if norms else True
