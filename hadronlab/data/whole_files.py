"""Data files that appear under their name only once they are whole; what the system says against it is one DataError."""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import h5py

from hadronlab.errors import DataError


@contextmanager
def created(path: str | Path) -> Iterator[h5py.File]:
    """A new HDF5 file that takes its name only once it is whole; DataError if it cannot be written.

    It is made in memory, for the HDF5 library crashes where a disk is full.
    """
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        yield file
    with writing(path), placed(path) as temporary:
        temporary.write_bytes(content.getbuffer())


@contextmanager
def placed(path: str | Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its name at the end, or is gone after an error."""
    where = Path(path)
    # not tempfile's, which nobody but its owner may read: a group shares its correlators
    temporary = where.with_name(f".{where.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, where)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """What the system says against writing `path`, as a DataError."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror or error})") from error
