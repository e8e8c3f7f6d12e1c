"""Ranks that are gone: nobody waits for them, and they take nobody along."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from omegaconf import OmegaConf

from hadronlab.callbacks.interrupt import signals_reported
from hadronlab.errors import ConfigError
from hadronlab.run.ranks import ranks
from hadronlab.run.ranks.ddp import _JobLauncher
from hadronlab.run.ranks.environment import check_processes, environment_of
from hadronlab.run.ranks.meeting import ended_by_signals

DDP = OmegaConf.create({"trainer": {"strategy": {"_target_": "x"}, "num_nodes": 1}})
ALONE = OmegaConf.create({"trainer": {"strategy": "auto", "num_nodes": 1}})


def waiting(log: Path) -> None:
    """A rank in a collective that no other rank will join: a child of it has failed."""
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT), 2)
    sys.stderr = os.fdopen(2, "w")
    ranks.PATIENCE = 0.2
    ranks.STARTED.append(subprocess.Popen(["false"]))
    with ranks.lost_ranks_told(DDP, Path("there")):
        signal.pause()


def test_a_process_that_waits_for_a_rank_that_failed_ends_with_a_line(tmp_path: Path) -> None:
    process = multiprocessing.get_context("fork").Process(target=waiting, args=(tmp_path / "log",))
    process.start()
    process.join(30)
    assert process.exitcode == 1
    assert (
        tmp_path / "log"
    ).read_text() == "error: another process of this run has ended: continue with resume=there\n"


def test_ranks_are_started_without_an_observer_that_kills_and_none_outlives_its_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment = SimpleNamespace(
        creates_processes_externally=False, validate_settings=lambda num_devices, num_nodes: None
    )
    launcher = _JobLauncher(environment, 2, 1, Path("x"))
    child = subprocess.Popen(["sleep", "600"])
    monkeypatch.setattr(launcher, "_call_children_scripts", lambda: launcher.procs.append(child))
    monkeypatch.setattr(ranks, "PATIENCE", 0.1)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with ranks.ranks_released():
        assert launcher.launch(lambda number: number + 1, 1) == 2
        assert [child] == ranks.STARTED
        assert "child-process-observer" not in {thread.name for thread in threading.enumerate()}
    assert not ranks.STARTED and child.wait(30) == -signal.SIGKILL


LEFT_OVER = {"RANK": "3", "LOCAL_RANK": "1", "WORLD_SIZE": "4", "NODE_RANK": "1", "GROUP_RANK": "1", "MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "29500",
             "SLURM_JOB_ID": "1", "SLURM_JOB_NAME": "fit", "SLURM_NTASKS": "4", "SLURM_PROCID": "3", "SLURM_LOCALID": "3", "SLURM_NODEID": "1",
             "JSM_NAMESPACE_RANK": "2", "JSM_NAMESPACE_SIZE": "4", "JSM_NAMESPACE_LOCAL_RANK": "2", "LSB_JOBID": "1"}  # fmt: skip
SRUN = {**LEFT_OVER, "SLURM_STEP_NUM_TASKS": "4", "SLURM_NTASKS": "4"}
TORCHRUN = {**LEFT_OVER, "TORCHELASTIC_RUN_ID": "none"}
OWN = {**TORCHRUN, "SLURM_STEP_NUM_TASKS": "4", "HADRONLAB_RANK": "5"}


@pytest.fixture
def variables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*OWN, "SLURM_NTASKS_PER_NODE", "SLURM_NODELIST"):
        monkeypatch.delenv(name, raising=False)
    for name, value in request.param.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("variables", "found"),
    [({}, 0), (LEFT_OVER, 0), ({"RANK": "no number", "SLURM_STEP_NUM_TASKS": ""}, 0), (SRUN, 3), (TORCHRUN, 3), (OWN, 5)],
    indirect=["variables"],
)  # fmt: skip
def test_which_process_holds_the_directory(variables: None, found: int) -> None:
    assert ranks.rank(DDP) == found
    assert ranks.rank(ALONE) == 0


@pytest.mark.parametrize("variables", [{}, LEFT_OVER, SRUN, TORCHRUN], indirect=True)
def test_a_run_of_one_process_is_alone_whatever_is_left_over(variables: None) -> None:
    environment = environment_of(ALONE)
    places = (
        environment.local_rank(),
        environment.node_rank(),
        environment.main_address,
        environment.creates_processes_externally,
    )
    assert places == (0, 0, "127.0.0.1", False) and environment.main_port != 29500


@pytest.mark.parametrize("variables", [{}, LEFT_OVER], indirect=True)
def test_the_ranks_that_a_run_starts_know_their_place(
    variables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, env: told.append(env))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    environment = environment_of(DDP)
    _JobLauncher(environment, 3, 1, Path("x"))._call_children_scripts()
    for number, child in enumerate(told, 1):
        assert {name: child[name] for name in ("HADRONLAB_RANK", "LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_ADDR")} == {
            "HADRONLAB_RANK": str(number), "LOCAL_RANK": str(number), "NODE_RANK": "0", "WORLD_SIZE": "3", "MASTER_ADDR": "127.0.0.1"}  # fmt: skip
        assert child["MASTER_PORT"] == str(environment.main_port)
    for name, value in told[1].items():
        monkeypatch.setenv(name, value)
    there = environment_of(DDP)
    assert (ranks.rank(DDP), there.local_rank(), there.node_rank(), there.main_port) == (
        2,
        2,
        0,
        environment.main_port,
    )
    assert there.creates_processes_externally


@pytest.mark.parametrize(
    ("variables", "kind"), [(SRUN, "Srun"), (TORCHRUN, "TorchElasticEnvironment")], indirect=["variables"]
)
def test_srun_and_torchrun_start_as_many_processes_as_there_are_ranks(variables: None, kind: str) -> None:
    environment = environment_of(DDP)
    assert type(environment).__name__ == kind
    check_processes(SimpleNamespace(num_devices=2, num_nodes=2), environment)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="has started 4 processes, and the run has 2 ranks"):
        check_processes(SimpleNamespace(num_devices=2, num_nodes=1), environment)  # type: ignore[arg-type]


@pytest.mark.parametrize("variables", [{}, {"MASTER_ADDR": "10.0.0.1"}], indirect=True)
def test_several_nodes_need_somebody_who_starts_their_ranks(
    variables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = OmegaConf.create({"trainer": {"strategy": {"_target_": "x"}, "num_nodes": 2}})
    with pytest.raises(ConfigError, match="start the run with srun or torchrun"):
        environment_of(nodes)
    monkeypatch.setenv("NODE_RANK", "1")
    assert ranks.rank(nodes) == environment_of(nodes).node_rank() == 1


def meeting(directory: Path, port: int) -> None:
    """Rank 1 of a run whose rank 0 never comes."""
    os.dup2(os.open(directory / "log", os.O_WRONLY | os.O_CREAT), 2)
    sys.stderr = os.fdopen(2, "w")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a test run in the background ignores
    with signals_reported(directory), ended_by_signals(directory, speaks=True):
        (directory / "waits").touch()
        torch.distributed.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=1, world_size=2)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_a_signal_ends_a_process_that_waits_for_the_other_ranks(
    number: signal.Signals, status: int, tmp_path: Path
) -> None:
    """The library that waits calls no handler of Python's; a listener that answers nothing keeps it waiting."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = multiprocessing.get_context("fork").Process(
            target=meeting, args=(tmp_path, silent.getsockname()[1])
        )
        process.start()
        while not (tmp_path / "waits").exists():
            time.sleep(0.05)
        time.sleep(1.0)
        os.kill(process.pid or 0, number)
        process.join(60)
        process.kill()
        assert process.exitcode == status, (tmp_path / "log").read_text()
    assert f"interrupted by {number.name}" in (tmp_path / "log").read_text()


def test_wakeup_of_others_stays() -> None:
    with ended_by_signals(Path("there"), speaks=True):
        pass
    assert signal.set_wakeup_fd(-1) == -1
