"""Locks, and file systems that have none."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from hadronlab.errors import ConfigError
from hadronlab.run.directory import locks
from hadronlab.run.directory.run_directory import locked
from hadronlab.sweeps import device_slots


def test_a_directory_is_held_by_one(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(ConfigError, match="another run is writing"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO])
def test_a_file_system_without_locks_costs_a_warning(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(device_slots, "_held", None)
    locks._warn.cache_clear()
    for _ in range(2):
        with locked(tmp_path / "run"):
            pass
    assert device_slots.device_slot(["0", "1"], tmp_path / "slots") == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and all("has no locks" in line and os.strerror(number) in line for line in lines)
