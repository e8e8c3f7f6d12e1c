"""One device a process: the lowest number whose lock file nobody holds."""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path
from typing import IO

from hadronlab.errors import ConfigError

_held: tuple[int, IO[str]] | None = None


def device_slot(count: int, directory: Path | None = None) -> int:
    """A device number below `count`, held as long as this process lives.

    directory: of the lock files; one of the user's own in the temporary directory by default. Raises ConfigError where
    all are taken.
    """
    global _held
    if _held is not None:
        return _held[0]
    place = directory or Path(tempfile.gettempdir()) / f"hadronlab-devices-{os.getuid()}"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in range(count):
        handle = open(place / f"{number}.lock", "w")  # noqa: SIM115 (held as long as the process)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            continue
        _held = number, handle
        return number
    raise ConfigError(f"all {count} devices of this machine are in use: lower hydra.launcher.n_jobs, or wait")
