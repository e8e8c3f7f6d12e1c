"""Sweeps from the command line: the table, what failed, what is skipped on resume, ranks, launchers, Optuna."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from processes import SEPARABLE, last_step, run, start

from hadronlab.runner.checkpoint_io import load_checkpoint

SMALL = [
    "-m",
    "loss=schrodinger_asymptotic",
    *SEPARABLE,
    "trainer.max_steps=30",
    "callbacks.checkpoints.every_n_steps=10",
]
DEPTHS = [*SMALL, "model.depth=1,2", "loss.asymptotic.cutoff=4.0,99.0", "seed=1,2"]


def table(directory: Path) -> dict[str, dict[str, str]]:
    """sweep.csv by job."""
    with open(directory / "sweep.csv", newline="") as file:
        return {row["job"]: row for row in csv.DictReader(file)}


def energies(directory: Path) -> dict[str, Any]:
    """The parameters of every job."""
    return {
        job.name: load_checkpoint(job / "checkpoints" / "last.ckpt")["state_dict"]
        for job in directory.glob("[0-9]*")
    }


@pytest.mark.slow
def test_table_names_failed_and_unfinished_jobs_and_resume_runs_only_them(tmp_path: Path) -> None:
    directory, log = tmp_path / "sweep", tmp_path / "log"
    assert run([*DEPTHS, f"hydra.sweep.dir={directory}"], log) == 1
    jobs = table(directory)
    assert [jobs[str(k)]["status"] for k in range(8)] == ["ok", "ok", "failed", "failed"] * 2
    assert "cutoff = 99.0 fm of asymptotic lies outside the grid" in jobs["2"]["reason"]
    assert (
        float(jobs["0"]["loss_final"])
        == json.loads((directory / "0" / "result.json").read_text())["observables"]["loss_final"]["value"]
    )
    text = log.read_text()
    assert (
        "4 of 8 jobs have a result" in text
        and "job 2 (model.depth=1 loss.asymptotic.cutoff=99.0 seed=1) failed" in text
    )
    page = (directory / "sweep.html").read_text()
    assert "data:image/png;base64," in page and not re.search(r'(src|href)="(?!data:)', page)

    (directory / "1" / "result.json").unlink()  # as if the node had died there
    (directory / "4" / "result.json").unlink()
    assert run(["-m", "seed=7,8", f"hydra.sweep.dir={directory}"], tmp_path / "other") == 1
    assert "holds a sweep already: continue it with resume=" in (tmp_path / "other").read_text()
    before = {name: (directory / name / "result.json").stat().st_mtime_ns for name in "05"}
    assert run([f"resume={directory}"], tmp_path / "again") == 1  # those that failed fail again
    again = table(directory)
    assert [again[str(k)]["status"] for k in range(8)] == ["ok", "ok", "failed", "failed"] * 2
    assert {name: (directory / name / "result.json").stat().st_mtime_ns for name in "05"} == before
    assert again["4"]["loss_final"] == jobs["4"]["loss_final"]


@pytest.mark.slow
def test_an_interrupted_sweep_goes_on(tmp_path: Path) -> None:
    directory, arguments = tmp_path / "sweep", [*SMALL, "seed=1,2,3", "trainer.max_steps=900"]
    process = start([*arguments, f"hydra.sweep.dir={directory}"], tmp_path / "log")
    while last_step(directory / "1") < 100 and process.is_alive():
        time.sleep(0.01)
    os.kill(process.pid or 0, signal.SIGTERM)
    process.join(60)
    assert process.exitcode == 75, (tmp_path / "log").read_text()
    assert not (directory / "1" / "result.json").exists()
    assert run([f"resume={directory}"], tmp_path / "again") == 0, (tmp_path / "again").read_text()
    assert {job["status"] for job in table(directory).values()} == {"ok"} and len(table(directory)) == 3
    assert last_step(directory / "1") == 897


@pytest.mark.slow
def test_one_and_two_ranks_agree_within_a_sweep_with_a_failing_job(tmp_path: Path) -> None:
    directory, log = tmp_path / "sweep", tmp_path / "log"
    arguments = [
        *SMALL,
        "strategy=cpu,ddp_cpu",
        "loss.asymptotic.cutoff=4.0,99.0,5.0",
        "trainer.log_every_n_steps=10",
    ]
    assert run([*arguments, f"hydra.sweep.dir={directory}"], log) == 1
    jobs = table(directory)
    assert [jobs[str(k)]["status"] for k in range(6)] == ["ok", "failed", "ok"] * 2, log.read_text()
    assert jobs["3"]["strategy"] == "ddp_cpu"
    for one, two in (("0", "3"), ("2", "5")):
        mine, theirs = (
            load_checkpoint(directory / job / "checkpoints" / "last.ckpt")["state_dict"] for job in (one, two)
        )
        for name in mine:
            assert (mine[name] - theirs[name]).abs().max() <= 1e-10 * mine[name].abs().max()
        assert float(jobs[one]["loss_final"]) == pytest.approx(float(jobs[two]["loss_final"]), rel=1e-10)
    assert len(list(directory.glob("*/metrics.csv"))) == 4  # no rank made a directory or a sweep of its own
    assert not list(directory.glob("*/[0-9]*"))


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["joblib", "submitit_local"])
def test_two_workers_give_the_numbers_of_one(launcher: str, tmp_path: Path) -> None:
    pytest.importorskip(
        {
            "joblib": "hydra_plugins.hydra_joblib_launcher",
            "submitit_local": "hydra_plugins.hydra_submitit_launcher",
        }[launcher]
    )
    assert run([*SMALL, "seed=1,2", f"hydra.sweep.dir={tmp_path / 'one'}"], tmp_path / "log") == 0
    workers = ["hydra.launcher.n_jobs=2"] if launcher == "joblib" else []
    arguments = [
        *SMALL,
        "seed=1,2",
        f"hydra.sweep.dir={tmp_path / 'two'}",
        f"hydra/launcher={launcher}",
        *workers,
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # workers of joblib do not end with a forked process
    done = subprocess.run(
        [sys.executable, "-m", "hadronlab.train", *arguments], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    one, two = table(tmp_path / "one"), table(tmp_path / "two")
    assert [job["loss_final"] for job in one.values()] == [job["loss_final"] for job in two.values()]


@pytest.mark.slow
def test_optuna_minimises_the_objective_and_its_study_resumes(tmp_path: Path) -> None:
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper")
    directory, log = tmp_path / "sweep", tmp_path / "log"
    study = ["hydra/sweeper=optuna", "hydra.sweeper.n_trials=2", "hydra.sweeper.study_name=depth",
             f"hydra.sweeper.storage=sqlite:///{tmp_path / 'study.db'}", "hydra.sweeper.sampler.seed=1"]  # fmt: skip
    arguments = [*SMALL, *study, "optimizer.optimizer.lr=interval(0.001,0.1)"]
    assert run([*arguments, f"hydra.sweep.dir={directory}"], log) == 0, log.read_text()
    assert run([*arguments, f"hydra.sweep.dir={tmp_path / 'more'}"], log) == 0, log.read_text()
    import optuna

    trials = optuna.load_study(study_name="depth", storage=f"sqlite:///{tmp_path / 'study.db'}").trials
    assert len(trials) == 4
    found = [
        float(job["objective"])
        for d in ("sweep", "more")
        for job in sorted(table(tmp_path / d).values(), key=lambda j: j["job"])
    ]
    assert [trial.value for trial in trials] == pytest.approx(found)
