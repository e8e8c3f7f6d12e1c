"""The signals with which clusters end or pre-empt a job: save, then leave with a status of its own."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from hadronlab.callbacks.agreement import any_rank
from hadronlab.callbacks.checkpoints import Checkpoints

INTERRUPTED = 75  # EX_TEMPFAIL of sysexits.h: "try again later"; a job script requeues on it


class Interrupted(SystemExit):
    """Ends the process, and a sweep with it, with status 75 or with the one that a job scheduler wants to see."""

    def __init__(self, message: str, status: int = INTERRUPTED) -> None:
        super().__init__(status)
        self.message = message

    def __str__(self) -> str:
        return self.message


class Interrupt(Callback):
    """Between two steps after the first signal: save a checkpoint and exit with status 75, on every rank together.

    SIGTERM and SIGUSR1 are SLURM's, SIGUSR2 is submitit's, whose own handler then requeues the job.
    """

    signals = (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)

    def __init__(self) -> None:
        self._received: int | None = None
        self._before: dict[int, Any] = {}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._received = None
        if threading.current_thread() is threading.main_thread():  # after Lightning has set its own handlers
            self._before = {number: signal.signal(number, self._handle) for number in self.signals}

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if not any_rank(trainer, self._received is not None):
            return
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            if isinstance(callback, Checkpoints):
                callback.save(trainer)
        if not trainer.is_global_zero:
            raise SystemExit(0)  # rank 0 speaks for all
        name = signal.Signals(self._received).name if self._received else "a signal to another rank"
        message = f"interrupted by {name} at step {trainer.global_step}: saved; continue with resume={trainer.default_root_dir}"
        print(message, file=sys.stderr)
        try:
            self._requeue()
        except SystemExit as leaving:
            raise Interrupted(message, leaving.code) from None  # type: ignore[arg-type]
        raise Interrupted(message)

    def _requeue(self) -> None:
        """Let submitit put the job into its queue again, if it was submitit that listened to the signal before."""
        handler = self._before.get(self._received or 0)
        if type(getattr(handler, "__self__", None)).__module__.startswith("submitit."):
            handler(self._received, None)  # type: ignore[misc]

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._restore()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._restore()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._received = number

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
