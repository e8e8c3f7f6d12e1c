"""Ranks that are gone: nobody waits for them, and they take nobody along."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from omegaconf import OmegaConf

from hadronlab.run.ranks import ranks
from hadronlab.run.ranks.ddp import _JobLauncher

DDP = OmegaConf.create({"trainer": {"strategy": {"_target_": "x"}, "num_nodes": 1}})


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


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({}, 0),
        ({"RANK": "3", "LOCAL_RANK": "1"}, 3),  # torchrun
        ({"SLURM_PROCID": "5"}, 5),  # srun
        ({"SLURM_PROCID": "0", "LOCAL_RANK": "1"}, 1),  # our own launcher in a batch script of SLURM
        ({"NODE_RANK": "1", "LOCAL_RANK": "0"}, 1),
    ],
)
def test_which_process_holds_the_directory(
    variables: dict[str, str], found: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ranks.rank(DDP) == found
    alone = OmegaConf.create({"trainer": {"strategy": "auto", "num_nodes": 1}})
    assert ranks.rank(alone) == 0
