"""Tables out of pickled NumPy arrays, without running anything that a pickle names.

A pickle is a program. Here it may use a short list of opcodes, and may call only the names with which NumPy
rebuilds an array; each is replaced by a stand-in of ours that checks sizes first.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import re
from pathlib import Path
from typing import Any

import numpy as np

from hadronlab.data.ingest.table import Table, check_size
from hadronlab.data.wedge import wedge_sites
from hadronlab.errors import DataError

MAX_OPCODES = 100_000
OPCODES = {
    *("PROTO", "FRAME", "STOP", "MARK", "POP", "POP_MARK", "NONE", "NEWTRUE", "NEWFALSE"),
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "EMPTY_LIST", "APPEND", "APPENDS", "LIST"),
    *("EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_DICT", "DICT", "SETITEM", "SETITEMS"),
    *("GET", "BINGET", "LONG_BINGET", "PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"),
    *("GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD"),
}


def read_pickle(path: Path, source: str | None = None) -> list[Table]:
    """A pickled array (B, S) over the wedge, one file for each time and source, as the ΞΞ data are published.

    Their names tell the rest: Rcorr_xixi_1s0_L48_t013_wall_20jkbins.pkl.
    """
    name = re.search(r"_L(\d{1,4})_t(\d{1,6})_([A-Za-z0-9]+)(?:_|\.|$)", path.name)
    if name is None:
        raise DataError(f"{path}: the name must tell box, time and source, as in Rcorr_L48_t013_wall.pkl")
    values = load(path)
    if not isinstance(values, np.ndarray) or values.ndim != 2:
        raise DataError(f"{path}: must hold one array (bins, sites)")
    site = wedge_sites(int(name[1]))
    if values.shape[1] != len(site):
        raise DataError(f"{path}: the wedge of L = {name[1]} has {len(site)} sites, got {values.shape[1]}")
    t = np.array([int(name[2])])
    return [Table(source or name[3], t, values[None].astype(np.float64), site=site, length=int(name[1]))]


def load(path: str | Path) -> Any:
    """The arrays, numbers, strings, lists, tuples and dicts of a pickle file.

    Raises DataError for a file over 1 GiB, an opcode or name outside the list, an array whose size disagrees
    with its shape or whose type is not numeric, and a damaged stream.
    """
    check_size(Path(path))
    data = Path(path).read_bytes()
    try:
        _scan(data)
        return _resolve(_Restricted(io.BytesIO(data), encoding="latin1").load())
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    # A damaged stream fails wherever its operands happen to lead: no list of exceptions is complete.
    except Exception as error:
        raise DataError(f"{path}: damaged pickle ({type(error).__name__})") from error


def _scan(data: bytes) -> None:
    """Refuse opcodes outside the list, and memo indices that would make the unpickler allocate for them."""
    for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
        if opcode.name not in OPCODES:
            raise DataError(f"pickle uses {opcode.name}, which no table of arrays needs")
        if count > MAX_OPCODES or ("PUT" in opcode.name and int(argument or 0) > MAX_OPCODES):
            raise DataError(f"pickle has more than {MAX_OPCODES} operations")


class _Type:
    """Stands for numpy.ndarray, which a pickle passes to _reconstruct."""


class _Dtype:
    def __init__(self, code: str, *_: Any) -> None:
        self.code, self.order = str(code), "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = str(state[1])

    def build(self) -> np.dtype:
        if self.code not in ("f4", "f8", "i2", "i4", "i8", "u1", "u2", "u4") or self.order not in "<>|=":
            raise DataError(f"pickle holds an array of type {self.code!r:.20}; only real numbers are read")
        return np.dtype(self.order.replace("|", "=") + self.code)


class _Array:
    value: np.ndarray | None = None

    def __init__(self, *_: Any) -> None:
        pass

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, fortran, raw = state
        self.value = _array(raw, dtype, shape, "F" if fortran else "C")


def _array(raw: bytes | bytearray | str, dtype: _Dtype, shape: tuple[int, ...], order: str) -> np.ndarray:
    if not isinstance(dtype, _Dtype) or not isinstance(shape, tuple):
        raise DataError("pickle holds an array without a type or a shape")
    raw = raw.encode("latin1") if isinstance(raw, str) else raw  # Python 2 wrote bytes as str
    kind, size = dtype.build(), 1
    for length in shape:
        size *= int(length)
    if not isinstance(raw, bytes | bytearray) or size < 0 or size * kind.itemsize != len(raw):
        raise DataError(f"pickle holds an array whose shape {shape!r:.60} disagrees with its size")
    return np.frombuffer(raw, kind).reshape(shape, order="F" if order == "F" else "C")


def _encode(text: str, encoding: str) -> bytes:
    """Stands for _codecs.encode, with which protocol 2 stores bytes."""
    if encoding != "latin1":
        raise DataError("pickle encodes text in an unknown way")
    return text.encode("latin1")


def _no_bytes(*arguments: Any) -> bytes:
    """Stands for bytes(), with which protocol 2 stores an empty string."""
    if arguments:
        raise DataError("pickle builds bytes out of something else")
    return b""


STAND_INS = {
    ("__builtin__", "bytes"): _no_bytes,
    ("builtins", "bytes"): _no_bytes,
    ("numpy", "ndarray"): _Type,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _encode,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _Array for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _array for core in ("core", "_core")},
}


class _Restricted(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in STAND_INS:
            raise DataError(f"pickle asks for {f'{module}.{name}'!a:.80}; only plain arrays are read")
        return STAND_INS[module, name]

    def persistent_load(self, pid: Any) -> Any:
        raise DataError("pickle refers to data outside itself")


def _resolve(value: Any, depth: int = 0) -> Any:
    """Stand-ins replaced by their arrays, in plain containers."""
    if depth > 8:
        raise DataError("pickle nests containers more than eight deep")
    if isinstance(value, _Array):
        return value.value
    if isinstance(value, list | tuple):
        return [_resolve(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {key: _resolve(item, depth + 1) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str | bytes | np.ndarray):
        return value
    raise DataError(f"pickle holds a {type(value).__name__.lstrip('_')}; only arrays and containers are read")
