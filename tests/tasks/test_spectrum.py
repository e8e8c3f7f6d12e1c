"""The task of levels: its results against references, resumption, observables of both kinds, refusals."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

from hadronlab import api
from hadronlab.cli.quoting import quote_values
from hadronlab.config.brought import with_brought
from hadronlab.config.check import check
from hadronlab.errors import ConfigError
from hadronlab.observables.protocols import SampleObservable
from hadronlab.observables.results import Results
from hadronlab.physics.few_body.gaussians.solve import Solver
from hadronlab.run.build import build_task, build_trainer
from hadronlab.run.directory.checkpoint_io import load_checkpoint
from hadronlab.run.evaluate import evaluate
from hadronlab.tasks.spectrum import SpectrumTask

SGD = partial(torch.optim.SGD, lr=1)

NUCLEON = ("system=nucleon", "model=gaussians", "quiet=true", "logger=csv")


def configuration(directory: Path, *overrides: str):
    with initialize_config_module("hadronlab.conf", version_base="1.3"):
        config = compose("train", with_brought(quote_values(overrides)))
    OmegaConf.register_new_resolver("hydra", lambda _: str(directory), replace=True)
    OmegaConf.resolve(config)
    check(config)
    return config


def fit(directory: Path, *overrides: str, resume: bool = False):
    config = configuration(directory, "quiet=true", *overrides)
    task, trainer = build_task(config), build_trainer(config, directory)
    last = directory / "checkpoints" / "last.ckpt"
    trainer.fit(task, task.steps(), ckpt_path=last if resume else None, weights_only=True)
    return task, trainer


@pytest.mark.parametrize(
    "overrides",
    [
        ("system=tbb", "model=gaussians"),
        ("model=gaussians", "system=tbb"),
        ("task.states=2", "model=gaussians", "seed=3", "system=tbb"),
    ],
)
def test_the_model_chooses_its_task_at_any_place(tmp_path, overrides):
    config = configuration(tmp_path, *overrides)
    assert config.task._target_.endswith("SpectrumTask") and config.callbacks.convergence is None
    assert config.optimizer.optimizer.lr == 1
    assert config.trainer.max_steps == 10000


def test_the_command_line_goes_before_what_a_model_brings():
    found = with_brought(["model=gaussians", "trainer.max_steps=7"])
    assert "trainer.max_steps=7" in found and "trainer.max_steps=10000" not in found
    for settings in (["system=tbb"], ["model=invariant"], ["model=gaussians,invariant"]):
        assert with_brought(settings) == settings


@pytest.mark.slow
def test_a_run_of_the_nucleon(tmp_path):
    """AL1: 995.111(10) MeV, the parts and the radius of the reference; files, figures and a second evaluation."""
    run = api.run(*NUCLEON, "task.accuracy=0.02", directory=tmp_path / "run")
    result = run.result
    assert result["task"] == "spectrum" and result["status"] == "ok" and not result["warnings"]
    assert -0.01 < run["energy"] - 995.111 < 0.02
    assert 0 < run["remaining"] < 0.02
    assert run["kinetic_energy"] == pytest.approx(829.447, abs=0.3)
    assert run["potential.hyperfine"] == pytest.approx(-245.829, abs=0.3)
    assert run["kinetic_energy"] + run["potential_energy"] + 945 == pytest.approx(run["energy"], abs=1e-6)
    assert abs(run["virial_residual"]) < 0.05
    assert run["rms_radius.q-q"] == pytest.approx(0.8554, abs=1e-3)
    assert run["spin_fraction.1"] == pytest.approx(0.5, abs=1e-6)
    distance, density = run.array("distance"), run.array("pair_density")[0]
    step = distance[1] - distance[0]
    assert density.sum() * step == pytest.approx(1, abs=1e-3)
    assert (density * distance**2).sum() * step == pytest.approx(0.8554**2, rel=1e-2)
    one_body = run.array("one_body_density")[0]
    assert (one_body * distance**2).sum() * step == pytest.approx(0.8554**2 / 3, rel=1e-2)  # equal masses
    assert run.figure("level_scheme").is_file() and run.figure("pair_distances").is_file()
    again = json.loads(evaluate(tmp_path / "run").read_text())
    assert again["observables"]["energy"] == result["observables"]["energy"]


def test_resumed_as_if_it_had_not_been_interrupted(tmp_path):
    """Stopped within a stage: the same steps follow."""
    settings = ("system=lambda_c", "model=gaussians", "model.size=15")
    whole, _ = fit(tmp_path / "whole", *settings)
    _, trainer = fit(tmp_path / "parts", *settings, "trainer.max_steps=9")
    state = load_checkpoint(tmp_path / "parts" / "checkpoints" / "last.ckpt")["spectrum"]["solver"]
    assert trainer.global_step == 9 and "open" in state
    resumed, _ = fit(tmp_path / "parts", *settings, resume=True)
    assert resumed.history == whole.history
    torch.testing.assert_close(resumed.model.exponents, whole.model.exponents, rtol=0, atol=0)


def test_a_finished_run_goes_on_where_more_is_asked_for(tmp_path):
    settings = ("system=jpsi", "model=gaussians", "task.states=2")
    first, _ = fit(tmp_path, *settings, "task.accuracy=1.0")
    second, _ = fit(tmp_path, *settings, "task.accuracy=1e-7", resume=True)
    assert len(second.model.exponents) > len(first.model.exponents)
    assert second.solver.levels.sum() < first.solver.levels.sum()
    third, _ = fit(tmp_path, *settings, "task.accuracy=0.01", resume=True)  # there is nothing left to do
    torch.testing.assert_close(third.model.exponents, second.model.exponents, rtol=0, atol=0)


class SquaredDistance(SampleObservable):
    """One of a user, which knows samples alone."""

    def measure(self, samples):
        return {"squared_distance": samples.local.distances.square().mean(0)}

    def conclude(self, means, evaluation):
        return Results({"squared_distance": means["squared_distance"]})


def test_a_users_observable_is_sampled(tmp_path):
    """Its mean over samples of |ψ|² agrees with the matrix element; the energy stays that of the levels."""
    task, _ = fit(
        tmp_path, "system=lambda_c", "model=gaussians", "model.size=22", "task.evaluation_walkers=200"
    )
    task.observables["mine"] = SquaredDistance()
    found = task.observe().estimates
    exact = (found["rms_radius.q-q"].value ** 2 + 2 * found["rms_radius.q-c"].value ** 2) / 3
    assert found["squared_distance"].error < 0.02 * exact
    assert found["squared_distance"].value == pytest.approx(exact, abs=4 * found["squared_distance"].error)
    assert found["energy"].value == pytest.approx(2290.124, abs=0.05)
    assert found["local_energy_std"].value < 100  # MeV: ψ is nearly an eigenfunction


@pytest.mark.slow
def test_levels_and_thresholds_of_t_bb(tmp_path):
    """Two levels below B B*, the third in the continuum, which is said."""
    run = api.run(
        "system=tbb",
        "model=gaussians",
        "task.states=3",
        "model.size=33",
        "quiet=true",
        directory=tmp_path / "run",
    )
    result = run.result
    assert run["energy.0"] == run["energy"] > 10490.696 - 0.06
    assert run["binding_energy.1"] > 0 and "binding_energy.2" not in result["observables"]
    assert "3bar-3 97 %, spin 1-0" in result["observables"]["energy.0"]["name"]
    assert "box-like" in result["observables"]["energy.2"]["name"]
    assert "box-like" not in result["observables"]["energy.1"]["name"]
    np.testing.assert_allclose(run.array("thresholds"), [10643.946, 10700.976], atol=0.01)
    assert run["size.2"] > 3 * run["size.0"]
    assert any("1 of 3 levels lie above the threshold B B*" in warning for warning in result["warnings"])


@pytest.mark.parametrize(("r_c", "told"), [(0.0, "taken to first order"), (0.2, "other than L = 1")])
def test_every_level_is_of_one_j(tmp_path, r_c, told):
    """χ_c0, χ_c1 and χ_c2, and h_c, which is another 1+ where all spins are in one basis; parts of an energy add up to it."""
    charmonium = ("system=jpsi", "system.L=1", "interaction=bgs", f"interaction.r_c={r_c}", "model=gaussians")
    task, _ = fit(tmp_path, *charmonium, "task.states=4", "task.accuracy=0.01")
    result = task.observe()
    found = result.estimates
    names = [found[f"energy.{k}"].name for k in range(4)]
    fourth = "0+, spin 3P0 100 %" if r_c == 0 else "2+, spin 3P2 100 %"
    third = "2+, spin 3P2 100 %" if r_c == 0 else "1+, spin 1P1 100 %"
    assert names == ["0+, spin 3P0 100 %", "1+, spin 3P1 100 %", third, fourth]
    assert found["energy"].name == names[0]
    parts = found["kinetic_energy"].value + found["potential_energy"].value
    assert parts + task.system.mass_sum == pytest.approx(found["energy"].value, abs=1e-4)
    assert found["potential.color*tensor"].value < -20
    assert any(told in warning for warning in result.warnings)


def test_forces_that_turn_orbits_are_refused_elsewhere(tmp_path):
    baryon = ("system=nucleon", "system.L=1", "interaction=yhhos")
    with pytest.raises(ConfigError, match="choose model=gaussians"):
        build_task(configuration(tmp_path, *baryon, "model=deepquark"))
    config = configuration(tmp_path, *baryon, "model=gaussians")
    model, others = build_task(config).model, {"sampler": None, "optimizer": SGD}
    with pytest.raises(ConfigError, match=r"not sampled: leave out observables\.mine"):
        SpectrumTask(model, observables={"mine": SquaredDistance()}, **others)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("optimizer=adam",), "choose optimizer=exponents"),
        (("model.size=100000000",), "more than a quarter of this machine's memory: [0-9]+ fit"),
        (("model.size=0",), "model.size=0: give 1 or more"),
        (("task.states=0",), "states=0: must be positive"),
        (("system.parity=-1",), "choose system.L=1"),
    ],
)
def test_refuses(tmp_path, overrides, message):
    with pytest.raises(ConfigError, match=message):
        build_task(configuration(tmp_path, "system=nucleon", "model=gaussians", *overrides))


def test_other_models_are_refused(tmp_path):
    with pytest.raises(
        ConfigError, match=r"InvariantWaveFunction is for task=vmc, but .* choose model= one of gaussians"
    ):
        configuration(
            tmp_path, "system=tbb", "task=spectrum", "optimizer=exponents", "++callbacks.convergence=null"
        )


@pytest.mark.parametrize("where", ["grow", "step"])
def test_a_step_that_is_left_is_as_if_it_had_not_begun(tmp_path, monkeypatch, where):
    """A signal in the middle of a step, or while a stage of the basis grows: what follows is what would have followed."""
    settings = ("system=jpsi", "model=gaussians", "model.size=15")
    whole, _ = fit(tmp_path / "whole", *settings)
    inner, calls = getattr(Solver, where), []
    left: list[SpectrumTask] = []

    def interrupted(solver):
        inner(solver)
        calls.append(solver)
        if len(calls) == 3:
            left[0].abandon()

    monkeypatch.setattr(Solver, where, interrupted)
    monkeypatch.setattr(SpectrumTask, "setup", lambda task, stage: left.append(task))
    other, trainer = fit(tmp_path / "parts", *settings)
    assert other.history == whole.history and trainer.global_step == len(whole.history) + 1
    torch.testing.assert_close(other.model.exponents, whole.model.exponents, rtol=0, atol=0)
    other.abandon()  # between two steps there is nothing to leave
