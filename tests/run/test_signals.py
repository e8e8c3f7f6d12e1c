"""Signals: what they leave behind before, during and after a training."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hadronlab.callbacks.checkpoints import Checkpoints
from hadronlab.callbacks.interrupt import Interrupt, Interrupted, signals_reported
from hadronlab.run.directory.run_directory import reason_kept


class Disk(Checkpoints):
    """Checkpoints that are written, or not."""

    def __init__(self, full: bool) -> None:
        super().__init__()
        self.full = full

    def save(self, trainer: Any) -> bool:
        return not self.full


@pytest.fixture(autouse=True)
def _hears_ctrl_c() -> Iterator[None]:
    """As where the tests do not run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    ("number", "full", "status", "said"),
    [
        (signal.SIGTERM, False, 75, "interrupted by SIGTERM at step 7: saved; continue with resume=there"),
        (signal.SIGINT, False, 130, "interrupted by SIGINT at step 7: saved; continue with resume=there"),
        (signal.SIGUSR1, True, 75, "interrupted by SIGUSR1 at step 7: this step is not saved; continue"),
    ],
)
def test_a_signal_within_a_training(
    number: signal.Signals, full: bool, status: int, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    interrupt = Interrupt()
    trainer: Any = SimpleNamespace(
        callbacks=[Disk(full)], world_size=1, is_global_zero=True, global_step=7, default_root_dir="there"
    )
    before = [signal.getsignal(number) for number in Interrupt.signals]
    interrupt.on_train_start(trainer, None)  # type: ignore[arg-type]
    try:
        interrupt.on_train_batch_start(trainer, None, None, 0)  # type: ignore[arg-type]
        os.kill(os.getpid(), number)
        with pytest.raises(Interrupted) as caught:
            interrupt.on_train_batch_start(trainer, None, None, 1)  # type: ignore[arg-type]
        if number == signal.SIGINT:
            with pytest.raises(Interrupted, match="Ctrl-C twice"):  # within a step that does not end
                os.kill(os.getpid(), number)
    finally:
        interrupt.on_exception(trainer, None, KeyboardInterrupt())  # type: ignore[arg-type]
    assert caught.value.code == status and str(caught.value).startswith(said)
    assert said in capfd.readouterr().err
    assert [signal.getsignal(number) for number in Interrupt.signals] == before


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_a_signal_before_or_after_the_training(
    number: signal.Signals, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Interrupted) as caught, signals_reported(Path("there")):
        os.kill(os.getpid(), number)
    line = f"interrupted by {number.name}: continue with resume=there"
    assert caught.value.code == status and str(caught.value) == line
    assert capfd.readouterr().err == f"{line}\n"
    assert signal.getsignal(number) == before


def test_a_second_signal_does_not_keep_the_first_from_being_noted(tmp_path: Path) -> None:
    with pytest.raises(Interrupted, match="at step 7"), signals_reported(tmp_path), reason_kept(tmp_path):
        try:
            raise Interrupted("interrupted by SIGTERM at step 7: saved", signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
    assert "at step 7" in (tmp_path / "stopped.txt").read_text()


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """A background job of a script does not hear Ctrl-C."""
    trainer: Any = SimpleNamespace(
        callbacks=[], world_size=1, is_global_zero=True, global_step=7, default_root_dir="x"
    )
    interrupt, before = Interrupt(), signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with signals_reported(Path("there")):
            interrupt.on_train_start(trainer, None)  # type: ignore[arg-type]
            os.kill(os.getpid(), signal.SIGINT)
            interrupt.on_train_batch_start(trainer, None, None, 0)  # type: ignore[arg-type]
            interrupt.on_train_end(trainer, None)  # type: ignore[arg-type]
    finally:
        assert signal.signal(signal.SIGINT, before) == signal.SIG_IGN


def test_handlers_of_others_stay() -> None:
    received: list[int] = []
    before = signal.signal(signal.SIGUSR2, lambda number, frame: received.append(number))
    try:
        with signals_reported(Path("there")):
            os.kill(os.getpid(), signal.SIGUSR2)
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert received == [signal.SIGUSR2]
