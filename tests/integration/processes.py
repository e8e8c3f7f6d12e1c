"""Runs of the command line in real processes, forked from one that has torch and Lightning loaded already."""

from __future__ import annotations

import csv
import errno
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import torch

from hadronlab.run.directory.checkpoint_io import load_checkpoint

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["hadronlab.run.fit", "hadronlab.run.finish", "hadronlab.train", "processes"])

SEPARABLE = [
    "system=separable",
    "model=sdnn_uniform",
    "model.depth=1",
    "model.width=6",
    "data.n_radii=24",
    "data.n_momenta=4",
    "quiet=true",
    "figures=false",
    "trainer.log_every_n_steps=3",
]
SMALL_SWEEP = [
    "-m",
    "loss=schrodinger_asymptotic",
    *SEPARABLE,
    "trainer.max_steps=30",
    "callbacks.checkpoints.every_n_steps=10",
]
FAST = ["callbacks.checkpoints.every_n_steps=10"]


def start(
    arguments: Sequence[str],
    output: Path,
    prepare: Callable[..., None] | None = None,
    *args: Any,
    command: str = "train",
) -> BaseProcess:
    """`hadronlab-train arguments`, or another command, its output appended to a file; `prepare(*args)` is called first in the process."""
    process = CONTEXT.Process(target=_main, args=(command, list(arguments), str(output), prepare, args))
    process.start()
    return process


def run(
    arguments: Sequence[str],
    output: Path,
    prepare: Callable[..., None] | None = None,
    *args: Any,
    command: str = "train",
) -> int:
    """The exit status of `start`."""
    process = start(arguments, output, prepare, *args, command=command)
    process.join(240)
    assert process.exitcode is not None, output.read_text()
    return process.exitcode


def _main(
    command: str,
    arguments: list[str],
    output: str,
    prepare: Callable[..., None] | None,
    args: tuple[Any, ...],
) -> None:
    stream = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(stream, 1)
    os.dup2(stream, 2)
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a test run in the background ignores
    if prepare is not None:
        prepare(*args)
    sys.argv = [f"hadronlab-{command}", *arguments]
    importlib.import_module(f"hadronlab.{command}").main()


class SpareRank:
    """Stands for the subprocess.Popen of a rank: its command, in a process that was forked before and waits for one."""

    spares: ClassVar[list[tuple[BaseProcess, Connection]]] = []

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self._process, told = self.spares.pop()
        self.pid, self.kill, self.poll = self._process.pid, self._process.kill, lambda: self._process.exitcode
        told.send((command[3:], env))

    def wait(self, timeout: float | None = None) -> int | None:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("rank", timeout or 0.0)
        return self._process.exitcode


def forked_ranks(count: int = 1) -> None:
    """The first `count` further ranks of this process need not load torch."""
    fork = multiprocessing.get_context("fork")
    for _ in range(count):
        here, there = fork.Pipe()
        process = fork.Process(target=_spare, args=(there, here), daemon=True)
        process.start()
        SpareRank.spares.append((process, here))
    from hadronlab.run.ranks import ddp

    ddp.subprocess = SimpleNamespace(Popen=SpareRank)  # type: ignore[assignment]


def _spare(there: Connection, here: Connection) -> None:
    here.close()
    try:
        arguments, environment = there.recv()
    except EOFError:  # no rank was needed
        return
    os.environ.update(environment)
    sys.argv = ["hadronlab-train", *arguments]
    from hadronlab.train import main

    main()


def kill_in_the_nth_write(n: int) -> None:
    """SIGKILL between the write of a temporary file and its rename, the n-th time."""
    from hadronlab.run.directory import files

    fsync, calls = os.fsync, [0]

    def deadly(handle: int) -> None:
        fsync(handle)
        calls[0] += 1
        if calls[0] == n:
            os.kill(os.getpid(), signal.SIGKILL)

    files.os.fsync = deadly  # type: ignore[assignment]


def fill_the_disk_after(checkpoints: int) -> None:
    """Every write fails with ENOSPC after so many checkpoints."""
    from hadronlab.run.directory import checkpoint_io, files

    write, count = files.write_whole, [0]

    def full(path: Path, how: object, keep: Path | None = None) -> None:
        count[0] += path.suffix == ".ckpt"
        if count[0] > checkpoints:
            path.with_name(f".{path.name}.{os.getpid()}").write_bytes(b"half a fi")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write(path, how, keep)  # type: ignore[arg-type]

    checkpoint_io.write_whole = files.write_whole = full  # type: ignore[assignment]


def rows(directory: Path) -> list[dict[str, str]]:
    """metrics.csv."""
    with open(directory / "metrics.csv", newline="") as file:
        return list(csv.DictReader(file))


def table(directory: Path) -> dict[str, dict[str, str]]:
    """sweep.csv by job."""
    with open(directory / "sweep.csv", newline="") as file:
        return {row["job"]: row for row in csv.DictReader(file)}


def last_step(directory: Path) -> int:
    """The last step in metrics.csv, −1 where there is none yet."""
    try:
        return int(rows(directory)[-1]["step"])
    except (OSError, IndexError, ValueError, TypeError, KeyError):
        return -1


def wait_for_steps(directory: Path, number: int, process: BaseProcess) -> None:
    """Until `process` has written metrics of `number` steps more than are there now, or of a first one."""
    goal, deadline = last_step(directory) + number, time.monotonic() + 200
    while last_step(directory) < goal:
        assert process.is_alive(), f"{directory} ended before step {goal}"
        assert time.monotonic() < deadline, f"{directory} did not come to step {goal}"
        time.sleep(0.005)


def held(directory: Path, seconds: float = 0.02) -> list[str]:
    """Settings of a run whose steps are slow until `released`, so that it cannot end before a signal comes."""
    file = directory.with_name(f"{directory.name}.held")
    file.touch()
    return [
        "+callbacks.held._target_=faults.Held",
        f"+callbacks.held.file={file}",
        f"+callbacks.held.seconds={seconds}",
    ]


def released(directory: Path) -> None:
    """Let the run of `held` go on at its own pace."""
    directory.with_name(f"{directory.name}.held").unlink()


def assert_same_state(directory: Path, reference: Path) -> None:
    """Bit by bit: parameters, optimizer, callbacks, sampler in last.ckpt, and the text of metrics.csv."""
    mine, theirs = (load_checkpoint(d / "checkpoints" / "last.ckpt") for d in (directory, reference))
    assert mine["global_step"] == theirs["global_step"]
    assert mine.keys() == theirs.keys()
    for part in mine.keys() - {"loops"}:
        assert_same(mine[part], theirs[part], part)
    assert (directory / "metrics.csv").read_text() == (reference / "metrics.csv").read_text()


def assert_same(mine: Any, theirs: Any, path: str) -> None:
    if isinstance(mine, torch.Tensor):
        assert torch.equal(mine, theirs), path
    elif isinstance(mine, dict):
        assert mine.keys() == theirs.keys(), path
        for key in mine:
            assert_same(mine[key], theirs[key], f"{path}.{key}")
    elif isinstance(mine, list | tuple):
        assert len(mine) == len(theirs), path
        for index, (a, b) in enumerate(zip(mine, theirs, strict=True)):
            assert_same(a, b, f"{path}[{index}]")
    else:
        assert mine == theirs or mine != mine, path
