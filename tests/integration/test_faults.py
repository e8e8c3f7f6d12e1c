"""Every fault is seen, said in one line, written to result.json, and repaired or ended with a checkpoint."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from faults import (
    Bomb,
    DeadNetwork,
    Dispersed,
    EnergyBelowBound,
    FrozenWalkers,
    InfiniteParameter,
    LostWalker,
    LowerOnce,
    NaNGradient,
    Repeated,
    SeparatedWalkers,
    TinySteps,
)
from processes import SEPARABLE, rows

from hadronlab.api import run
from hadronlab.callbacks.signs import Fault
from hadronlab.run.directory.checkpoint_io import load_checkpoint

pytestmark = pytest.mark.slow

LOOK = [
    "callbacks.checkpoints.every_n_steps=10",
    "callbacks.guards.patience=5",
    "callbacks.guards.every_n_steps=1",
]
INVERSE = [*SEPARABLE, *LOOK, "trainer.max_steps=60"]
VMC = ["system=jpsi", "quiet=true", "figures=false", *LOOK, "trainer.max_steps=60", "sampler.n_walkers=60", "sampler.sweeps=10", "task.burn_in=20",
       "task.evaluation_samples=600", "task.evaluation_walkers=60", "trainer.log_every_n_steps=10"]  # fmt: skip


@pytest.fixture(autouse=True)
def _unlit() -> None:
    for bomb in [*Bomb.__subclasses__(), *Repeated.__subclasses__()]:
        bomb.struck = 0


def bombed(base: list[str], bomb: type[Bomb], directory: Path, **settings: Any) -> dict[str, Any]:
    """result.json of a run with the bomb in it."""
    extra = [
        f"+callbacks.bomb.{k}={v}" for k, v in {"_target_": f"faults.{bomb.__name__}", **settings}.items()
    ]
    return run(*base, *extra, directory=directory).result


@pytest.mark.parametrize("bomb", [NaNGradient, InfiniteParameter])
def test_not_finite_is_rolled_back_and_the_step_halved(
    bomb: type[Bomb], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = bombed(INVERSE, bomb, tmp_path)
    assert result["status"] == "ok"
    (line,) = [w for w in result["warnings"] if "is not finite" in w]
    assert "back to the last checkpoint" in line and "\n" not in line
    assert line in capsys.readouterr().err
    checkpoint = load_checkpoint(tmp_path / "checkpoints" / "last.ckpt")
    assert checkpoint["global_step"] == 60
    assert checkpoint["optimizer_states"][0]["param_groups"][0]["lr"] == 0.5 * 0.01
    assert [int(r["step"]) for r in rows(tmp_path)] == list(range(0, 60, 3))


@pytest.mark.parametrize("bomb", [NaNGradient, InfiniteParameter, LostWalker])
def test_not_finite_energies_are_rolled_back(bomb: type[Bomb], tmp_path: Path) -> None:
    result = bombed(VMC, bomb, tmp_path)
    assert result["status"] == "ok"
    (line,) = [w for w in result["warnings"] if "back to the last checkpoint" in w]
    assert re.search("not finite|left the range of numbers", line)
    assert load_checkpoint(tmp_path / "checkpoints" / "last.ckpt")["global_step"] == 60


def test_a_fault_that_comes_back_ends_the_run_with_a_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="training ended early"):
        bombed(INVERSE, NaNGradient, tmp_path, at=25, always="true")
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["status"] == "not_finite"
    assert "ended after 4 repairs" in result["warnings"][4]
    assert result["observables"]["loss_final"]["value"] > 0
    assert load_checkpoint(tmp_path / "checkpoints" / "last.ckpt")["global_step"] == 20
    assert "ended early" in (tmp_path / "stopped.txt").read_text()


def test_a_collapsed_potential_begins_anew(tmp_path: Path) -> None:
    result = bombed(INVERSE, DeadNetwork, tmp_path, at=20)
    assert result["status"] == "ok"
    assert any("collapsed to zero" in w and "begun anew" in w for w in result["warnings"])
    assert result["observables"]["loss_final"]["value"] != pytest.approx(
        result["observables"]["loss_zero_potential"]["value"]
    )
    assert load_checkpoint(tmp_path / "checkpoints" / "last.ckpt")["global_step"] == 60


def test_a_singular_metric_is_solved_and_said(tmp_path: Path) -> None:
    settings = [
        "optimizer=natural_gradient",
        "optimizer.natural_gradient.warmup_steps=5",
        "optimizer.natural_gradient.shift=0.0",
    ]
    result = run(*INVERSE, *settings, "trainer.max_steps=12", directory=tmp_path).result
    assert result["status"] == "ok"
    assert sum("metric singular" in w for w in result["warnings"]) == 1


def test_a_singular_metric_of_walkers_is_solved_and_said(tmp_path: Path) -> None:
    # a feature that stands there twice: as many directions without an effect as the first layer has nodes
    settings = [
        "optimizer.natural_gradient.shift=0.0",
        "model.features=[smooth,smooth]",
        "sampler.n_walkers=400",
    ]
    result = run(*VMC, *settings, "trainer.max_steps=12", directory=tmp_path).result
    assert result["status"] == "ok"
    assert sum("metric singular" in w for w in result["warnings"]) == 1


@pytest.mark.parametrize(("bomb", "acceptance"), [(FrozenWalkers, "0.0"), (TinySteps, "(0.99|1.0)")])
def test_frozen_walkers_are_replaced(bomb: type[Bomb], acceptance: str, tmp_path: Path) -> None:
    result = bombed(VMC, bomb, tmp_path)
    assert result["status"] == "ok"
    (line,) = [w for w in result["warnings"] if "walkers frozen" in w]
    assert re.search(f"acceptance {acceptance}.*back to the last checkpoint with fresh walkers", line)
    assert 0.2 < float(rows(tmp_path)[-1]["acceptance"]) < 0.8


MIXING = [*VMC, "callbacks.guards.mixing_patience=5", "trainer.max_steps=100"]


def test_walkers_that_do_not_mix_are_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = bombed(MIXING, SeparatedWalkers, tmp_path)
    assert result["status"] == "ok"
    (line,) = [w for w in result["warnings"] if "do not mix" in w]
    assert "R-hat" in line and "fresh walkers" in line and line in capsys.readouterr().err
    assert float(rows(tmp_path)[-1]["r_hat"]) < 1.1
    assert load_checkpoint(tmp_path / "checkpoints" / "last.ckpt")["optimizer_states"][0]["param_groups"][0]["initial_lr"] == 0.2  # fmt: skip


def test_a_state_that_mixes_slowly_is_said_once_and_ends_no_run(tmp_path: Path) -> None:
    settings = [*MIXING, "callbacks.guards.max_repairs=1"]
    result = bombed(settings, SeparatedWalkers, tmp_path, at=25, always="true")
    assert result["status"] == "ok"
    first, second = (w for w in result["warnings"] if "do not mix" in w)
    assert first.endswith("fresh walkers") and "checkpoint" not in first
    assert "after fresh walkers too: this state mixes slowly" in second and "training on" in second
    assert load_checkpoint(tmp_path / "checkpoints" / "last.ckpt")["global_step"] == 100


def test_a_healthy_training_raises_no_alarm(tmp_path: Path) -> None:
    result = run(
        *VMC, "sampler.n_walkers=200", "callbacks.guards.mixing_patience=50", directory=tmp_path
    ).result
    assert not any("walkers" in warning for warning in result["warnings"])


def test_a_rising_energy_is_rolled_back_and_the_step_halved(tmp_path: Path) -> None:
    result = bombed(
        [*VMC, "sampler.n_walkers=200", "callbacks.checkpoints.every_n_steps=25"], Dispersed, tmp_path
    )
    assert result["status"] == "ok"
    (line,) = [w for w in result["warnings"] if "energy rises" in w]
    assert "standard deviations above the lowest" in line and "with half the step" in line
    checkpoint = load_checkpoint(tmp_path / "checkpoints" / "last.ckpt")
    assert checkpoint["global_step"] == 60
    assert checkpoint["optimizer_states"][0]["param_groups"][0]["initial_lr"] == 0.1


def test_an_energy_below_the_bound_is_rolled_back(tmp_path: Path) -> None:
    result = bombed(VMC, EnergyBelowBound, tmp_path)
    assert result["status"] == "ok"
    assert any("below the variational bound" in w for w in result["warnings"])


@pytest.mark.parametrize(
    ("bomb", "kind"),
    [
        (FrozenWalkers, "frozen_walkers"),
        (EnergyBelowBound, "energy_below_bound"),
        (LowerOnce, "energy_rises"),
    ],
)
def test_lasting_faults_of_vmc_end_it(bomb: type[Bomb], kind: str, tmp_path: Path) -> None:
    with pytest.raises(Fault, match="training ended early"):
        bombed([*MIXING, "callbacks.guards.max_repairs=1"], bomb, tmp_path, at=25, always="true")
    assert json.loads((tmp_path / "result.json").read_text())["status"] == kind
    assert (tmp_path / "checkpoints" / "last.ckpt").exists()
