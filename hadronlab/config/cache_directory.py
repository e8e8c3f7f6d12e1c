"""Where what can be made again is kept between runs."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from hadronlab.errors import DataError


def cache_directory() -> Path:
    """HADRONLAB_CACHE, else XDG_CACHE_HOME/hadronlab, else ~/.cache/hadronlab. DataError where there is no home."""
    if chosen := os.environ.get("HADRONLAB_CACHE"):
        return Path(chosen)
    if home := os.environ.get("XDG_CACHE_HOME"):
        return Path(home) / "hadronlab"
    try:
        return Path.home() / ".cache" / "hadronlab"
    except RuntimeError as error:
        raise DataError(
            "this user has no home directory; HADRONLAB_CACHE=… names one for the cache"
        ) from error


def private_directory(name: str) -> Path | None:
    """A folder of the cache that this user alone can write to, for what is executed; None: there can be none."""
    try:
        folder = cache_directory() / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except (DataError, OSError):
        return None
    shared = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return None if shared or found.st_uid != os.getuid() or not os.access(folder, os.W_OK) else folder
