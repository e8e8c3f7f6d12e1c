"""HDF5 files of unknown origin: every failure is one DataError that names the file and the dataset.

A few damaged bytes can make the HDF5 library itself crash or hang, past any `except`. So a file is first read
by a child process (0.3 s); only if that comes back is it opened here.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import h5py
import numpy as np

from hadronlab.errors import DataError

SECONDS = 60.0  # for the child process, and one more for every 20 MB
MAX_RATIO = 1100  # declared over stored bytes: gzip reaches 1032
MAX_DATASET_BYTES = (
    2**31
)  # of one dataset: a declared shape is refused before anything of its size is allocated
FEW = 16  # numbers or strings of an attribute
# what a file system without locks says: Lustre mounted without flock, NFS without its lock daemon
NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)
DTYPE_KINDS = {"float": "f", "integer": "iu"}
# What h5py raises for damaged files, depending on where the damage sits.
FAILURES = (
    OSError,
    RuntimeError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    MemoryError,
    OverflowError,
)


class Group:
    """One group of an open file, reached by hard links only."""

    def __init__(self, path: str | Path, group: h5py.Group) -> None:
        self.path, self._group = path, group

    def error(self, name: str, what: str) -> DataError:
        """The DataError about the member `name` of this group."""
        shown = f"{(self._group.name or '').rstrip('/')}/{name}"
        # A name in a file may hold line breaks or control characters; the message is one line all the same.
        return DataError(f"{self.path}: {shown if shown.isprintable() else ascii(shown)} {what}")

    def members(self) -> list[str]:
        """Names of all members; DataError if one is a soft or external link."""
        names = list(self._group)
        for name in names:
            if not isinstance(self._group.get(name, getlink=True), h5py.HardLink):
                raise self.error(name, "is a soft or external link; store the data themselves")
        return names

    def groups(self) -> dict[str, Group]:
        """The members that are groups."""
        found = {name: self._group[name] for name in self.members()}
        return {name: Group(self.path, item) for name, item in found.items() if isinstance(item, h5py.Group)}

    def dataset(self, name: str) -> h5py.Dataset:
        """A dataset of which nothing has been read, after a look at where its values are and whether it has any."""
        if name not in self.members():
            raise self.error(name, f"is missing; this group holds {sorted(self.members())}")
        item = self._group[name]
        if not isinstance(item, h5py.Dataset):
            raise self.error(name, "must be a dataset")
        if item.is_virtual or item.external:
            raise self.error(name, "takes its values from another file; store the data themselves")
        if item.size is None or item.size == 0:
            raise self.error(name, f"is empty, shape {item.shape}")
        return item

    def texts(self, name: str) -> list[str]:
        """A row of strings or whole numbers, as strings."""
        item = self.dataset(name)
        if item.ndim != 1 or not (h5py.check_string_dtype(item.dtype) or item.dtype.kind in "iu"):
            raise self.error(
                name, f"must be a row of strings or whole numbers, got {item.dtype} {item.shape}"
            )
        values = item.asstr("utf-8", "replace")[()] if h5py.check_string_dtype(item.dtype) else item[()]
        return [str(value) for value in values]

    def array(self, name: str, kind: str, ndim: tuple[int, ...]) -> np.ndarray:
        """A real dataset as float64 or int64, after checks of its type, rank and declared size."""
        item = self.dataset(name)
        if item.dtype.kind not in DTYPE_KINDS[kind] or item.dtype.itemsize > 8:
            raise self.error(name, f"must hold {kind} numbers, got {item.dtype}")
        if item.ndim not in ndim:
            raise self.error(
                name, f"must have {' or '.join(map(str, ndim))} dimensions, got shape {item.shape}"
            )
        if item.size * 8 > MAX_DATASET_BYTES:
            raise self.error(
                name, f"declares shape {item.shape}, over the limit of {MAX_DATASET_BYTES >> 20} MiB"
            )
        if item.size * item.dtype.itemsize > MAX_RATIO * max(item.id.get_storage_size(), 1):
            stored = item.id.get_storage_size()
            raise self.error(name, f"declares shape {item.shape}, but stores {stored} bytes")
        values = np.asarray(item[()])
        if kind == "integer":
            if values.dtype.kind == "u" and (values > np.iinfo(np.int64).max).any():
                raise self.error(name, "holds integers beyond 63 bits")
            return values.astype(np.int64)
        return values.astype(np.float64)

    def attributes(self, member: str | None = None) -> dict[str, Any]:
        """Attributes, of this group or a member, that are one number, a string, or a few of either (a list)."""
        found: dict[str, Any] = {}
        for name, value in (self._group if member is None else self._group[member]).attrs.items():
            if isinstance(value, bytes):
                value = value.decode("utf-8", "replace")
            if isinstance(value, str):
                found[name] = value
            elif np.isscalar(value) or (
                isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "fiu"
            ):
                found[name] = cast(Any, np.asarray(value)).item()
            elif isinstance(value, np.ndarray) and value.dtype.kind in "fiu" and 1 < value.size <= FEW:
                found[name] = value.reshape(-1).tolist()
            elif isinstance(value, np.ndarray) and value.dtype.kind in "OSU" and value.size <= FEW:
                found[name] = [
                    text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
                    for text in value.flat
                ]
        return found

    def number(self, name: str) -> float:
        """A finite positive number among the attributes."""
        value = self.attributes().get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise DataError(f"{self.path}: attribute {name} must be a positive number, got {value!r:.60}")
        return float(value)

    def integer(self, name: str) -> int:
        """A positive integer among the attributes."""
        value = self.number(name)
        if value != int(value):
            raise DataError(f"{self.path}: attribute {name} must be a whole number, got {value}")
        return int(value)


@contextmanager
def opened(path: str | Path, trusted: bool = False) -> Iterator[Group]:
    """The root group of an HDF5 file, closed at the end; every failure inside is a DataError.

    `trusted` leaves out the look by a child process.
    """
    where = Path(path)
    _check_regular(where)
    try:
        if not trusted:
            _probe(where)
        with _open(where) as file:
            yield Group(path, file)
    except DataError:
        raise
    except FAILURES as error:
        raise DataError(f"{path}: {_cause(where, error)}") from error


def _check_regular(path: Path) -> None:
    """Raise DataError for what is no file or may not be read, in the words of the system."""
    try:
        if path.exists() and not path.is_file():
            raise DataError(f"{path}: is not a regular file")
        path.open("rb").close()
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error


def _open(path: Path) -> h5py.File:
    """The file, held against writers where its file system has locks."""
    try:
        return h5py.File(path, "r")
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return h5py.File(path, "r", locking=False)


def _cause(path: Path, error: Exception) -> str:
    """Why h5py raised `error` for a regular file."""
    if isinstance(error, BlockingIOError):
        return "is open for writing in another program: close it there"
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "already open for write" in first:
        return "its writer has not closed it: close it there, or after a crash run h5clear -s on it"
    if not h5py.is_hdf5(path):
        return "is not an HDF5 file (hadronlab-convert tables makes one from tables)"
    return f"truncated or damaged HDF5 file ({first:.200})"


def survey(path: str | Path) -> None:
    """Read everything of a file that a reader could ask for, whether it makes sense or not."""
    with opened(path, trusted=True) as file:
        for group in (file, *file.groups().values()):
            group.attributes()
            for name in group.members():
                for kind in DTYPE_KINDS:
                    with suppress(DataError):
                        group.array(name, kind, ndim=(1, 2, 3, 4))


def _probe(path: Path) -> None:
    """Survey `path` in a child process; DataError if that does not live through it."""
    root = str(Path(__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
    try:
        child = subprocess.run(
            [sys.executable, "-m", __spec__.name, str(path.absolute())],
            env=environment,
            capture_output=True,
            timeout=SECONDS + path.stat().st_size / 2e7,
        )
    except subprocess.TimeoutExpired as error:
        raise DataError(f"{path}: damaged HDF5 file (reading it did not end)") from error
    if child.returncode < 0:
        raise DataError(f"{path}: damaged HDF5 file (the HDF5 library crashes on it)")


if __name__ == "__main__":
    with suppress(DataError):  # the parent meets the same error, and reports it
        survey(sys.argv[1])
