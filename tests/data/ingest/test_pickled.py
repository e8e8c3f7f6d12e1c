"""Arrays come out of a pickle; nothing that it names is run."""

from __future__ import annotations

import os
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hadronlab.data.ingest.pickled import load
from hadronlab.errors import DataError

ARRAY = np.arange(12.0).reshape(3, 4)


def stored(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "x.pkl"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize(
    "array", [ARRAY, ARRAY.T, ARRAY.astype(">f4"), np.arange(5, dtype="i2"), np.ones((0, 3))]
)
def test_arrays_of_every_protocol(tmp_path: Path, protocol: int, array: np.ndarray) -> None:
    value = {"R": array, "more": [array, (1, 2.5, "text", None, True)]}
    back = load(stored(tmp_path, pickle.dumps(value, protocol)))
    np.testing.assert_array_equal(back["R"], array)
    np.testing.assert_array_equal(back["more"][0], array)
    assert back["more"][1] == [1, 2.5, "text", None, True]


def test_the_published_form(tmp_path: Path) -> None:
    """Protocol 3 under the name that NumPy 1 gave to the module."""
    data = pickle.dumps(ARRAY, 3).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    np.testing.assert_array_equal(load(stored(tmp_path, data)), ARRAY)


class Bomb:
    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple:
        return self.call


@pytest.mark.parametrize("protocol", range(0, 6))
def test_bombs_do_not_go_off(tmp_path: Path, protocol: int) -> None:
    trace = tmp_path / "trace"
    bombs = [
        Bomb(os.system, f"touch {trace}"),
        Bomb(eval, f"open({str(trace)!r}, 'w')"),
        Bomb(np.fromfile, str(trace)),
        Bomb(np.zeros, 10**12),
        Bomb(bytearray, 10**12),
        OrderedDict(a=1),
        {ARRAY.shape: {1, 2}},
        np.array([object()]),
        np.array(["text"]),
        np.ones(2, complex),
    ]
    for bomb in bombs:
        with pytest.raises(DataError) as error:
            load(stored(tmp_path, pickle.dumps({"R": bomb}, protocol)))
        assert str(tmp_path) in str(error.value) and str(error.value).isprintable()
        assert not trace.exists()


def test_sizes_are_checked_before_anything_is_made(tmp_path: Path) -> None:
    data = pickle.dumps(ARRAY, 3)
    wrong_shape = data.replace(b"K\x03K\x04\x86", b"K\x03K\x05\x86")
    assert wrong_shape != data
    with pytest.raises(DataError, match="disagrees with its size"):
        load(stored(tmp_path, wrong_shape))
    with pytest.raises(DataError, match="operations"):  # a memo index that would allocate 32 GB
        load(stored(tmp_path, b"\x80\x03]r\xff\xff\xff\xff."))
    with pytest.raises(DataError, match="damaged"):  # a length beyond the end of the file
        load(stored(tmp_path, b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x00."))
    nested: list = []
    for _ in range(50):
        nested = [nested]
    with pytest.raises(DataError, match="nests"):
        load(stored(tmp_path, pickle.dumps(nested)))
    with pytest.raises(DataError, match="regular file"):
        load(tmp_path)


@pytest.mark.slow
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, 300)
)
def test_damaged_pickles(tmp_path: Path, hits: list, length: int) -> None:
    raw = bytearray(pickle.dumps({"R": ARRAY, "t": [1, 2]}, 3))
    for place, value in hits:
        raw[place % len(raw)] = value
    try:
        load(stored(tmp_path, bytes(raw[: length + 1] if length % 5 == 0 else raw)))
    except DataError as error:
        assert str(error).isprintable()
