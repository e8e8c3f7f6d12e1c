"""A user's package with one of each noun, tests/integration/plugin/: trained by the command, evaluated and resumed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from processes import run

pytestmark = pytest.mark.slow

PLUGIN = Path(__file__).parent / "plugin"
# fmt: off
FEW_BODY = ["system=two_nucleons", "model=sum_of_gaussians", "sampler=jumps", "observables=[default,nearness]", "sampler.n_walkers=40",
            "task.evaluation_walkers=100", "task.evaluation_samples=2000", "task.burn_in=50"]
PAIR = ["system=separable", "data=plane_waves", "loss=normalised", "observables=[default,volume]"]
RUNS = {
    "system, interaction, wave function, move, observable": FEW_BODY,
    "optimizer, callback": [*FEW_BODY, "optimizer=sign", "callbacks=largest_step"],
    "data, loss, potential, observable": [*PAIR, "model=one_range"],
    "loss with the local part of a shipped potential": [
        *PAIR,
        "model=hybrid",
        "optimizer=natural_gradient",
        "optimizer.natural_gradient.warmup_steps=2",
    ],
    "task, model": ["system=omega_ccc", "task=ritz", "model=wave", "optimizer=adam", "optimizer.optimizer.lr=0.05"],
}
# fmt: on
SAYS = {
    "system, interaction, wave function, move, observable": {
        "energy",
        "threshold",
        "potential.matrix",
        "nearness",
    },
    "optimizer, callback": {"energy"},
    "data, loss, potential, observable": {"volume", "loss_final"},
    "loss with the local part of a shipped potential": {"volume"},
    "task, model": {"energy"},
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where a user works: the package and the configuration side by side."""
    shutil.copytree(PLUGIN, tmp_path, dirs_exist_ok=True)
    return tmp_path


def work_in(directory: str, trusted: str) -> None:
    """What a shell does before a command."""
    os.chdir(directory)
    os.environ["HADRONLAB_TRUST"] = trusted


def command(
    directory: Path, *arguments: str, name: str = "train", trusted: str = "mine", status: int = 0
) -> str:
    """What a command that ends with `status` has written."""
    log = directory / "log"
    log.unlink(missing_ok=True)
    assert run(arguments, log, work_in, str(directory), trusted, command=name) == status, log.read_text()
    return log.read_text().strip()


def result(directory: Path) -> dict[str, Any]:
    return json.loads((directory / "result.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("noun", RUNS)
def test_a_noun_of_ones_own_is_trained_evaluated_and_resumed(directory: Path, noun: str) -> None:
    here = directory / "run"
    settings = [*RUNS[noun], "quiet=true", "trainer.log_every_n_steps=2", f"hydra.run.dir={here}"]
    command(directory, "--config-dir", "conf", *settings, "trainer.max_steps=6", "trainer.max_epochs=-1")
    first = result(here)
    assert first["status"] == "ok" and SAYS[noun] <= first["observables"].keys()
    command(directory, str(here), name="evaluate")
    again = result(here)
    for name in SAYS[noun]:
        assert again["observables"][name]["value"] == pytest.approx(
            first["observables"][name]["value"], rel=1e-6
        )
    command(directory, "--config-dir", "conf", f"resume={here}", "trainer.max_steps=9")
    steps = [line.split(",")[0] for line in (here / "metrics.csv").read_text().splitlines()]
    assert int(steps[-1]) == 8
    assert result(here)["observables"].keys() == first["observables"].keys()


def test_what_is_not_trusted_is_told_in_one_line(directory: Path) -> None:
    here = directory / "run"
    command(directory, "--config-dir", "conf", *RUNS["data, loss, potential, observable"], "quiet=true",
            f"hydra.run.dir={here}", "trainer.max_epochs=2")  # fmt: skip
    line = command(directory, str(here), name="evaluate", trusted="", status=1)
    assert line.count("\n") == 0 and "HADRONLAB_TRUST=mine" in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["system=omega_ccc", "model=wave"], "model: Wave is for task=ritz, but system=omega_ccc learns a potential"),
        (["system=omega_ccc", "task=ritz"], "is for task=inverse, but system=omega_ccc finds the ground state of two hadrons"),
        (["system=two_nucleons", "system.nucleons=1"], "system.nucleons=1: a nucleus here has 2 or more"),
        (["system=separable", "data=plane_waves", "data.radii=1"], "give 2 or more of each"),
    ],
)  # fmt: skip
def test_a_mistake_with_them_is_told_in_one_line(directory: Path, arguments: list[str], message: str) -> None:
    line = command(directory, "--config-dir", "conf", *arguments, trusted="", status=1)
    assert message in line and line.count("\n") == 0, line
