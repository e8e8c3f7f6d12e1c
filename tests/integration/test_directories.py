"""Whose directory it is, and what happens where nothing can be written."""

from __future__ import annotations

import csv
import os
import re
import resource
import signal
from pathlib import Path

import pytest
from processes import FAST, SEPARABLE, fill_the_disk_after, last_step, run, start, wait_for_steps

from hadronlab.run.directory import metrics_csv
from hadronlab.run.directory.checkpoint_io import load_checkpoint, newest_whole
from hadronlab.run.directory.files import write_text
from hadronlab.run.directory.metrics_csv import MetricsCSV

LONG = [*SEPARABLE, *FAST, "trainer.max_epochs=1000000"]
SHORT = [*SEPARABLE, *FAST, "trainer.max_steps=40"]


def limit_files(size: int) -> None:
    """A disk that is full: no file of this process grows beyond `size` bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.slow
def test_two_runs_in_one_directory_are_refused(tmp_path: Path) -> None:
    first = start([*LONG, f"hydra.run.dir={tmp_path / 'run'}"], tmp_path / "first.log")
    try:
        wait_for_steps(tmp_path / "run", 30, first)
        for extra in ([], ["resume=auto"]):
            second = tmp_path / "second.log"
            assert run([*LONG, f"hydra.run.dir={tmp_path / 'run'}", *extra], second) == 1
            (line,) = [line for line in second.read_text().splitlines() if line.startswith("error")]
            assert "another run is writing" in line
            second.unlink()
    finally:
        os.kill(first.pid or 0, signal.SIGKILL)
        first.join()


@pytest.mark.slow
def test_a_directory_that_holds_a_run_is_not_overwritten(tmp_path: Path) -> None:
    again, log = [*SHORT, f"hydra.run.dir={tmp_path / 'run'}"], tmp_path / "log"
    assert run(again, log) == 0
    before = (tmp_path / "run" / "result.json").read_bytes()
    assert run([*again, "seed=2"], log) == 1
    assert "holds a run already: continue it with resume=" in log.read_text()
    assert (tmp_path / "run" / "result.json").read_bytes() == before
    assert run([*again, "resume=auto"], log) == 0
    assert log.read_text().splitlines()[-1] == str(tmp_path / "run" / "result.json")


@pytest.mark.slow
def test_resume_by_path_continues_in_place_and_further(tmp_path: Path) -> None:
    directory, log = tmp_path / "run", tmp_path / "log"
    assert run([*SHORT, f"hydra.run.dir={directory}"], log) == 0
    moved = tmp_path / "elsewhere"
    directory.rename(moved)
    assert run([f"resume={moved}", "trainer.max_steps=80"], log) == 0, log.read_text()
    assert load_checkpoint(moved / "checkpoints" / "last.ckpt")["global_step"] == 80
    assert last_step(moved) == 78
    assert not directory.exists()


def test_output_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    place = Path("/dev/null") if os.access(closed, os.W_OK) else closed  # root writes everywhere
    log = tmp_path / "log"
    assert run([*SHORT, f"hydra.run.dir={place / 'run'}"], log) == 1
    (line,) = log.read_text().splitlines()
    assert line.startswith(f"error: {place}") and ("Permission denied" in line or "Not a directory" in line)


@pytest.mark.slow
def test_a_full_disk_ends_no_training_and_keeps_the_last_good_files(tmp_path: Path) -> None:
    directory, log = tmp_path / "run", tmp_path / "log"
    assert run([*SHORT, f"hydra.run.dir={directory}"], log, fill_the_disk_after, 2) == 1
    text = log.read_text()
    assert "no checkpoint at step 20: No space left on device; that of step 10 stands" in text
    assert text.splitlines()[-1].startswith("error: ") and "No space left" in text.splitlines()[-1]
    whole = newest_whole(directory / "checkpoints")
    assert whole is not None and load_checkpoint(whole)["global_step"] == 10
    assert load_checkpoint(directory / "checkpoints" / "previous.ckpt")["global_step"] == 0
    assert not (directory / "result.json").exists()
    assert run([*SHORT, f"hydra.run.dir={directory}", "resume=auto"], log) == 0, log.read_text()
    assert not list(directory.glob("**/.*.ckpt.*"))


@pytest.mark.slow
def test_a_real_limit_on_files(tmp_path: Path) -> None:
    directory, log = tmp_path / "run", tmp_path / "log"
    assert run([*SHORT, f"hydra.run.dir={directory}"], log) == 0
    names = ("result.json", "result.h5", "checkpoints/last.ckpt")
    good = {directory / name: (directory / name).read_bytes() for name in names}
    log.unlink()
    again = [
        f"resume={directory}",
        "trainer.max_steps=80",
        "hydra.job_logging.handlers.file.filename=/dev/full",
    ]
    assert run(again, log, limit_files, 3500) == 1
    *said, last = log.read_text().splitlines()
    assert last.startswith("error: ") and "File too large" in last and "result.h5" in last
    assert said and all(
        re.match("no checkpoint at step .*: File too large; that of step 40 stands$", line) for line in said
    )
    for file, content in good.items():
        assert file.read_bytes() == content


def test_metrics_that_cannot_be_written_are_said_once_and_leave_no_torn_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = MetricsCSV(tmp_path)
    logger.log_metrics({"loss": 1.0}, step=0)

    class FullDisk(csv.DictWriter):  # type: ignore[type-arg]
        def writerow(self, row: object) -> None:
            self.writer.writerow(["half a r"])
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(metrics_csv.csv, "DictWriter", FullDisk)
        for step in (10, 20):
            logger.log_metrics({"loss": 0.5}, step=step)
    logger.log_metrics({"loss": 0.2}, step=30)
    assert (tmp_path / "metrics.csv").read_text().split() == ["step,loss", "0,1.0", "30,0.2"]
    error = capsys.readouterr().err
    assert error == "metrics.csv: step 10 not written (No space left on device); training on\n"


def test_write_whole_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_text(tmp_path / "file", "old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_text(tmp_path / "file", "new")
    assert [(f.name, f.read_text()) for f in tmp_path.iterdir()] == [("file", "old")]
