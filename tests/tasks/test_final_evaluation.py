"""What a run in a hurry measures with: fewer walkers, which have a larger error and no bias."""

from types import SimpleNamespace

import pytest

from hadronlab.tasks import final_evaluation


@pytest.mark.parametrize(("seconds", "walkers"), [(None, 2000), (100.0, 2000), (5.0, 1000), (0.0, 64)])
def test_walkers_that_reach_equilibrium_in_time(monkeypatch, seconds, walkers):
    """A sweep of all 2000 walkers takes 20 ms, and one more evaluation of the density comes before it."""
    clock = SimpleNamespace(now=0.0)
    clock.sample = lambda sweeps: setattr(clock, "now", clock.now + 0.02 * (sweeps + 1))
    monkeypatch.setattr(final_evaluation.time, "monotonic", lambda: clock.now)
    task = SimpleNamespace(evaluation_walkers=2000, make_sampler=lambda *_, **__: clock, model=None, seed=1)
    assert final_evaluation.affordable_walkers(task, 500, seconds) == pytest.approx(walkers, abs=1)
