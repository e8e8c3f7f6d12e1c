"""The learning rate of a run that is continued to another end never rises by accident."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from processes import SEPARABLE, run

from hadronlab.run.directory.checkpoint_io import load_checkpoint
from hadronlab.run.falling_rate import FallingRate


def rates(first: int, then: int, at: int) -> tuple[list[float], list[float]]:
    """Rates of a cosine over `first` steps, and from step `at` of the run that goes on to `then`."""

    def made(steps: int) -> tuple[Any, Any]:
        optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)], lr=0.01)
        return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)

    def stepped(optimizer: Any, scheduler: Any, steps: int) -> list[float]:
        seen = []
        for _ in range(steps):
            optimizer.step()
            scheduler.step()
            seen.append(optimizer.param_groups[0]["lr"])
        return seen

    optimizer, scheduler = made(first)
    before = stepped(optimizer, scheduler, at)
    checkpoint = {"lr_schedulers": [scheduler.state_dict()], "optimizer_states": [optimizer.state_dict()]}
    FallingRate(then).on_load_checkpoint(SimpleNamespace(is_global_zero=True), None, checkpoint)  # type: ignore[arg-type]
    optimizer, scheduler = made(then)
    optimizer.load_state_dict(checkpoint["optimizer_states"][0])
    scheduler.load_state_dict(checkpoint["lr_schedulers"][0])
    return before, [optimizer.param_groups[0]["lr"], *stepped(optimizer, scheduler, then - at)]


@pytest.mark.parametrize("at", [1, 50, 99])
@pytest.mark.parametrize("then", [100, 130, 400])
def test_an_interrupted_run_falls_on_from_its_present_rate(then: int, at: int) -> None:
    before, after = rates(100, then, at)
    assert after[0] == before[-1]
    assert all(b <= a for a, b in pairwise(after))
    assert after[-1] < 1e-12  # rounding of rates of 1e-2


def test_a_shorter_run_ends_earlier() -> None:
    _, after = rates(100, 70, 50)
    assert after[-1] < 1e-12 and len(after) == 21


def test_a_rate_at_its_end_begins_on_the_longer_cosine(capsys: pytest.CaptureFixture[str]) -> None:
    before, after = rates(100, 400, 100)
    assert before[-1] < 1e-12
    assert math.isclose(after[0], 0.01 * (1 + math.cos(math.pi / 4)) / 2, rel_tol=1e-12)
    assert all(b <= a for a, b in pairwise(after)) and after[-1] < 1e-12
    assert "warning: the learning rate had come to its end: it goes on at 0.00854" in capsys.readouterr().err


@pytest.mark.slow
def test_from_the_command_line(tmp_path: Path) -> None:
    directory, log = tmp_path / "run", tmp_path / "log"

    def rate() -> float:
        return load_checkpoint(directory / "checkpoints" / "last.ckpt")["lr_schedulers"][0]["_last_lr"][0]

    first = [*SEPARABLE, "optimizer=adam_cosine", "trainer.max_epochs=20", f"hydra.run.dir={directory}"]
    assert run(first, log) == 0, log.read_text()
    assert run([f"resume={directory}", "trainer.max_epochs=40"], log) == 0, log.read_text()
    assert rate() < 1e-12 and "had come to its end: it goes on at 0.005" in log.read_text()
    assert "T_max: 40" in (directory / "config.yaml").read_text()
    again = [*first[:-2], "trainer.max_epochs=60", f"hydra.run.dir={directory}", "resume=auto"]
    (directory / "result.json").unlink()
    assert run(again, log) == 0, log.read_text()
    assert rate() < 1e-12

    kept = (directory / "config.yaml").read_text()
    log.unlink()
    assert run([f"resume={directory}", "trainer.max_epochs=30"], log) == 1
    (line,) = log.read_text().splitlines()
    assert "stands at step 60 already, and 30 are asked for" in line
    assert (directory / "config.yaml").read_text() == kept
