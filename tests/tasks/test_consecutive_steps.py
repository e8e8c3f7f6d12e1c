"""Steps that follow one another without Lightning are the steps that Lightning would take, one for one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from processes import SEPARABLE
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback, Timer

from hadronlab.api import composed
from hadronlab.run.build import build_task, build_trainer
from hadronlab.tasks import consecutive_steps
from hadronlab.tasks.inverse import InverseTask

OPTIMIZERS = {
    "adam": ["optimizer=adam"],
    "a rate that falls": ["optimizer=adam_cosine"],
    "clipped": ["optimizer=adam", "trainer.gradient_clip_val=0.01"],
    "several evaluations a step": [
        "optimizer.optimizer._target_=torch.optim.LBFGS",
        "+optimizer.optimizer.max_iter=2",
    ],
    "Gauss-Newton": ["optimizer=natural_gradient", "optimizer.natural_gradient.warmup_steps=14"],
}
EVERY = [
    "callbacks.guards.every_n_steps=7",
    "callbacks.progress=null",
    "callbacks.checkpoints.every_n_steps=15",
]


class Halts(Callback):
    """Where Lightning has its turn; it asks for none itself."""

    acts_every = 0

    def __init__(self) -> None:
        self.steps: list[int] = []

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        self.steps.append(trainer.global_step)


class EveryStep(Callback):
    """As any callback that does not say at which steps it acts."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        self.steps.append(trainer.global_step)


def trained(directory: Path, callback: Callback, *overrides: str) -> tuple[InverseTask, Trainer]:
    config = composed(*SEPARABLE, *EVERY, "trainer.max_epochs=37", *overrides, directory=directory)
    task, trainer = build_task(config), build_trainer(config, directory)
    assert isinstance(task, InverseTask)
    trainer.callbacks.append(callback)  # type: ignore[attr-defined]
    trainer.fit(task, train_dataloaders=task.steps())
    return task, trainer


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_training_is_the_same_to_the_bit(
    optimizer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parameters, rates, optimizer states, logged rows; the same operations in the same order on the same machine."""
    monkeypatch.setattr(consecutive_steps, "PAUSE", 60.0)  # however slow the machine
    found = []
    for callback in (Halts(), EveryStep()):
        place = tmp_path / type(callback).__name__
        task, trainer = trained(place, callback, *OPTIMIZERS[optimizer])
        state = trainer.optimizers[0].state_dict()
        found.append(
            (task.model.state_dict(), state, trainer.global_step, (place / "metrics.csv").read_text())
        )
        end, alone = trainer.global_step, isinstance(callback, Halts)
        assert callback.steps == [
            n for n in range(1, end + 1) if not alone or n % 7 == 0 or n % 15 == 0 or n == end
        ]
    (ours, our_state, *rest), (theirs, their_state, *other) = found
    assert rest == other
    assert rest[0] == 37 or optimizer == "Gauss-Newton"  # which ends where nothing is gained any more
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert our_state["param_groups"] == their_state["param_groups"]
    for number, entries in their_state["state"].items():
        for name, value in entries.items():
            if isinstance(value, torch.Tensor):
                assert torch.equal(our_state["state"][number][name], value), name


def test_lightning_has_its_turn_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signals and the clock are looked at after 0.1 s of steps; here every step takes longer."""
    monkeypatch.setattr(consecutive_steps, "PAUSE", 0.0)
    halts = Halts()
    trained(tmp_path, halts)
    assert halts.steps == list(range(1, 38))


def test_a_time_limit_is_looked_at_with_the_clock() -> None:
    assert consecutive_steps._period(Timer("00:00:01:00")) == 0


def test_a_training_ends_where_its_solver_says_so(tmp_path: Path) -> None:
    """Gauss-Newton stops within steps that follow one another: no step more is taken."""

    class Stop(Callback):
        def on_before_optimizer_step(self, trainer: Trainer, *_: Any) -> None:
            trainer.should_stop = trainer.should_stop or trainer.global_step == 17

    _, trainer = trained(tmp_path, Stop())
    assert trainer.global_step == 18


def test_a_task_that_looks_at_each_step_gets_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InverseTask, "on_after_backward", lambda self: None)
    halts = Halts()
    trained(tmp_path, halts)
    assert halts.steps == list(range(1, 38))
