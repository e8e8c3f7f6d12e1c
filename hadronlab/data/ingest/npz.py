"""Tables out of npz archives."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path

import numpy as np

from hadronlab.data.ingest.table import MAX_BYTES, Table, check_size
from hadronlab.errors import DataError

OTHERS = ("t", "radius", "site", "L")  # arrays of an archive that are no source


def read_npz(path: Path, source: str | None = None) -> list[Table]:
    """An archive with `t` (T,), `radius` (S,) or `site` (S, 3) and `L`; R (T, S) or (T, B, S) of each source.

    No pickled object is loaded, and an array is refused when its header disagrees with its size. `source`
    keeps only the array of that name.
    """
    check_size(path)
    arrays: dict[str, np.ndarray] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
                raise DataError(f"{path}: unpacks to more than {MAX_BYTES >> 20} MiB")
            for entry in archive.infolist():
                arrays[entry.filename.removesuffix(".npy")] = _npy(archive.read(entry), path, entry.filename)
    except DataError:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, EOFError, RuntimeError) as error:
        raise DataError(f"{path}: damaged npz archive ({type(error).__name__})") from error
    if "t" not in arrays or ("radius" in arrays) == ("site" in arrays):
        raise DataError(f"{path}: needs t and one of radius, site; it holds {sorted(arrays)!r:.200}")
    t = arrays["t"]
    if t.ndim != 1 or t.dtype.kind not in "iu":
        raise DataError(f"{path}: t must be a row of integers, got {t.dtype} {t.shape}")
    length = arrays.get("L")
    if length is not None and (length.size != 1 or length.dtype.kind not in "iu"):
        raise DataError(f"{path}: L must be one integer")
    names = [name for name in arrays if name not in OTHERS and arrays[name].ndim in (2, 3)]
    if not names or (source is not None and source not in names):
        held = f"those of {', '.join(names)}" if names else f"{sorted(arrays)}"
        raise DataError(f"{path}: holds no array R(t, r) {f'of {source}, ' if source else ''}but {held:.200}")
    return [
        Table(
            name,
            t.astype(np.int64),
            arrays[name].astype(np.float64),
            radius=arrays["radius"].astype(np.float64) if "radius" in arrays else None,
            site=arrays["site"].astype(np.int64) if "site" in arrays else None,
            length=None if length is None else int(length.item()),
        )
        for name in names
        if source is None or name == source
    ]


def _npy(data: bytes, path: Path, name: str) -> np.ndarray:
    """One .npy of numbers, checked against its header before it is allocated."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise DataError(f"{path}: {name!a} has the unknown npy version {version}")
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = header(stream)
    if dtype.kind not in "fiu" or dtype.itemsize > 8:
        raise DataError(f"{path}: {name!a} must hold real numbers, got {dtype}")
    raw = data[stream.tell() :]
    if math.prod(shape) * dtype.itemsize != len(raw):
        raise DataError(f"{path}: {name!a} declares the shape {shape}, which disagrees with its size")
    return np.frombuffer(raw, dtype).reshape(shape, order="F" if fortran else "C")
