"""Launchers and Optuna: mixed strategies with a failing job, killed sweeps, requeued jobs, ranks that srun starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from fake_slurm import install, own_number, signal_tasks
from processes import (
    SEPARABLE,
    SMALL_SWEEP,
    forked_ranks,
    held,
    last_step,
    released,
    rows,
    run,
    start,
    table,
    wait_for_steps,
)

from hadronlab.run.directory.checkpoint_io import load_checkpoint

MIXED = [
    *SMALL_SWEEP,
    "strategy=cpu,ddp_cpu",
    "loss.asymptotic.cutoff=4.0,99.0,5.0",
    "trainer.log_every_n_steps=10",
]
LONG = [*SMALL_SWEEP, "trainer.max_steps=900", "callbacks.checkpoints.every_n_steps=1000"]
OPTUNA = ["hydra/sweeper=optuna", "hydra.sweeper.n_jobs=1"]


def one_thread(variables: Mapping[str, str] | None = None) -> None:
    """Of this process and of those that it starts, which find this folder, in an environment with these variables too."""
    os.environ.update({"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parent), **(variables or {})})


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One and two ranks in one sweep, with a job that fails among either."""
    directory = tmp_path_factory.mktemp("mixed")
    assert run([*MIXED, f"hydra.sweep.dir={directory}"], directory / "log", forked_ranks, 2) == 1
    return directory


@pytest.mark.slow
def test_one_and_two_ranks_agree_within_a_sweep_with_a_failing_job(mixed: Path) -> None:
    jobs = table(mixed)
    assert [jobs[str(k)]["status"] for k in range(6)] == ["ok", "failed", "ok"] * 2, (
        mixed / "log"
    ).read_text()
    assert jobs["3"]["strategy"] == "ddp_cpu"
    for one, two in (("0", "3"), ("2", "5")):
        mine, theirs = (
            load_checkpoint(mixed / job / "checkpoints" / "last.ckpt")["state_dict"] for job in (one, two)
        )
        for name in mine:
            assert (mine[name] - theirs[name]).abs().max() <= 1e-10 * mine[name].abs().max()
        assert float(jobs[one]["loss_final"]) == pytest.approx(float(jobs[two]["loss_final"]), rel=1e-10)
    assert len(list(mixed.glob("*/metrics.csv"))) == 4  # no rank made a directory or a sweep of its own
    assert not list(mixed.glob("*/[0-9]*"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("launcher", "settings", "same"),
    [("joblib", ["hydra.launcher.n_jobs=2"], "1245"), ("submitit_local", ["strategy=ddp_cpu"], "45")],
)
def test_workers_give_the_numbers_of_one_process(
    launcher: str, settings: list[str], same: str, mixed: Path, tmp_path: Path
) -> None:
    pytest.importorskip(f"hydra_plugins.hydra_{launcher.partition('_')[0]}_launcher")
    directory, log = tmp_path / "sweep", tmp_path / "log"
    arguments = [*MIXED, "loss.asymptotic.cutoff=99.0,5.0", f"hydra/launcher={launcher}", *settings]
    if launcher == "joblib":  # in an interpreter of its own: the workers do not end with a forked process
        command = [sys.executable, "-m", "hadronlab.train", *arguments, f"hydra.sweep.dir={directory}"]
        with open(log, "ab") as stream:
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            status = subprocess.run(
                command, stdout=stream, stderr=stream, env=environment, timeout=280
            ).returncode
    else:
        status = run([*arguments, f"hydra.sweep.dir={directory}"], log, one_thread)
    assert status == 1, log.read_text()
    found, expected = list(table(directory).values()), [table(mixed)[job] for job in same]
    assert sorted((job["status"], job["loss_final"], job["reason"]) for job in found) == sorted(
        (job["status"], job["loss_final"], job["reason"]) for job in expected
    )


@pytest.mark.slow
def test_workers_of_a_killed_sweep_save_and_end(tmp_path: Path) -> None:
    directory, log = tmp_path / "sweep", tmp_path / "log"
    pace = held(directory)
    again = [
        *LONG,
        *pace,
        "seed=1,2",
        "hydra/launcher=joblib",
        "hydra.launcher.n_jobs=2",
        f"hydra.sweep.dir={directory}",
    ]
    for number, status in ((signal.SIGKILL, -9), (signal.SIGTERM, 75)):
        process = start(again, log, one_thread)
        for job in "01":
            wait_for_steps(directory / job, 30, process)
        os.kill(process.pid or 0, number)
        process.join(60)
        assert process.exitcode == status
        deadline = time.monotonic() + 60
        while len(list(directory.glob("*/stopped.txt"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        for job in (directory / "0", directory / "1"):
            assert "interrupted by SIGTERM at step" in (job / "stopped.txt").read_text()
            assert load_checkpoint(job / "checkpoints" / "last.ckpt")["global_step"] > last_step(job)
        again = [f"resume={directory}", *pace]
    released(directory)
    assert run([f"resume={directory}", *pace, "hydra/launcher=basic"], log) == 0, log.read_text()
    assert {job["status"] for job in table(directory).values()} == {"ok"}


@pytest.mark.slow
def test_a_requeued_job_of_slurm_goes_on_on_all_its_ranks(tmp_path: Path) -> None:
    directory, log, slurm = tmp_path / "sweep", tmp_path / "log", tmp_path / "slurm"
    gloo = ["trainer.accelerator=cpu", "trainer.strategy.process_group_backend=gloo"]
    ranks = ["hydra/launcher=slurm_ddp", "strategy=ddp", "trainer.devices=2", *gloo]
    arguments = [*LONG, "trainer.max_steps=300", *ranks, *held(directory), f"hydra.sweep.dir={directory}"]
    process = start(arguments, log, one_thread, install(slurm))
    wait_for_steps(directory / "0", 30, process)
    signal_tasks(slurm, signal.SIGUSR2)
    released(directory)
    process.join(240)
    assert process.exitcode == 0, log.read_text()
    assert (slurm / "task0.log").read_text().count("Starting with JobEnvironment") == 2
    assert "interrupted by SIGUSR2 at step" in (slurm / "task0.log").read_text()
    assert [int(row["step"]) for row in rows(directory / "0")] == list(range(0, 300, 3))
    script = (slurm / "job").read_text()
    for line in ("--ntasks-per-node=2", "--gpus-per-node=2", "--nodes=1", "--requeue", "--signal=USR2@120"):
        assert f"#SBATCH {line}\n" in script


def srun(rank: int, cwd: str, job: int) -> None:
    """What srun tells a task of its place."""
    os.chdir(cwd)
    values = {"NTASKS": 2, "NTASKS_PER_NODE": 2, "STEP_NUM_TASKS": 2, "JOB_NUM_NODES": 1, "NNODES": 1, "JOB_ID": job, "JOB_NAME": "train",
              "NODEID": 0, "JOB_NODELIST": "127.0.0.1", "NODELIST": "127.0.0.1", "PROCID": rank, "LOCALID": rank}  # fmt: skip
    os.environ.update({f"SLURM_{name}": str(value) for name, value in values.items()})


@pytest.mark.slow
def test_srun_starts_the_ranks_of_a_run(tmp_path: Path) -> None:
    job = own_number()
    arguments = [*SEPARABLE, "strategy=slurm", "trainer.devices=2", "trainer.accelerator=cpu", "trainer.strategy.process_group_backend=gloo",
                 "trainer.max_steps=20"]  # fmt: skip
    tasks = [start(arguments, tmp_path / f"log{rank}", srun, rank, str(tmp_path), job) for rank in (0, 1)]
    for rank, task in enumerate(tasks):
        task.join(120)
        assert task.exitcode == 0, (tmp_path / f"log{rank}").read_text()
    result = tmp_path / "outputs" / "separable" / f"slurm-{job}" / "result.json"
    assert (tmp_path / "log0").read_text().splitlines()[-1] == str(result) and result.exists()
    assert (tmp_path / "log1").read_text() == ""


@pytest.mark.slow
def test_a_sweep_is_not_started_by_every_rank(tmp_path: Path) -> None:
    assert (
        run(
            [*SMALL_SWEEP, "seed=1,2", f"hydra.sweep.dir={tmp_path / 'sweep'}"],
            tmp_path / "log",
            srun,
            1,
            str(tmp_path),
            own_number(),
        )
        == 1
    )
    assert (
        (tmp_path / "log").read_text().startswith("error: a sweep is started once, without torchrun or srun")
    )
    assert not (tmp_path / "sweep").exists()


@pytest.mark.slow
def test_optuna_gives_every_rank_the_values_of_its_trial(mixed: Path, tmp_path: Path) -> None:
    optuna = pytest.importorskip("optuna")
    directory, log = tmp_path / "sweep", tmp_path / "log"
    drawn = [
        "hydra/sweeper/sampler=random",
        "hydra.sweeper.sampler.seed=5",  # two ranks, a failure, one rank
        "hydra.sweeper.n_trials=3",
        "strategy=choice(cpu,ddp_cpu)",
        "loss.asymptotic.cutoff=choice(99.0,5.0)",
        "trainer.log_every_n_steps=10",
    ]
    arguments = [*SMALL_SWEEP, *OPTUNA, *drawn, f"hydra.sweep.dir={directory}"]
    assert run(arguments, log, forked_ranks, 2) == 0, log.read_text()
    expected = {
        (job["strategy"], job["loss.asymptotic.cutoff"]): (job["status"], job["objective"])
        for job in table(mixed).values()
    }
    jobs = list(table(directory).values())
    assert len(jobs) == 3 and {job["strategy"] for job in jobs if job["status"] == "ok"} == {"cpu", "ddp_cpu"}
    for job in jobs:
        status, objective = expected[job["strategy"], job["loss.asymptotic.cutoff"]]
        assert job["status"] == status
        assert status == "failed" or float(job["objective"]) == pytest.approx(float(objective), rel=1e-9)
    storage = f"sqlite:///{directory / 'study.db'}"
    more = [
        f"hydra.sweeper.storage={storage}",
        "hydra.sweeper.study_name=hadronlab",
        "hydra.sweeper.n_trials=1",
        "strategy=cpu",
        "loss.asymptotic.cutoff=choice(99.0,5.0)",
        f"hydra.sweep.dir={tmp_path / 'more'}",
    ]
    assert run([*SMALL_SWEEP, *OPTUNA, *more], log) == 0, log.read_text()  # another sweep adds to the study
    trials = optuna.load_study(study_name="hadronlab", storage=storage).trials
    assert [trial.state.name for trial in trials][:3] == ["COMPLETE", "FAIL", "COMPLETE"] and len(trials) == 4


@pytest.mark.slow
def test_a_killed_study_goes_on_with_the_trial_that_was_cut_off(tmp_path: Path) -> None:
    optuna = pytest.importorskip("optuna")
    directory, log = tmp_path / "sweep", tmp_path / "log"
    study = [
        *OPTUNA,
        "hydra.sweeper.n_trials=3",
        "hydra.sweeper.sampler.seed=1",
        "optimizer.optimizer.lr=interval(0.001,0.1)",
    ]
    pace = held(directory, 0.005)
    process = start([*LONG, *study, *pace, f"hydra.sweep.dir={directory}"], log)
    wait_for_steps(directory / "1", 30, process)
    os.kill(process.pid or 0, signal.SIGTERM)
    process.join(60)
    released(directory)
    assert process.exitcode == 75, log.read_text()
    rate = (directory / "1" / ".hydra" / "overrides.yaml").read_text().splitlines()[0]
    assert run([f"resume={directory}", *pace], log) == 0, log.read_text()
    jobs = table(directory)
    assert sorted(jobs) == ["0", "1.0", "1.1"] and {job["status"] for job in jobs.values()} == {"ok"}
    assert (directory / "1.0" / ".hydra" / "overrides.yaml").read_text().splitlines()[0] == rate
    assert [int(row["step"]) for row in rows(directory / "1.0")] == list(range(0, 900, 3))
    assert len({job["optimizer.optimizer.lr"] for job in jobs.values()}) == 3
    trials = optuna.load_study(study_name="hadronlab", storage=f"sqlite:///{directory / 'study.db'}").trials
    values = [float(jobs[name]["objective"]) for name in ("0", "1.0", "1.1")]
    assert [trial.value for trial in trials if trial.value is not None] == pytest.approx(values)
    assert run([f"resume={directory}", *pace], log) == 0, log.read_text()  # nothing is left to do
    assert table(directory) == jobs


@pytest.mark.slow
def test_a_study_without_a_trial_that_succeeds_ends_in_one_line(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    log = tmp_path / "log"
    arguments = [
        *SMALL_SWEEP,
        *OPTUNA,
        "hydra.sweeper.n_trials=2",
        "loss.asymptotic.cutoff=interval(90.0,99.0)",
        f"hydra.sweep.dir={tmp_path / 'sweep'}",
    ]
    assert run(arguments, log) == 1
    assert log.read_text().splitlines()[-1].startswith("error: the study has no best trial")
    assert {job["status"] for job in table(tmp_path / "sweep").values()} == {"failed"}
