"""Stages by step, and the parameter sets of the last stage."""

import pytest
import torch
from hydra import compose, initialize_config_module
from hydra.utils import instantiate

from hadronlab.errors import ConfigError
from hadronlab.optim.parameter_sets import ParameterSets
from hadronlab.optim.schedule import Schedule, Stage


def three_stages(**settings):
    stages = {
        "a": Stage(until=10, walkers=0.5),
        "b": Stage(until=30, rate=0.5),
        "c": Stage(walkers=2, rate=0.25),
    }
    return Schedule(stages, **settings)


def test_stages_and_rates():
    schedule = three_stages(pace=2.0, decay=100)
    assert [schedule.stage(step).walkers for step in (0, 19, 20, 59, 60, 10**6)] == [0.5, 0.5, 1, 1, 2, 2]
    assert schedule.last_stage_start == 60
    assert schedule.rate(0) == 1 and schedule.rate(200) == pytest.approx(
        0.25 / 2
    )  # half after pace × decay steps


def test_annealing_falls_linearly_to_a_fiftieth_at_the_last_step():
    schedule = Schedule({"all": Stage(rate=2.0)}, anneal=0.5, steps=200)
    assert [schedule.rate(step) for step in (0, 100, 150, 200, 10**6)] == pytest.approx(
        [2.0, 2.0, 1.0, 0.04, 0.04]
    )
    assert schedule.last_stage_start == 150  # the middle of the annealing


@pytest.mark.parametrize(
    ("choices", "rate_at_end", "momentum"),
    [
        ([], 1 / 2, 0.8),  # the task's: half after `decay` = 600 steps
        (["model=deepquark"], 0.01, 0.8),  # the model's: a fiftieth of its gain
        (["model=deepquark", "schedule=fast"], 1 / 2, 0.8),
        (["model=deepquark", "experiment=deepquark/recipe"], 1.0, 0.0),
        (["model=invariant", "schedule=anneal"], 0.01, 0.8),
    ],
)
def test_who_chooses_the_schedule(choices, rate_at_end, momentum):
    """Command line > experiment > model > task."""
    with initialize_config_module("hadronlab.conf", version_base=None):
        config = compose("train", ["system=tbb", *choices, "trainer.max_steps=600"])
    schedule = instantiate(config.schedule, _convert_="all")
    assert schedule.rate(600 if rate_at_end < 1 else 0) == pytest.approx(rate_at_end)
    assert schedule.stage(0).momentum == momentum


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Schedule({}),
        lambda: Schedule({"a": Stage(until=5)}),
        lambda: Schedule({"a": Stage(until=5), "b": Stage(until=5), "c": Stage()}),
        lambda: Schedule({"a": Stage(), "b": Stage()}),
        lambda: three_stages(pace=0),
        lambda: three_stages(keep=0),
        lambda: three_stages(anneal=0.5),
        lambda: three_stages(anneal=0.5, steps=-1),
        lambda: three_stages(anneal=1.5, steps=100),
        lambda: Stage(walkers=0),
        lambda: Stage(momentum=1.0),
        lambda: Stage(clip=0.0),
    ],
)
def test_impossible_stages_are_refused(wrong):
    with pytest.raises(ConfigError, match="schedule"):
        wrong()


def test_the_mean_weighs_late_parameters_more():
    """θ_k = k: the weights of polynomial-decay averaging with η = 9 are ∝ k(k+1)…(k+8)."""
    sets = ParameterSets(three_stages(average=True))
    n = 50
    for step in range(1, 31 + n):
        sets.update(step, torch.tensor([float(step - 30)], dtype=torch.float64))
    k = torch.arange(1, n + 1, dtype=torch.float64)
    weights = torch.stack([k + i for i in range(9)]).prod(0)
    assert sets.count == n and sets.mean is not None
    assert float(sets.mean[0]) == pytest.approx(float((weights * k).sum() / weights.sum()))


def test_sets_kept_for_the_end():
    sets = ParameterSets(three_stages(keep=3, keep_every=5))
    for step in range(1, 62):
        sets.update(step, torch.tensor([float(step)]))
    now = torch.tensor([61.0])
    assert {name: float(theta) for name, theta in sets.candidates(now).items()} == {
        "set 1 of 3": 50.0, "set 2 of 3": 55.0, "set 3 of 3": 60.0}  # fmt: skip
    other = ParameterSets(three_stages(keep=3, keep_every=5))
    other.load_state_dict(sets.state_dict())
    assert [float(t) for t in other.kept] == [50.0, 55.0, 60.0]
    assert list(ParameterSets(three_stages()).candidates(now)) == ["last"]


def test_the_mean_stands_beside_the_sets_that_are_kept():
    sets = ParameterSets(three_stages(keep=3, keep_every=5, average=True))
    for step in range(1, 34):
        sets.update(step, torch.tensor([float(step)]))
    assert list(sets.candidates(torch.tensor([33.0]))) == ["last"]
    for step in range(34, 42):
        sets.update(step, torch.tensor([float(step)]))
    assert list(sets.candidates(torch.tensor([41.0]))) == ["set 1 of 2", "set 2 of 2", "mean"]
