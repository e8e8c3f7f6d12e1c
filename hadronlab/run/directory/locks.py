"""Files that one process holds, where the file system knows of that."""

from __future__ import annotations

import fcntl
import sys
from functools import cache
from pathlib import Path
from typing import IO


def hold(file: IO[str]) -> bool:
    """Hold the open `file` until it is closed or the process ends; False where another process holds it.

    On a file system without locks, such as Lustre as it is mounted by default, nobody is kept out; a warning says so once.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        _warn(Path(file.name).parent, error.strerror)
    return True


@cache
def _warn(place: Path, reason: str) -> None:
    print(
        f"warning: the file system of {place} has no locks ({reason}): that two runs use it at once is not noticed",
        file=sys.stderr,
    )
