"""What every command does with mistakes, and on a terminal that lacks characters."""

from __future__ import annotations

import gc
import os
import subprocess
import sys

import pytest

from hadronlab import convert, dashboard, evaluate, export, luescher, sweep, train
from hadronlab.cli.commands import command, wait_briefly
from hadronlab.errors import DataError

PRINT = "print('χ² ± 1 … Ω/result.json', flush=True)"
PROGRAM = f"""
import subprocess, sys
from hadronlab.cli.commands import command

with command():
    {PRINT}
    subprocess.run([sys.executable, "-c", {PRINT!r}], check=True)
"""


@pytest.mark.parametrize(("encoding", "shown"), [("latin-1", "?² ± 1 ? ?/result.json"), ("ascii", "?? ? 1 ? ?/result.json"),
                                                 ("utf-8", "χ² ± 1 … Ω/result.json")])  # fmt: skip
def test_characters_that_the_terminal_lacks_are_replaced(encoding: str, shown: str) -> None:
    """Also by a process that the command starts."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode(encoding).splitlines() == [shown, shown]


@pytest.mark.parametrize(
    ("own", "spins"), [({}, "2000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, None)]
)
def test_waiting_threads_give_their_cores_up(
    own: dict[str, str], spins: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless the user has said how they wait."""
    monkeypatch.setattr(os, "environ", {"PATH": os.environ["PATH"], **own})
    wait_briefly()
    assert os.environ.get("GOMP_SPINCOUNT") == spins


@pytest.mark.parametrize(
    "entry", [convert.main, dashboard.main, evaluate.main, export.main, luescher.main, sweep.main, train.main]
)
def test_an_unknown_option_is_one_line_of_every_command(
    entry: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["command", "--nonsense=1"])
    with pytest.raises(SystemExit, match="1"):
        entry()  # type: ignore[operator]
    line = capsys.readouterr().err
    assert line.startswith("error: ") and line.count("\n") == 1


def test_the_trace_is_shown_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADRONLAB_DEBUG", "1")
    with pytest.raises(DataError, match="torn"), command():
        raise DataError("torn")


def test_no_garbage_is_looked_for_while_torch_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is half a second of the start; a run that begins, or ends before it has begun, collects as ever."""
    collecting: list[bool] = []
    monkeypatch.setattr(sys, "argv", ["hadronlab-train", "system=separable"])
    monkeypatch.setattr(train, "run", lambda: collecting.append(gc.isenabled()))
    train.main()
    assert collecting == [False] and gc.isenabled()
    monkeypatch.undo()
    monkeypatch.setattr(sys, "argv", ["hadronlab-train", "system=nothing_known"])
    with pytest.raises(SystemExit):
        train.main()
    assert gc.isenabled()


def test_a_job_collects_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    collecting: list[bool] = []
    monkeypatch.setattr(
        "hadronlab.sweeps.launch_job.launch_job", lambda *_: collecting.append(gc.isenabled())
    )
    monkeypatch.setattr("gc.freeze", lambda: None)  # which would last for all tests of this process
    gc.disable()
    train.run.__wrapped__(None)  # type: ignore[attr-defined]
    assert collecting == [True] and gc.isenabled()
