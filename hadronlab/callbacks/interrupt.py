"""Signals that end or pre-empt a run, Ctrl-C among them: save, then leave with a status of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from hadronlab.callbacks.agreement import any_rank
from hadronlab.tasks.protocols import Abandons, Saves

INTERRUPTED = 75  # EX_TEMPFAIL of sysexits.h: "try again later"; a job script requeues on it
BY_HAND = 130  # 128 + SIGINT, as of every program that Ctrl-C has ended


class Interrupted(SystemExit):
    """Ends the process, and a sweep with it: status 75, 130 after Ctrl-C, or the one that a job scheduler wants to see."""

    under_way = False  # whether the process is on its way out; a further signal changes nothing then

    def __init__(self, message: str, number: int | None = None, status: int | None = None) -> None:
        super().__init__(status or (BY_HAND if number == signal.SIGINT else INTERRUPTED))
        Interrupted.under_way = True
        self.message = message

    def __str__(self) -> str:
        return self.message


class Interrupt(Callback):
    """Between two steps after the first signal: save a checkpoint and exit, on every rank together. A task that can is told to leave
    the step that is under way.

    SIGTERM and SIGUSR1 are SLURM's, SIGUSR2 is submitit's, whose own handler then requeues the job. SIGINT is Ctrl-C;
    another one ends the run without waiting for the step.
    """

    acts_every = 0  # at no step in particular, but soon after a signal
    signals = (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT)

    def __init__(self) -> None:
        self._received: int | None = None
        self._before: dict[int, Any] = {}
        self._speaks = True
        self._leaves: Abandons | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._received, self._speaks = None, trainer.is_global_zero
        self._leaves = pl_module if isinstance(pl_module, Abandons) else None
        if threading.current_thread() is threading.main_thread():  # after Lightning has set its own handlers
            heard = [
                n for n in self.signals if signal.getsignal(n) != signal.SIG_IGN
            ]  # a script's background job ignores Ctrl-C
            self._before = {number: signal.signal(number, self._handle) for number in heard}

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if not any_rank(trainer, self._received is not None):
            return
        saved = [c.save(trainer) for c in trainer.callbacks if isinstance(c, Saves)]  # type: ignore[attr-defined]
        if not trainer.is_global_zero:
            raise SystemExit(0)  # rank 0 speaks for all
        name = signal.Signals(self._received).name if self._received else "a signal to another rank"
        message = (
            f"interrupted by {name} at step {trainer.global_step}: {'saved' if any(saved) else 'this step is not saved'}; "
            f"continue with resume={trainer.default_root_dir}"
        )
        print(message, file=sys.stderr)
        try:
            self._requeue()
        except SystemExit as leaving:
            raise Interrupted(message, status=leaving.code) from None  # type: ignore[arg-type]
        raise Interrupted(message, self._received)

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
        if number == signal.SIGINT:
            if self._received == number:
                raise Interrupted("interrupted by Ctrl-C twice: this step is not saved", number)
            if self._speaks:  # not by print, which may be what was interrupted
                os.write(2, b"ending after this step; Ctrl-C again ends at once, without saving it\n")
        self._received = number
        if self._leaves is not None:
            self._leaves.abandon()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}


@contextlib.contextmanager
def signals_reported(directory: Path, speaks: bool = True) -> Iterator[None]:
    """Around a whole run: a signal before or after its training, which has nothing to save, ends it with a line too.

    Handlers of somebody else, such as submitit or a sweep, stay. speaks: whether this process is the one to tell.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        if Interrupted.under_way:
            return  # a sweep that ends tells its workers, and so does its death
        message = f"interrupted by {signal.Signals(number).name}: continue with resume={directory}"
        if speaks:
            os.write(2, f"{message}\n".encode())
        raise Interrupted(message, number)

    Interrupted.under_way = False
    free = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in Interrupt.signals if free}
    mine = [
        number
        for number, handler in before.items()
        if handler in (signal.SIG_DFL, signal.default_int_handler)
    ]
    for number in mine:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, before[number])
