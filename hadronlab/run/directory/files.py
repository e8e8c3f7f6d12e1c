"""Files that are whole or absent, whatever happens while they are written."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


def write_whole(path: Path, write: Callable[[Path], object], keep: Path | None = None) -> None:
    """`write(temporary)`, then fsync and rename: after a crash or a full disk the old file still stands.

    keep: the name under which the old file stands on once the new one is whole. Raises OSError with the name of `path`
    in it.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(temporary)
        with open(temporary, "rb+") as handle:
            os.fsync(handle.fileno())
        if keep is not None and path.exists():
            _second_name(path, keep)
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def _second_name(path: Path, name: Path) -> None:
    """`name` becomes one of `path`, which is about to be replaced."""
    spare = name.with_name(f".{name.name}.{os.getpid()}")
    spare.unlink(missing_ok=True)
    try:
        os.link(path, spare)
    except OSError:  # a file system without links: for a moment only `name` stands
        os.replace(path, name)
        return
    os.replace(spare, name)
    spare.unlink(missing_ok=True)  # it stands yet where a killed run had given both names to one file


def write_text(path: Path, text: str) -> None:
    """Write a text file whole."""
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write JSON whole; a number that is not finite becomes null."""
    write_text(path, json.dumps(_plain(content), indent=1, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if hasattr(value, "item"):
        return _plain(value.item())
    return value
