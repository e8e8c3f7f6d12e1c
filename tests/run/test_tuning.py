"""Threads, and whatever else a run chooses by a trial: chosen, written down, used again."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import yaml
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import OmegaConf

from hadronlab import api
from hadronlab.config.check import check
from hadronlab.errors import ConfigError, HadronlabError
from hadronlab.run import threads, tuning
from hadronlab.run.build import build_task
from hadronlab.run.directory.checkpoint_io import load_checkpoint
from hadronlab.run.directory.run_directory import changes
from hadronlab.run.threads import cores, thread_counts
from hadronlab.run.tuning import Choice, choices_of, settle, tried

SMALL = ["system=separable", "model=sdnn_uniform", "model.depth=1", "model.width=6", "data.n_radii=24", "data.n_momenta=4",
         "quiet=true", "figures=false", "loss=schrodinger"]  # fmt: skip
VMC = ["system=jpsi", "sampler.n_walkers=40", "sampler.sweeps=2", "quiet=true", "figures=false"]
CPU = {"accelerator": "cpu", "devices": 1, "strategy": "auto", "num_nodes": 1}


@pytest.fixture(autouse=True)
def _threads_put_back() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


class Clock:
    """A task whose step takes, by a clock of its own, the seconds that are given for the present value."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float]) -> None:
        self.seconds, self.now, self.value, self.steps = seconds, 0.0, 0, 0
        monkeypatch.setattr(tuning, "time", SimpleNamespace(perf_counter=lambda: self.now))

    def use(self, value: int) -> None:
        self.value = value

    def rehearse(self) -> None:
        self.now += self.seconds[self.value]
        self.steps += 1


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        ({1: 0.02, 2: 0.012, 4: 0.008, 8: 0.007}, 4),  # 1.7, 1.5, 1.1 times
        ({1: 0.02, 2: 0.017, 4: 0.001}, 1),  # no one looks beyond a pair that is not worth it
        ({1: 0.02, 2: 0.06}, 1),  # a busy neighbour
        ({1: 0.004, 2: 0.0001}, 1),  # too small
        ({1: 5.0, 2: 2.6}, 2),
    ],
)
def test_more_where_a_trial_shows_that_it_is_worth_it(
    monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float], found: int
) -> None:
    task = Clock(monkeypatch, seconds)
    assert tried(Choice("threads", lambda c: [], task.use, 1.3), list(seconds), task) == found
    longest = max(seconds.values())
    assert task.now < 4 * longest + 3 * (2 * tuning.TRIAL)  # a trial is short


def test_a_task_that_cannot_rehearse_or_fails_at_it_takes_the_first() -> None:
    def fail() -> None:
        raise HadronlabError("a walker left the range of numbers")

    choice = Choice("threads", lambda c: [], lambda value: None, 1.3)
    assert tried(choice, [1, 2], object()) == 1
    assert tried(choice, [1, 2], SimpleNamespace(rehearse=fail)) == 1


@pytest.mark.parametrize(
    ("trainer", "launcher", "omp", "counts"),
    [
        ({}, {}, None, [1, 2, 4, 8, 12]),
        ({}, {}, "3", [1, 2, 3]),
        ({}, {}, "nonsense", [1, 2, 4, 8, 12]),
        ({"strategy": "ddp", "devices": 4}, {}, None, [1, 2, 3]),
        ({"strategy": "ddp", "devices": 16}, {}, None, [1]),
        ({}, {"_target_": "x.JoblibLauncher", "n_jobs": 2}, None, [1, 2, 4, 6]),
        ({"strategy": "ddp", "devices": 2}, {"_target_": "x.JoblibLauncher", "n_jobs": 3}, None, [1, 2]),
        ({}, {"_target_": "x.JoblibLauncher", "n_jobs": -1}, None, [1]),
        ({}, {"_target_": "x.LocalLauncher"}, None, [1]),
        ({}, {"_target_": "x.BasicLauncher"}, None, [1, 2, 4, 8, 12]),
    ],
)
def test_cores_are_shared_by_count(
    monkeypatch: pytest.MonkeyPatch, trainer: Any, launcher: Any, omp: str | None, counts: list[int]
) -> None:
    monkeypatch.setattr(threads, "machine_cores", lambda: 12)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if omp is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", omp)
    hydra = OmegaConf.create({"mode": RunMode.MULTIRUN if launcher else RunMode.RUN, "launcher": launcher})
    monkeypatch.setattr(HydraConfig, "initialized", lambda: True)
    monkeypatch.setattr(HydraConfig, "get", lambda: hydra)
    config = OmegaConf.create({"trainer": {**CPU, **trainer}})
    assert thread_counts(config) == counts and cores(config) == counts[-1]


def test_ranks_that_begin_together_make_no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "machine_cores", lambda: 12)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    assert thread_counts(OmegaConf.create({"trainer": CPU})) == [1]


def test_what_was_asked_for_or_kept_needs_no_trial(capsys: pytest.CaptureFixture[str]) -> None:
    config = OmegaConf.create({"threads": 2, "trainer": CPU})
    settle(config, None, {"threads": 1})
    assert torch.get_num_threads() == config.threads == 2
    assert "threads=2, and 1 before" in capsys.readouterr().err
    config.threads = "auto"
    settle(config, None, {"threads": 3})
    assert torch.get_num_threads() == config.threads == 3
    assert choices_of({"hadronlab": {}}) == {} and choices_of(
        {"hadronlab": {"choices": {"threads": 2, "x": 1}}}
    ) == {"threads": 2}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("0", "threads=0: give 1 or more, or auto"),
        ("-2", "threads=-2: give 1 or more, or auto"),
        ("1.5", "threads must be a whole number or one of auto, got 1.5"),
        ("many", "threads must be a whole number or one of auto, got 'many'"),
        ("null", "threads must be a whole number or one of auto, got None"),
        ("true", "threads must be a whole number or one of auto, got True"),
    ],
)
def test_numbers_that_are_none_are_refused(value: str, told: str, tmp_path: Path) -> None:
    config = api.composed(f"threads={value}", directory=tmp_path)
    with pytest.raises(ConfigError) as error:
        check(config)
    assert str(error.value) == told.replace("a whole number or one of auto", "one of auto or a whole number")


@pytest.mark.slow
@pytest.mark.parametrize("settings", [SMALL, [*SMALL, "optimizer=natural_gradient"], VMC, [*VMC, "optimizer=adam"]],
                         ids=["adam", "gauss-newton", "sr", "vmc-adam"])  # fmt: skip
def test_a_rehearsal_leaves_the_task_as_it_is(settings: list[str], tmp_path: Path) -> None:
    task = build_task(api.composed(*settings, directory=tmp_path))
    before = copy.deepcopy(task.state_dict()), torch.get_rng_state()
    sampler = getattr(task, "sampler", None)
    walkers = copy.deepcopy(sampler.state_dict()) if sampler else None
    task.rehearse()
    torch.testing.assert_close(task.state_dict(), before[0], rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), before[1])
    assert all(p.grad is None for p in task.parameters())
    if sampler:
        torch.testing.assert_close(sampler.state_dict(), walkers, rtol=0, atol=0)


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Two threads that a trial is said to choose, and what a run makes of it; torch keeps its one."""
    told: list[Any] = []
    monkeypatch.setattr(tuning, "CHOICES", (Choice("threads", lambda c: [1, 2], told.append, 1.3),))
    monkeypatch.setattr(tuning, "tried", lambda *_: told.append("trial") or 2)
    return told


@pytest.mark.slow
def test_a_choice_is_written_down_and_used_again(
    tmp_path: Path, pretended: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """What a trial chose stands in config.yaml and in the checkpoint; who goes on or evaluates has no trial."""
    directory = tmp_path / "run"

    def train(steps: int, *more: str) -> int:
        pretended.clear()
        api.run(*SMALL, f"trainer.max_steps={steps}", *more, directory=directory)
        chosen = yaml.safe_load((directory / "config.yaml").read_text())["threads"]
        assert choices_of(load_checkpoint(directory / "checkpoints" / "last.ckpt")) == {"threads": chosen}
        return chosen

    assert train(2) == 2 and pretended == ["trial", 2]
    assert changes(directory, api.composed(*SMALL, "trainer.max_steps=2", directory=directory)) == {}
    (directory / "result.json").unlink()  # as of a run that was killed
    assert train(4, "resume=auto") == 2 and pretended == [2]
    pretended.clear()
    capsys.readouterr()
    api.evaluate(directory)
    assert pretended == [2] and not capsys.readouterr().err
    (directory / "result.json").unlink()
    assert train(6, "resume=auto", "threads=1") == 1 and pretended == [1]
    assert "threads=1, and 2 before" in capsys.readouterr().err


def test_one_thread_where_that_is_all_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OMP_NUM_THREADS=1, as in all these tests: no trial, and the checkpoint says it."""
    assert os.environ["OMP_NUM_THREADS"] == "1"
    monkeypatch.setattr(tuning, "speed_up", None)
    run = api.run(*SMALL, "trainer.max_steps=2", directory=tmp_path / "run")
    assert yaml.safe_load((run.directory / "config.yaml").read_text())["threads"] == 1
