"""Single files of HAL QCD: the compressed wedge of a four-point function, and the table of a two-point function."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hadronlab.errors import DataError

MAX_LENGTH = 1024
COLUMNS = 11  # of a table: t, then five complex numbers, of which the first is used


def read_wedge(path: Path) -> tuple[int, np.ndarray, np.ndarray]:
    """L, the sites (S, 3) that stand for their orbits, and ψ (S, 4, 4), sink × source.

    Four Fortran records, little-endian: Lx, Ly, Lz, S; the numbers x + L (y + L z) of the sites; 0, 0, 0, S, 256;
    ψ as [site][source][sink]. Raises DataError for a file that is cut short, big-endian, or something else.
    """
    data = _bytes(path)
    if len(data) >= 4 and int.from_bytes(data[:4], "big") == 16:
        raise DataError(f"{path}: is big-endian; HAL's compressed wedges are little-endian")
    if len(data) < 24 or int.from_bytes(data[:4], "little") != 16:
        raise DataError(f"{path}: is no compressed wedge of HAL QCD")
    *box, count = np.frombuffer(data, "<i4", 4, offset=4).tolist()
    if not 0 < box[0] <= MAX_LENGTH or set(box) != {box[0]}:
        raise DataError(f"{path}: must be of a cubic box, got {' × '.join(map(str, box))}")
    half = box[0] // 2
    if count != (half + 1) * (half + 2) * (half + 3) // 6:
        raise DataError(f"{path}: {count} orbits cannot be the wedge of L = {box[0]}")
    sizes = [16, 4 * count, 20, 256 * count]
    if len(data) != sum(sizes) + 8 * len(sizes):
        what = "cut short" if len(data) < sum(sizes) + 8 * len(sizes) else "too long"
        raise DataError(f"{path}: is {what}: {len(data)} bytes instead of {sum(sizes) + 8 * len(sizes)}")
    records, at = [], 0
    for size in sizes:
        if {data[at : at + 4], data[at + size + 4 : at + size + 8]} != {size.to_bytes(4, "little")}:
            raise DataError(f"{path}: a Fortran record does not begin and end with its size; damaged?")
        records.append(data[at + 4 : at + size + 4])
        at += size + 8
    number = np.frombuffer(records[1], "<i4").astype(int)
    site = np.stack([number % box[0], number // box[0] % box[0], number // box[0] ** 2], axis=1)
    psi = np.frombuffer(records[3], "<c16").reshape(count, 4, 4)
    return box[0], site, psi.swapaxes(1, 2).astype(np.complex128)


def read_two_point(path: Path) -> np.ndarray:
    """C2 (T,), complex, of a table with a line t, Re, Im, … for every t = 0 … T − 1."""
    try:
        table = np.array([line.split() for line in _bytes(path).decode("ascii").splitlines()], dtype=float)
    except ValueError as error:
        raise DataError(
            f"{path}: not a table of numbers with lines of one length; cut short or damaged?"
        ) from error
    if table.ndim != 2 or table.shape[1] != COLUMNS or not np.array_equal(table[:, 0], np.arange(len(table))):
        raise DataError(
            f"{path}: needs {COLUMNS} columns, the first of which counts t = 0, 1, …; got {table.shape}"
        )
    return table[:, 1] + 1j * table[:, 2]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
