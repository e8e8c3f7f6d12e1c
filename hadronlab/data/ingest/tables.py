"""Readers of other layouts of R-correlators: ASCII tables, npz archives, and pickled wedges, file by file."""

from __future__ import annotations

import io
import math
import re
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hadronlab.data.ingest import pickled
from hadronlab.data.wedge import wedge_sites
from hadronlab.errors import DataError

MAX_BYTES = 2**30


@dataclass(frozen=True, eq=False)
class Piece:
    """R of one source at times t (T,): values (T, B, S), or (T, S) with or without an error (T, S).

    Positions are `radius` (S,), in the unit of the file, or `site` (S, 3) of a box of `length`.
    """

    source: str
    t: np.ndarray
    values: np.ndarray
    error: np.ndarray | None = None
    radius: np.ndarray | None = None
    site: np.ndarray | None = None
    length: int | None = None


def read_ascii(path: Path, source: str, columns: str = "auto") -> list[Piece]:
    """A table of lines `t r R`, `t r R error` or `t r bin1 bin2 …`; `#` begins a comment.

    `columns` is "auto" (four columns: an error), "error" or "bins". Every t must list the same radii.
    """
    _check_size(path)
    try:
        with warnings.catch_warnings(action="ignore"):  # an empty table is told below
            table = np.loadtxt(path, comments="#", ndmin=2, encoding="utf-8")
    except (ValueError, OSError) as error:  # UnicodeDecodeError is a ValueError
        raise DataError(f"{path}: not a table of numbers ({str(error).splitlines()[0]:.160})") from error
    if table.size == 0 or table.shape[1] < 3:
        raise DataError(f"{path}: needs the columns t r R [error | bins …], got {table.shape[1]} columns")
    if not np.isfinite(table).all():
        raise DataError(
            f"{path}: line {1 + int(np.argwhere(~np.isfinite(table))[0, 0])} of the table is not finite"
        )
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    t, radius = np.unique(table[:, 0]), np.unique(table[:, 1])
    if (t != np.round(t)).any() or abs(t).max() > 2**31:
        raise DataError(f"{path}: t must be whole lattice times")
    grid = np.stack(np.meshgrid(t, radius, indexing="ij"), axis=-1).reshape(-1, 2)
    if grid.shape != table[:, :2].shape or (grid != table[:, :2]).any():
        raise DataError(f"{path}: every t must list the same {len(radius)} radii once")
    body = table[:, 2:].reshape(len(t), len(radius), -1)
    has_error = columns == "error" or (columns == "auto" and body.shape[2] == 2)
    if has_error and body.shape[2] != 2:
        raise DataError(f"{path}: t r R error has four columns, got {table.shape[1]}")
    deviation = body[..., 1] if has_error else None
    values = body[..., 0] if has_error or body.shape[2] == 1 else np.moveaxis(body, 2, 1)
    return [Piece(source, t.astype(np.int64), values, deviation, radius)]


def read_npz(path: Path, source: str | None = None) -> list[Piece]:
    """An archive with `t` (T,), `radius` (S,) or `site` (S, 3) and `L`; R (T, S) or (T, B, S) of each source.

    No pickled object is loaded, and an array is refused when its header disagrees with its size. `source`
    keeps only the array of that name.
    """
    _check_size(path)
    arrays: dict[str, np.ndarray] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
                raise DataError(f"{path}: unpacks to more than {MAX_BYTES >> 20} MiB")
            for entry in archive.infolist():
                arrays[entry.filename.removesuffix(".npy")] = _npy(archive.read(entry), path, entry.filename)
    except DataError:
        raise
    except (
        zipfile.BadZipFile,
        OSError,
        ValueError,
        KeyError,
        EOFError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        raise DataError(f"{path}: damaged npz archive ({type(error).__name__})") from error
    missing = [name for name in ("t",) if name not in arrays]
    if missing or ("radius" in arrays) == ("site" in arrays):
        raise DataError(f"{path}: needs t and one of radius, site; it holds {sorted(arrays)!r:.200}")
    t = arrays["t"]
    if t.ndim != 1 or t.dtype.kind not in "iu":
        raise DataError(f"{path}: t must be a row of integers, got {t.dtype} {t.shape}")
    length = arrays.get("L")
    if length is not None and (length.size != 1 or length.dtype.kind not in "iu"):
        raise DataError(f"{path}: L must be one integer")
    names = [
        name for name in arrays if name not in ("t", "radius", "site", "L") and arrays[name].ndim in (2, 3)
    ]
    return [
        Piece(
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


def read_pickle(path: Path, source: str | None = None) -> list[Piece]:
    """A pickled array (B, S) over the wedge, one file for each time and source, as the ΞΞ data are published.

    Their names tell the rest: Rcorr_xixi_1s0_L48_t013_wall_20jkbins.pkl.
    """
    name = re.search(r"_L(\d{1,4})_t(\d{1,6})_([A-Za-z0-9]+)(?:_|\.|$)", path.name)
    if name is None:
        raise DataError(f"{path}: the name must tell box, time and source, as in Rcorr_L48_t013_wall.pkl")
    values = pickled.load(path)
    if not isinstance(values, np.ndarray) or values.ndim != 2:
        raise DataError(f"{path}: must hold one array (bins, sites)")
    site = wedge_sites(int(name[1]))
    if values.shape[1] != len(site):
        raise DataError(f"{path}: the wedge of L = {name[1]} has {len(site)} sites, got {values.shape[1]}")
    t = np.array([int(name[2])])
    return [Piece(source or name[3], t, values[None].astype(np.float64), site=site, length=int(name[1]))]


def _check_size(path: Path) -> None:
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    if path.stat().st_size > MAX_BYTES:
        raise DataError(f"{path}: over the limit of {MAX_BYTES >> 20} MiB")


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
