"""One device a process, by file locks."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from hadronlab.errors import ConfigError
from hadronlab.sweeps.device_slots import device_slot

CONTEXT = multiprocessing.get_context("fork")


def hold(directory: Path, devices: list[str], told: Connection) -> None:
    """Take a slot, tell which, and live until killed."""
    try:
        told.send(device_slot(devices, directory))
        signal.pause()
    except ConfigError as error:
        told.send(str(error))


class Workers:
    def __init__(self, directory: Path) -> None:
        self.directory, self.started = directory, list[BaseProcess]()

    def start(self, *devices: str) -> int | str:
        """The slot of a new process, or its error."""
        here, there = CONTEXT.Pipe(duplex=False)
        self.started.append(CONTEXT.Process(target=hold, args=(self.directory, list(devices), there)))
        self.started[-1].start()
        assert here.poll(60)
        return here.recv()

    def kill(self, number: int) -> None:
        os.kill(self.started[number].pid or 0, signal.SIGKILL)
        self.started[number].join(60)


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    found = Workers(tmp_path)
    yield found
    for process in found.started:
        process.kill()
        process.join()


def test_three_workers_on_two_devices(workers: Workers) -> None:
    assert [workers.start("0", "1"), workers.start("0", "1")] == [0, 1]
    third = workers.start("0", "1")
    assert isinstance(third, str) and "all 2 devices of this machine are in use" in third


def test_a_slot_is_free_after_kill_9(workers: Workers) -> None:
    assert [workers.start("0", "1"), workers.start("0", "1")] == [0, 1]
    workers.kill(0)
    assert workers.start("0", "1") == 0


def test_a_device_is_one_device_under_every_number(workers: Workers) -> None:
    """CUDA_VISIBLE_DEVICES=2,3 counts from 0 again."""
    assert workers.start("2", "3") == 0
    assert workers.start("3", "2") == 0
    assert isinstance(workers.start("2", "3"), str)
    assert workers.start("0", "1", "2", "3") == 0


def test_a_process_keeps_its_slot(tmp_path: Path) -> None:
    receiver, sender = CONTEXT.Pipe(duplex=False)

    def twice() -> None:
        sender.send((device_slot(["0", "1"], tmp_path), device_slot(["0", "1"], tmp_path)))

    process = CONTEXT.Process(target=twice)
    process.start()
    assert receiver.recv() == (0, 0)
    process.join(60)
