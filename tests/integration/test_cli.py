"""The commands as a user gives them: from another directory, with a config directory, with typos."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def command(module: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_help_is_written_for_a_physicist(tmp_path: Path) -> None:
    done = command("hadronlab.train", "--help", cwd=tmp_path)
    assert done.returncode == 0
    for text in ("system=", "omega_ccc", "Three examples", "result.json", "separable_best"):
        assert text in done.stdout
    assert "torch" not in done.stderr


def test_a_run_from_another_directory(tmp_path: Path) -> None:
    done = command("hadronlab.train", "system=separable", "trainer.max_epochs=3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.strip().splitlines()[-1])
    assert path.is_relative_to(tmp_path / "outputs" / "separable")
    result = json.loads(path.read_text())
    assert {
        "system",
        "task",
        "status",
        "model",
        "seed",
        "version",
        "wall_seconds",
        "observables",
        "reference",
        "warnings",
    } <= result.keys()
    assert all("unit" in quantity for quantity in result["observables"].values())
    for name in (
        "config.yaml",
        "metrics.csv",
        "result.h5",
        "train.log",
        "checkpoints/last.ckpt",
        ".hydra/config.yaml",
    ):
        assert (path.parent / name).exists()
    again = command("hadronlab.evaluate", str(path.parent), cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert again.stdout.strip().splitlines()[-1] == str(path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["system=omega_cc"], "did you mean 'omega_ccc'"),
        (["system=lattice", "data.path=nowhere.h5"], "no such file"),
        (["system=lattice", "data.path=."], "not a regular file"),
        (["system=separable", "loss.asymptotic.cutoff=99"], "outside the grid"),
        (["system=omega_ccc", "data.lattice.times=[26,27]"], "three"),
        (["system=positronium", "model=sdnn_deep"], "choose model="),
        (["strategy=gpu"], "no GPU"),
        (["resume=nowhere"], "is not a run directory"),
    ],
)
def test_a_mistake_is_one_line_and_status_one(arguments: list[str], message: str, tmp_path: Path) -> None:
    done = command("hadronlab.train", *arguments, cwd=tmp_path)
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1 and lines[0].startswith("error: ") and message in lines[0], done.stderr


def test_evaluate_refuses_another_directory(tmp_path: Path) -> None:
    done = command("hadronlab.evaluate", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.strip() == f"error: {tmp_path} is not a run directory: it has no config.yaml"


def test_a_class_and_a_config_directory_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from hadronlab.models.sdnn import SDNN\n\n\n"
        "class Mine(SDNN):\n    def __init__(self, units: int = 4) -> None:\n"
        "        super().__init__((units,), (units,), 'tanh', 'linear', scale=-0.01)\n"
    )
    (tmp_path / "cfg" / "model").mkdir(parents=True)
    (tmp_path / "cfg" / "model" / "mine.yaml").write_text("_target_: mine.Mine\nunits: 5\n")
    done = command(
        "hadronlab.train",
        "--config-dir",
        "cfg",
        "system=separable",
        "model=mine",
        "trainer.max_epochs=2",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(Path(done.stdout.strip().splitlines()[-1]).read_text())["model"] == "Mine"
