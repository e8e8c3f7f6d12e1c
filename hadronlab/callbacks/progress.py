"""A progress bar that counts optimiser steps and shows the loss and its parts."""

from __future__ import annotations

from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import ProgressBar
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress


class Progress(ProgressBar):
    """Rich bar, which a quiet run leaves out as any ProgressBar of Lightning, refreshed every `refresh_rate` steps with the task's `status()` line."""

    def __init__(self, refresh_rate: int = 20) -> None:
        super().__init__()
        self.refresh_rate = max(1, refresh_rate)
        self._bar: RichProgress | None = None

    def disable(self) -> None:
        """Asked of every process but the first, which alone begins a bar."""

    def enable(self) -> None:
        """The opposite."""

    @property
    def acts_every(self) -> int:
        """Steps between two at which something is done around a step (see tasks/consecutive_steps.py)."""
        return self.refresh_rate

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not trainer.is_global_zero:
            return
        self._bar = RichProgress(TextColumn("training"), BarColumn(None), MofNCompleteColumn(), TimeElapsedColumn(),
                                 TimeRemainingColumn(), TextColumn("{task.fields[status]}"), transient=True)  # fmt: skip
        total = trainer.max_steps if trainer.max_steps > 0 else None
        self._task = self._bar.add_task("", total=total, completed=trainer.global_step, status="")
        self._bar.start()

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if self._bar is not None and trainer.global_step % self.refresh_rate == 0:
            self._bar.update(self._task, completed=trainer.global_step, status=pl_module.status())  # type: ignore[operator]

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._stop()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
