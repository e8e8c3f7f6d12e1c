"""One training over a range of a mass: its energies against exact ones, resumption, what goes with it and what does not."""

from pathlib import Path

import fitting
import numpy as np
import pytest
import torch

from hadronlab.config.brought import with_brought
from hadronlab.errors import ConfigError
from hadronlab.observables.results import Results
from hadronlab.plotting.over_values import binding_over_values
from hadronlab.run.build import build_task
from hadronlab.run.directory.checkpoint_io import load_checkpoint
from hadronlab.systems.hadron_thresholds import hadron_mass

SMALL = ["sampler.n_walkers=40", "task.burn_in=40", "trainer.log_every_n_steps=4", "quiet=true",
         "task.evaluation_walkers=100", "task.evaluation_samples=1000", "system=D", "model.widths=[6]"]  # fmt: skip
ON_MASS = ("model.conditioned_on=[m_Q]", "task.points=2")


def configuration(directory: Path, *overrides: str):
    return fitting.configuration(directory, *SMALL, *overrides)


def fit(directory: Path, *overrides: str, resume: bool = False):
    return fitting.fit(directory, *SMALL, *overrides, resume=resume)


@pytest.mark.slow
def test_a_resumed_run_is_bit_identical(tmp_path: Path) -> None:
    whole = fit(tmp_path / "whole", *ON_MASS, "trainer.max_steps=8")
    fit(tmp_path / "parts", *ON_MASS, "trainer.max_steps=4")
    parts = fit(tmp_path / "parts", *ON_MASS, "trainer.max_steps=8", resume=True)
    assert whole.record.levels == parts.record.levels and np.shape(whole.record.levels) == (8, 3)
    for a, b in zip(whole.model.state_dict().values(), parts.model.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    for a, b in zip(whole.sampler.parts, parts.sampler.parts, strict=True):
        assert torch.equal(a.r, b.r)
    held = load_checkpoint(tmp_path / "whole/checkpoints/last.ckpt")
    assert "model.weights" in held["state_dict"] and whole.model.weights.abs().max() > 0


@pytest.mark.slow
def test_mesons_over_the_range_of_the_mass(tmp_path: Path) -> None:
    """The vector meson Q ū for Q from c to b, also between the values of the training, against the radial solver: within 1 MeV and
    four errors, and not below it."""
    task = fit(
        tmp_path, *ON_MASS, "system.spin=1", "task.points=3", "sampler.n_walkers=100",
        "trainer.max_steps=90", "task.evaluation_samples=10000", "task.values=[1.836]", "model.widths=[10,8]",
    )  # fmt: skip
    result = task.observe()
    energies, masses = result.estimates["over_values.energy"], result.values["over_values.m_c"]
    assert list(masses) == sorted(masses) and len(masses) == 7
    assert result.values["over_values.trained"].tolist().count(1.0) == 4
    for mass, energy, error in zip(masses, energies.value, energies.error, strict=True):
        exact = hadron_mass(task.model.system_at((mass,)))
        assert -4 * error < energy - exact < 1 + 4 * error, f"at m_c={mass}"
    own = result.scalars["energy"].value
    assert own == result.scalars["energy.m_c=1.836"].value == energies.value[list(masses).index(1.836)]
    radii = result.values["over_values.rms_radius.c-q~"]
    assert radii[0] > radii[-1]  # a heavier quark stands nearer
    assert result.estimates["over_values.training"].value.shape == (4, 90)
    assert (
        "training_energy" not in result.estimates
    )  # a mean over values, which is no energy of the own system


@pytest.mark.slow
def test_binding_over_the_range(tmp_path: Path) -> None:
    result = fit(tmp_path, *ON_MASS, "system=tbb", "trainer.max_steps=5").observe()
    thresholds, unit = result.estimates["over_values.threshold"], "MeV"
    binding = result.estimates["over_values.binding_energy"]
    assert binding.unit == unit and binding.rows[-1] == "m_b=6.011"
    np.testing.assert_allclose(
        binding.value, thresholds.value - result.values["over_values.energy"], atol=1e-9
    )
    assert result.scalars["threshold.m_b=6.011"].value == thresholds.value[-1] > 12000
    axes = binding_over_values(result).axes[0]
    assert axes.get_xlabel() == "$m_{b}$ [GeV]" and axes.get_ylabel() == "binding energy [MeV]"
    assert binding_over_values(Results()) is None


@pytest.mark.slow
def test_of_several_numbers_there_are_no_values_between(tmp_path: Path) -> None:
    result = fit(
        tmp_path,
        "model.conditioned_on=[m_Q,kappa]",
        "task.points=2",
        "trainer.max_steps=2",
    ).observe()
    assert result.estimates["over_values.energy"].rows[0] == "m_c=1.469,kappa=0.2535"
    assert len(result.values["over_values.kappa"]) == 5 and binding_over_values(result) is None


def test_an_optimizer_without_metric_steps_along_the_mean_gradient(tmp_path: Path) -> None:
    task = fit(tmp_path, *ON_MASS, "optimizer=adam", "trainer.max_steps=2")
    assert task.model.weights.abs().max() > 0


def test_the_setting_brings_the_task() -> None:
    assert with_brought(ON_MASS) == ["task=conditioned", *ON_MASS]
    assert with_brought(["model.conditioned_on=[]"]) == ["model.conditioned_on=[]"]
    assert with_brought([ON_MASS[0], "task=vmc"]) == [ON_MASS[0], "task=vmc"]
    recipe = ["model=deepquark", "experiment=deepquark/recipe"]  # has a number of steps of its own
    assert with_brought(recipe) == recipe
    assert with_brought(["model=deepquark"]) == ["trainer.max_steps=1000", "model=deepquark"]


@pytest.mark.parametrize(
    "overrides, told",
    [
        (("task=conditioned",), r"name what the network is conditioned on, model.conditioned_on=\[m_Q\]"),
        ((ON_MASS[0], "task=vmc"), "goes with task=conditioned"),
        (
            (*ON_MASS, "task.states=2"),
            "task.states=2: a conditioned network is one of the lowest state alone",
        ),
        ((*ON_MASS, "task.values=[[1,2]]"), r"task.values: \[1, 2\] must give m_c"),
        ((*ON_MASS, "task.values=[-1]"), "masses must be above 0"),
        ((*ON_MASS, "task.range=wide"), "task.range must be"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, overrides, told) -> None:
    with pytest.raises(ConfigError, match=told):
        build_task(configuration(tmp_path, *overrides))
