"""Several states in a variational run: their levels, exact resumption, the names of the results."""

import math
from pathlib import Path

import fitting
import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.observables.results import Results
from hadronlab.plotting.training_levels import training_levels
from hadronlab.run.build import build_task
from hadronlab.run.directory.checkpoint_io import load_checkpoint
from hadronlab.sampling.local_energy import local_energy
from hadronlab.tasks.final_evaluation import measured
from hadronlab.tasks.several_states import fix_states

SMALL = ["sampler.n_walkers=40", "task.burn_in=40", "trainer.log_every_n_steps=4", "quiet=true",
         "task.evaluation_walkers=200", "task.evaluation_samples=4000"]  # fmt: skip
TWO = ("system=D", "task.states=2", "model.widths=[6]")


def configuration(directory: Path, *overrides: str):
    return fitting.configuration(directory, *SMALL, *overrides)


def fit(directory: Path, *overrides: str, resume: bool = False):
    return fitting.fit(directory, *SMALL, *overrides, resume=resume)


def test_a_resumed_run_is_bit_identical(tmp_path: Path) -> None:
    whole = fit(tmp_path / "whole", *TWO, "trainer.max_steps=8")
    fit(tmp_path / "parts", *TWO, "trainer.max_steps=4")
    parts = fit(tmp_path / "parts", *TWO, "trainer.max_steps=8", resume=True)
    assert whole.record.levels == parts.record.levels and len(whole.record.levels) == 8
    for a, b in zip(whole.model.state_dict().values(), parts.model.state_dict().values(), strict=True):
        assert torch.equal(a, b)  # the coefficients of the states too
    assert torch.equal(whole.sampler.r, parts.sampler.r)
    assert (tmp_path / "whole/metrics.csv").read_text() == (tmp_path / "parts/metrics.csv").read_text()
    assert "energy.1" in (tmp_path / "whole/metrics.csv").read_text()


def test_several_states_have_walkers_of_their_own(tmp_path: Path) -> None:
    task = build_task(configuration(tmp_path, *TWO))
    assert task.sampler.n_walkers == 2 * 2 * 40 and task.model.n_states == 2
    with pytest.raises(ConfigError, match="must be 1 or more"):
        build_task(configuration(tmp_path, "system=D", "task.states=0"))


def test_the_slowest_level_says_what_is_to_come(tmp_path: Path) -> None:
    """A level that falls as 40/t, which one that rises hides from the mean, and a rise; the guards look at the lowest."""
    task = build_task(configuration(tmp_path, *TWO))
    assert task.remaining_descent() == (math.inf, math.inf)
    falling = [40 / t for t in range(1, 401)]
    task.record.levels = [[2000 - fall, 3000 + fall] for fall in falling]
    task.record.level_errors = [[0.01, 0.02]] * 400
    task.record.history = [(2500.0, 0.01)] * 400
    fall, error = task.remaining_descent()
    assert fall == pytest.approx(2.45 * 40 * (1 / 250 - 1 / 350), rel=0.05)
    assert error == pytest.approx(2.45 * 0.02 * (2 / 100) ** 0.5)
    task.record.levels = [[2000, 3000 - 2 * to_fall] for to_fall in falling]
    assert task.remaining_descent()[0] == pytest.approx(2 * fall, rel=1e-6)
    assert task.health()["energy"] == task.record.levels[-1][0] and task.health()["energy_error"] == 0.01


def radial_energies(task):
    """⟨H⟩ of the states of two particles, MeV, by the midpoint rule on r² dr."""
    r = (torch.arange(6000, dtype=torch.float64) + 0.5) / 1000
    points = torch.zeros(2, 3, len(r), dtype=torch.float64)
    points[0, 2] = r
    local, system = local_energy(task.model, points), task.system
    levels = (r**2 * local.psi * local.h_psi).sum(1) / (r * local.psi).square().sum(1)
    return (levels * system.to_unit + system.mass_sum).tolist()


@pytest.mark.slow
def test_the_error_of_a_level_is_that_of_its_measurement(tmp_path: Path) -> None:
    """Measured energies of the states that `fix_states` makes of one trained span, against those on a radial grid.

    The default features, with which local energies are good at nodes too: there a bad excited state has tails of its own.
    """
    task = fit(tmp_path, *TWO, "trainer.max_steps=60")
    fix_states(task)
    task.observables, exacts, pulls = {}, radial_energies(task), []
    for seed in range(8):
        task.seed = seed
        for k, exact in enumerate(exacts):
            found = measured(task, task.model.state(k), None).scalars["energy"]
            pulls.append((found.value - exact) / found.error)
    # χ² of 16 pulls: beyond these bounds with a chance of 10⁻³ were they normal
    assert 0.25 < sum(pull**2 for pull in pulls) / len(pulls) < 2.5


@pytest.mark.slow
def test_two_levels_of_a_meson(tmp_path: Path) -> None:
    """Against the radial solver: D 1862.37, 2643.21. Of eight seeds none was more than 1.1 MeV off."""
    task = fit(tmp_path, *TWO[:2], "model.widths=[12,8]", "sampler.n_walkers=200", "trainer.max_steps=120")
    result = task.observe()
    for k, (exact, reach) in enumerate(((1862.371, 2.0), (2643.211, 4.0))):
        energy = result.scalars[f"energy.{k}"]
        assert abs(energy.value - exact) < reach + 5 * energy.error
        assert set(energy.parts) == {"walkers", "vectors"}
    assert result.scalars["energy"].value == result.scalars["energy.0"].value
    assert result.scalars["rms_radius.c-q~.1"].value > 1.5 * result.scalars["rms_radius.c-q~"].value
    assert result.estimates["training_levels"].value.shape == (2, 120)
    assert training_levels(result) is not None and training_levels(Results()) is None
    assert "model.vectors" in load_checkpoint(tmp_path / "checkpoints/last.ckpt")["state_dict"]


@pytest.mark.slow
def test_a_level_above_the_threshold_is_said_to_be_so(tmp_path: Path) -> None:
    task = fit(tmp_path, "system=tbb", "task.states=2", "trainer.max_steps=5")
    result = task.observe()
    assert result.scalars["energy.1"].name == "box-like"
    assert any("not resonances" in warning for warning in result.warnings)
    assert "binding_energy.1" not in result.scalars
    assert result.estimates["thresholds"].rows[0] == result.scalars["threshold"].name
