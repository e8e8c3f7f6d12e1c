"""Sweeps from the command line: the table, what failed, what is skipped on resume."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest
from processes import SMALL_SWEEP, held, last_step, released, run, start, table, wait_for_steps

DEPTHS = [*SMALL_SWEEP, "model.depth=1,2", "loss.asymptotic.cutoff=4.0,99.0", "seed=1,2"]


@pytest.mark.slow
def test_table_names_failed_and_unfinished_jobs_and_resume_runs_only_them(tmp_path: Path) -> None:
    directory, log = tmp_path / "sweep", tmp_path / "log"
    assert run([*DEPTHS, f"hydra.sweep.dir={directory}"], log) == 1
    jobs = table(directory)
    assert [jobs[str(k)]["status"] for k in range(8)] == ["ok", "ok", "failed", "failed"] * 2
    assert "cutoff = 99.0 1/μ of asymptotic lies outside the grid" in jobs["2"]["reason"]
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
    assert "data:image/png;base64," in page and not re.search(r'(src|href)="(?!data:|\./\d+/")', page)

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
    directory, arguments = tmp_path / "sweep", [*SMALL_SWEEP, "seed=1,2,3", "trainer.max_steps=900"]
    pace = held(directory, 0.005)
    process = start([*arguments, *pace, f"hydra.sweep.dir={directory}"], tmp_path / "log")
    wait_for_steps(directory / "1", 30, process)
    os.kill(process.pid or 0, signal.SIGTERM)
    process.join(60)
    released(directory)
    assert process.exitcode == 75, (tmp_path / "log").read_text()
    assert not (directory / "1" / "result.json").exists()
    assert run([f"resume={directory}", *pace], tmp_path / "again") == 0, (tmp_path / "again").read_text()
    assert {job["status"] for job in table(directory).values()} == {"ok"} and len(table(directory)) == 3
    assert last_step(directory / "1") == 897
