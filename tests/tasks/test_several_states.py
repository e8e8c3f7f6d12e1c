"""Several states in a variational run: their levels, exact resumption, the names of the results."""

from pathlib import Path

import fitting
import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.observables.results import Results
from hadronlab.plotting.training_levels import training_levels
from hadronlab.run.build import build_task
from hadronlab.run.directory.checkpoint_io import load_checkpoint

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
