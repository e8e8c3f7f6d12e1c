"""What a run in a hurry measures with: fewer walkers, which have a larger error and no bias; and what time it has."""

import time
from types import SimpleNamespace

import pytest
from pytorch_lightning.callbacks import Timer

from hadronlab.errors import ConfigError
from hadronlab.tasks import final_evaluation
from hadronlab.tasks.final_evaluation import bound_by, seconds_left


@pytest.mark.parametrize(("seconds", "walkers"), [(None, 2000), (100.0, 2000), (5.0, 1000), (0.0, 64)])
def test_walkers_that_reach_equilibrium_in_time(monkeypatch, seconds, walkers):
    """A sweep of all 2000 walkers takes 20 ms, and one more evaluation of the density comes before it."""
    clock = SimpleNamespace(now=0.0)
    clock.sample = lambda sweeps: setattr(clock, "now", clock.now + 0.02 * (sweeps + 1))
    monkeypatch.setattr(final_evaluation.time, "monotonic", lambda: clock.now)
    task = SimpleNamespace(evaluation_walkers=2000, make_sampler=lambda *_, **__: clock, model=None, seed=1)
    assert final_evaluation.affordable_walkers(task, 500, seconds) == pytest.approx(walkers, abs=1)


def test_time_left_counts_what_went_before_a_resume():
    timer = Timer("00:00:01:00")
    timer.load_state_dict({"time_elapsed": {"train": 50.0}})
    task = SimpleNamespace(deadline=None, _trainer=True, trainer=SimpleNamespace(callbacks=[timer]))
    timer.on_train_start(None, None)
    timer.on_train_end(None, None)
    assert 0 < seconds_left(task) <= 10
    time.sleep(0.05)  # the timer of a training that has ended stands still
    assert seconds_left(task) < 9.97
    task.deadline = time.monotonic() - 1
    assert seconds_left(task) == 0
    assert seconds_left(SimpleNamespace(deadline=None, _trainer=None)) is None


def test_the_time_of_an_evaluation():
    task = SimpleNamespace(deadline=None, evaluation_samples=None)
    bound_by(task, None, None)
    assert task.deadline is None
    before = time.monotonic()
    bound_by(task, None, "00:00:01:00")
    assert before + 60 <= task.deadline <= time.monotonic() + 60
    bound_by(task, "00:00:00:10", "00:00:01:00")
    assert before + 10 <= task.deadline <= time.monotonic() + 10
    for wrong in ("5", "soon", "00:00:00:00", ""):
        with pytest.raises(ConfigError, match="DD:HH:MM:SS above 0"):
            bound_by(task, wrong, None)
    with pytest.raises(ConfigError, match="no walkers"):
        bound_by(SimpleNamespace(), "00:00:00:10", None)
    bound_by(SimpleNamespace(), None, "00:00:00:10")  # a potential has no walkers, and needs no time


@pytest.mark.parametrize(
    ("spread", "target", "samples"),
    [(12.0, 0.3, 14_400), (6.0, 0.3, 10_000), (6.0, 0.1, 32_400), (90.0, 0.1, 40_000), (None, 0.3, 40_000)],
)
def test_samples_that_tell_parameter_sets_apart(spread, target, samples):
    """A third of the target error is the spread over the root of their number."""
    latest = None if spread is None else SimpleNamespace(std=spread)
    task = SimpleNamespace(record=SimpleNamespace(latest=latest), target_error=target)
    assert final_evaluation.compared_samples(task) == pytest.approx(samples, abs=1)
