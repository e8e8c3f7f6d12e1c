"""The variational task under Lightning: exact states, bit-identical resumption, the step it takes, what it reports."""

import json
import logging
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf
from torch.nn.utils import parameters_to_vector

from hadronlab.callbacks.stochastic_reconfiguration import StochasticReconfiguration
from hadronlab.cli.quoting import quote_values
from hadronlab.config.check import check
from hadronlab.errors import ConfigError
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.sr_statistics import reconfigure
from hadronlab.run.build import build_task, build_trainer
from hadronlab.run.directory.checkpoint_io import load_checkpoint
from hadronlab.run.evaluate import evaluate
from hadronlab.sampling.local_energy import local_energy
from hadronlab.tasks.final_evaluation import seconds_left

SMALL = ["sampler.n_walkers=40", "model.widths=[6]", "task.burn_in=40", "trainer.log_every_n_steps=4", "quiet=true",
         "task.evaluation_walkers=200", "task.evaluation_samples=4000"]  # fmt: skip


def configuration(directory: Path, *overrides: str):
    with initialize_config_module("hadronlab.conf", version_base="1.3"):
        config = compose("train", quote_values(overrides))
    OmegaConf.register_new_resolver("hydra", lambda _: str(directory), replace=True)
    OmegaConf.resolve(config)
    check(config)
    return config


def fit(directory: Path, *overrides: str, resume: bool = False):
    config = configuration(directory, *SMALL, *overrides)
    task, trainer = build_task(config), build_trainer(config, directory)
    trainer.fit(
        task,
        task.steps(),
        ckpt_path=directory / "checkpoints" / "last.ckpt" if resume else None,
        weights_only=True,
    )
    return task, trainer


def exact_positronium(task):
    """ψ = e^{−r/2}: a constant network, and the decay ½."""
    with torch.no_grad():
        task.model.network.weights[-1].zero_()
        task.model.envelope.raw_decay.fill_(float(torch.tensor(0.5).double().expm1().log()))
    return parameters_to_vector(task.model.parameters()).detach()


def test_positronium_is_found(tmp_path):
    task, _ = fit(tmp_path, "system=positronium", "trainer.max_steps=60")
    observables = task.observe()
    energy = observables.scalars["energy"]
    assert energy.unit == "Ha" and 0 < energy.error < 1e-3
    assert abs(energy.value + 0.25) < 2e-3
    assert energy.value + 4 * energy.error > -0.25  # variational
    assert observables.scalars["rms_radius.e--e+"].value == pytest.approx(12**0.5, rel=0.05)
    spread = observables.scalars["local_energy_std"].value
    assert observables.scalars["v_score"].value == pytest.approx(2 * (spread / energy.value) ** 2)
    assert "threshold" not in observables.scalars and observables.values["training_energy"].shape == (2, 60)
    assert task.objective(observables) == energy.value
    # E falls with σ², by ½ σ²/Ha: the second estimate is as far below the first; where it rises there is none
    variances = np.linspace(0.02, 0.001, 60)
    for slope in (0.5, -0.5):
        task.record.variances = variances.tolist()
        task.record.history = [(-0.25 + slope * v, 1e-5) for v in variances]
        found = task.observe().scalars
        assert ("energy_zero_variance" in found) == (slope > 0)
        if slope > 0:
            second = found["energy_zero_variance"]
            assert second.value == pytest.approx(energy.value - slope * spread**2, abs=1e-9)
            assert set(second.parts) == {"walkers", "extrapolation"} and second.error > energy.error


@pytest.mark.slow
@pytest.mark.parametrize(
    ("system", "lowest", "above"), [("ps2", -0.516004, 2e-3), ("hadron system.hadron=N", 995.112, 3.0)]
)
def test_functions_of_pairs_find_the_lowest_energies(tmp_path, system, lowest, above):
    """References: published for Ps₂, converged Gaussians for the nucleon; 120 steps of 400 walkers end within `above` of them."""
    settings = ["model=equivariant", "model.widths=[8,6]", "trainer.max_steps=120", "sampler.n_walkers=400"]
    settings += [
        "task.burn_in=400"
    ]  # from the inside walkers find the tails late: after 40 sweeps the energy is 0.001 too low
    task, _ = fit(tmp_path, *f"system={system}".split(), *settings)
    energy = task.observe().scalars["energy"]
    assert lowest - 4 * energy.error - 1e-3 * above < energy.value < lowest + above + 4 * energy.error


def test_a_resumed_run_is_bit_identical(tmp_path):
    arguments = ("system=D", "schedule.stages.descend.until=3", "schedule.keep=3", "schedule.keep_every=2")
    whole, _ = fit(tmp_path / "whole", *arguments, "trainer.max_steps=14")
    fit(tmp_path / "parts", *arguments, "trainer.max_steps=7")
    parts, _ = fit(tmp_path / "parts", *arguments, "trainer.max_steps=14", resume=True)
    assert whole.history == parts.history and len(whole.history) == 14
    # one and the same computation: a checkpoint copies every bit that the next step depends on
    for a, b in zip(whole.model.parameters(), parts.model.parameters(), strict=True):
        assert torch.equal(a, b)
    assert torch.equal(whole.sampler.r, parts.sampler.r)
    assert torch.equal(whole.parameter_sets.mean, parts.parameter_sets.mean)
    assert all(
        torch.equal(a, b) for a, b in zip(whole.parameter_sets.kept, parts.parameter_sets.kept, strict=True)
    )
    assert (tmp_path / "whole/metrics.csv").read_text() == (tmp_path / "parts/metrics.csv").read_text()
    assert load_checkpoint(tmp_path / "parts/checkpoints/last.ckpt")["vmc"]["energies"]["history"].shape == (
        14,
        2,
    )


def test_the_parameters_of_another_model_are_refused_in_a_line(tmp_path):
    saved = build_task(configuration(tmp_path, "system=positronium", "model.widths=[5]")).state_dict()
    with pytest.raises(ConfigError, match=r"not those of this model .*size mismatch.* train it anew"):
        build_task(configuration(tmp_path, "system=positronium", "model.widths=[6]")).load_state_dict(saved)


def test_the_step_is_that_of_stochastic_reconfiguration(tmp_path):
    task, _ = fit(tmp_path, "system=nucleon", "trainer.max_steps=1")
    fresh = build_task(configuration(tmp_path, *SMALL, "system=nucleon"))
    before = parameters_to_vector(fresh.model.parameters()).detach()
    fresh.sampler.sample(fresh.burn_in)
    r, channel = fresh.sampler.sample()
    local, step, solver = (
        local_energy(fresh.model, r),
        0.2 / fresh.model.energy_scale,
        DampedSolver(1e-3, 0.8, 0.05),
    )
    delta = reconfigure(
        solver, fresh.model, r, channel, local, step, 40.0, torch.float32, fresh.sampler.generator
    )
    after = parameters_to_vector(task.model.parameters()).detach()
    assert delta.norm() > 0
    torch.testing.assert_close(after, before - step * delta, rtol=1e-9, atol=1e-12)


def test_adam_follows_the_energy_gradient(tmp_path):
    task, trainer = fit(tmp_path, "system=positronium", "model.size=2", "optimizer=adam",
                        "optimizer.optimizer.lr=0.02", "trainer.max_steps=60")  # fmt: skip
    assert not any(isinstance(c, StochasticReconfiguration) for c in trainer.callbacks)
    energies = torch.tensor(task.history)[:, 0]
    assert energies[-10:].mean() + 0.25 < 0.5 * (energies[:10].mean() + 0.25)


def test_the_best_parameter_set_is_quoted_from_samples_of_its_own(tmp_path):
    task = build_task(
        configuration(
            tmp_path,
            *SMALL,
            "system=positronium",
            "model.kato=false",
            "model.size=3",
            "schedule.compare_samples=2000",
        )
    )
    poor = parameters_to_vector(task.model.parameters()).detach().clone()
    exact = exact_positronium(task)
    task.parameter_sets.kept = [poor, exact.clone(), poor]
    observables = task.observe()
    assert observables.scalars["energy"].value == pytest.approx(-0.25, abs=1e-9)
    assert task.chosen_parameters == "set 2 of 3"
    virial = observables.scalars["virial_residual"]
    assert virial.value == pytest.approx(0, abs=4 * virial.error)
    task.evaluation_samples = 8000  # what evaluate --samples sets
    assert task.observe().scalars["samples"].value == 8000


@pytest.mark.slow
def test_walkers_and_momentum_follow_the_schedule(tmp_path):
    task, trainer = fit(tmp_path, "system=D", "schedule.stages.descend.until=4", "schedule.stages.settle.walkers=2",
                        "schedule.stages.settle.rate=0.5", "schedule.decay=null", "trainer.max_steps=6")  # fmt: skip
    assert task.sampler.n_walkers == 80 and len(task.local.energy) == 80
    assert trainer.optimizers[0].param_groups[0]["lr"] == pytest.approx(0.1)
    assert task.describe()["walkers"] == "40, then 80, 10 sweeps a step"
    assert any("6 steps are too few" in warning for warning in task.observe().warnings)


@pytest.mark.slow
def test_time_bounds_a_run(tmp_path):
    task, trainer = fit(tmp_path, "system=D", "trainer.max_steps=100000", "trainer.max_time=00:00:00:03")
    assert 0 < trainer.global_step < 100_000
    assert 0 < seconds_left(task) < 3  # a share of the time is left for the evaluation


@pytest.mark.slow
def test_evaluating_again_keeps_to_its_time_and_keeps_what_the_training_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("hadronlab.plotting.figures.draw", lambda *_: {})
    overrides = (*SMALL, "system=positronium", "trainer.max_steps=5", "trainer.max_time=00:00:00:10")
    fit(tmp_path, *overrides)
    (tmp_path / "config.yaml").write_text(OmegaConf.to_yaml(configuration(tmp_path, *overrides)))
    result = json.loads(evaluate(tmp_path).read_text())
    assert result["status"] == "unfinished" and result["observables"]["samples"]["value"] == 4000
    told = {
        **result,
        "status": "stuck",
        "warnings": ["step 4: stuck; ended after 4 repairs", "of an evaluation"],
    }
    (tmp_path / "result.json").write_text(json.dumps(told))
    started = time.process_time()  # of this process alone: the machine may be busy
    result = json.loads(evaluate(tmp_path, samples=10**9, max_time="00:00:00:01").read_text())
    assert time.process_time() - started < 6
    assert result["status"] == "stuck" and result["warnings"][0] == told["warnings"][0]
    assert "of an evaluation" not in result["warnings"]
    assert any("time ended the evaluation after" in warning for warning in result["warnings"])
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # as in a process of its own
    capsys.readouterr()
    evaluate(tmp_path, samples=2000)
    assert not capsys.readouterr().err  # the table says the warnings, and says them once
    with pytest.raises(ConfigError, match="--samples=0: give 1 or more"):
        evaluate(tmp_path, samples=0)
    assert result["observables"]["samples"]["value"] < 10**9


def test_max_samples_bounds_the_evaluation(tmp_path):
    task = build_task(configuration(tmp_path, *SMALL, "system=positronium", "task.evaluation_samples=null",
                                    "task.max_samples=3000", "task.target_error=1e-9"))  # fmt: skip
    assert task.observe().scalars["samples"].value == 3000


OWN_POTENTIAL = """
from dataclasses import dataclass
from typing import ClassVar

from hadronlab.physics.forces.interaction import Interaction


@dataclass(frozen=True)
class Cornell(Interaction):
    alpha: float = 0.4
    many: float = 0.0
    operators: ClassVar[tuple[str, ...]] = ("color",)

    def mass(self, flavor):
        return {"q": 0.34, "s": 0.5, "c": 1.5, "b": 4.8}[flavor]

    def radial(self, r, mass_i, mass_j):
        return (0.25 * self.alpha * 0.197327 / r - 3 / 16 * 0.9 * r,)

    def many_body(self, distances, masses):
        return self.many * distances.sum(0) if self.many else None
"""


def test_a_potential_of_the_user_has_thresholds_of_its_own(tmp_path, monkeypatch):
    (tmp_path / "own_potential.py").write_text(OWN_POTENTIAL)
    monkeypatch.syspath_prepend(tmp_path)
    own = ["system=pcc_52", "interaction._target_=own_potential.Cornell", "+interaction.alpha=0.5"]
    task = build_task(configuration(tmp_path, *SMALL, *own))
    assert task.threshold.name == "Xi_cc* D*" and not task.reference
    assert "threshold" in task.describe() and not task.no_threshold
    assert task.system.interaction.alpha == 0.5  # without the numbers of AL1, which it does not have
    unknown = build_task(configuration(tmp_path, *SMALL, *own, "~interaction.name", "+interaction.many=0.1"))
    assert "unknown: the three-body solver knows pair forces only" in unknown.describe()["threshold"]
    observables = unknown.observe()
    assert "threshold" not in observables.scalars and "binding_energy" not in observables.scalars
    assert any(w.startswith("the threshold is unknown") for w in observables.warnings)
    for given in ("interaction.kappa=0.4", "+interaction.kapa=0.5"):  # what the user says is not left out
        with pytest.raises(ConfigError, match=r"kapp?a is not a setting of own_potential\.Cornell"):
            configuration(tmp_path, *SMALL, *own, given)


def test_a_met_target_ends_the_training(tmp_path):
    task, trainer = fit(tmp_path, "system=positronium", "trainer.max_steps=2000", "task.target_error=3e-5",
                        "schedule.stages.descend.until=10", "callbacks.convergence.min_steps=30")  # fmt: skip
    assert 30 <= trainer.global_step < 2000  # not before it may, and before the last step
    fall, error = task.remaining_descent()
    assert fall + error < 3e-5


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["system=tcc", "sampler.n_walkers=0"], "n_walkers=0"),
        (["system=tcc", "task.target_error=0"], "target_error=0"),
        (["system=tcc", "model=deepquark", "model.boundary=0.05"], "too small a box"),
        (
            ["system=multiquark", "system.quarks=c c u~ d~", "system.spin=1.5", "system.isospin=0"],
            "spin may be 0, 1, 2",
        ),
        (
            ["system=multiquark", "system.quarks=c c u~ d~", "system.spin=1", "system.isospin=2"],
            "isospin 0, 1",
        ),
        (
            ["system=multiquark", "system.quarks=c x~", "system.spin=1", "system.isospin=0"],
            "unknown quark 'x~'",
        ),
        (
            ["system=multiquark", "system.quarks=u u u d d d s", "system.spin=1", "system.isospin=0"],
            "7 quarks",
        ),
        (["system=pcc_52", "interaction=flip_flop_steiner"], "use interaction=flip_flop"),
        (["system=tcc", "interaction=coulomb"], "coulomb: unknown lepton 'c'"),
        (["system=D", "+interaction.kapa=1"], "unknown parameter 'kapa'"),
        (["system=D", "interaction.kappa=abc"], "kappa=abc: .* is a number"),
        (["system=D", "interaction.m_c=0"], "m_c=0: .* above 0"),
        (["system=D", "interaction.name=AP1"], "choose interaction=ap1"),
        (["system=tcc", "system.parity=-1"], "choose model=deepquark"),
        (["system=tcc", "task.evaluation_samples=0"], "evaluation_samples=0"),
        (["system=tcc", "optimizer=natural_gradient"], "optimizer=sr"),
        (["system=tcc", "loss=schrodinger"], "loss does not concern"),
    ],
)
def test_bad_input_gets_one_line(tmp_path, overrides, message):
    with pytest.raises(Exception, match=message) as caught:
        build_task(configuration(tmp_path, *SMALL, *overrides))
    error = caught.value
    assert isinstance(error, ConfigError) or isinstance(error.__cause__, ConfigError)


@pytest.mark.parametrize("limit", ["5", "soon", "'00:05:00'"])
def test_a_time_that_is_none_gets_one_line(tmp_path, limit):
    with pytest.raises(ConfigError, match="DD:HH:MM:SS"):
        build_trainer(configuration(tmp_path, "system=D", f"trainer.max_time={limit}"), tmp_path)
