"""Sweeps from the command line: the table, what failed, what is skipped on resume."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from datetime import datetime
from pathlib import Path

import pytest
from processes import SEPARABLE, SMALL_SWEEP, held, last_step, released, run, start, table, wait_for_steps

pytestmark = pytest.mark.slow

DEPTHS = [*SMALL_SWEEP, "model.depth=1,2", "loss.asymptotic.cutoff=4.0,99.0", "seed=1,2"]


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


def test_two_sweeps_in_one_directory_are_not_mixed(tmp_path: Path) -> None:
    directory = tmp_path / "sweep"
    pace = held(directory, 0.02)
    first = start([*SMALL_SWEEP, "seed=1,2", *pace, f"hydra.sweep.dir={directory}"], tmp_path / "first")
    deadline = time.monotonic() + 60
    while not (directory / ".lock").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    second = [*SMALL_SWEEP, "seed=11,12", f"hydra.sweep.dir={directory}"]
    assert run(second, tmp_path / "second") == 1
    (line,) = (tmp_path / "second").read_text().splitlines()
    assert line == f"error: another sweep is writing in {directory}: wait for it or choose hydra.sweep.dir=…"
    released(directory)
    first.join(120)
    assert first.exitcode == 0, (tmp_path / "first").read_text()
    assert {job["seed"] for job in table(directory).values()} == {"1", "2"}


def test_runs_and_sweeps_of_one_second_get_directories_of_their_own(tmp_path: Path) -> None:
    """The clock is stopped: every directory has the same time."""
    for arguments in (SEPARABLE, SEPARABLE, [*SMALL_SWEEP, "seed=1"], [*SMALL_SWEEP, "seed=2"]):
        log = tmp_path / "log"
        assert run([*arguments, "trainer.max_steps=2"], log, stop_the_clock, tmp_path) == 0, log.read_text()
    names = {
        str(path.parent.relative_to(tmp_path / "outputs")) for path in tmp_path.glob("outputs/**/result.json")
    }
    time_ = "2026-01-01_00-00-00"
    assert names == {f"separable/{time_}", f"separable/{time_}_2", f"sweeps/{time_}/0", f"sweeps/{time_}_2/0"}


def stop_the_clock(directory: Path) -> None:
    """Work in `directory`, where it is always the first second of 2026 for names."""
    import hydra.core.utils

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2026, 1, 1)

    hydra.core.utils.datetime = Stopped  # type: ignore[attr-defined]
    os.chdir(directory)


def test_jobs_named_by_their_overrides_are_trained_once(tmp_path: Path) -> None:
    directory, log = tmp_path / "by=name", tmp_path / "log"
    named = "hydra.sweep.subdir=${hydra.job.override_dirname}"
    assert run([*SMALL_SWEEP, "seed=1,2", named, f"hydra.sweep.dir={directory}"], log) == 0, log.read_text()
    before = {path: path.stat().st_mtime_ns for path in directory.glob("*/result.json")}
    assert len(before) == 2 and all(
        "quiet=True" in path.parent.name and "seed=" in path.parent.name for path in before
    )
    assert run([f"resume={directory}", "seed=1,2,3"], log) == 0, log.read_text()
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert sorted(job["seed"] for job in table(directory).values()) == ["1", "2", "3"]
    job = next(iter(before)).parent
    assert run([f"resume={job}", "trainer.max_steps=60"], log) == 0, log.read_text()
    assert last_step(job) == 57
