"""Whatever stands in a file, `read` gives a correlator or one DataError of one line that names the file."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hadronlab.data import hdf5
from hadronlab.data.r_correlator import RCorrelator, read
from hadronlab.data.wedge import wedge_sites
from hadronlab.errors import DataError

Change = Callable[[h5py.File], None]
FIXTURE = [HealthCheck.function_scoped_fixture]


def message_of(path: Path, trusted: bool = True) -> str:
    """The error of reading a file that must not be readable."""
    with pytest.raises(DataError) as error:
        read(path, trusted)
    text = str(error.value)
    assert str(path) in text and text.isprintable() and len(text) < 500, text
    return text


def replaced(name: str, value: object) -> Change:
    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = value

    return change


def attribute(name: str, value: object) -> Change:
    def change(file: h5py.File) -> None:
        file.attrs[name] = value

    return change


def removed(*names: str) -> Change:
    def change(file: h5py.File) -> None:
        for name in names:
            del file[name]

    return change


def _group_for_t(file: h5py.File) -> None:
    del file["t"]
    file.create_group("t")


def _unlink_attribute(file: h5py.File) -> None:
    del file.attrs["mass_lattice"]


def _huge(file: h5py.File) -> None:
    del file["wall/R"]
    file.create_dataset("wall/R", shape=(4, 10**7, 10**6), dtype="f8", chunks=(1, 1, 10))


def _hollow(file: h5py.File) -> None:
    del file["wall/R"]
    file.create_dataset("wall/R", shape=(4, 1000, 10_000), dtype="f8", chunks=(1, 100, 100))


def _external_storage(file: h5py.File) -> None:
    del file["wall/R"]
    file.create_dataset("wall/R", (4, 3, 10), "f8", external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)])


def _virtual(file: h5py.File) -> None:
    del file["wall/R"]
    layout = h5py.VirtualLayout((4, 3, 10), "f8")
    layout[:] = h5py.VirtualSource("/tmp/elsewhere.h5", "x", (4, 3, 10))
    file.create_virtual_dataset("wall/R", layout)


CASES: dict[str, tuple[Change, str]] = {
    "no t": (removed("t"), "/t is missing"),
    "no site": (removed("site"), "exactly one of site"),
    "no R in any source": (removed("wall/R", "smeared/R"), "no source"),
    "no mass": (_unlink_attribute, "attribute mass_lattice"),
    "negative mass": (attribute("mass_lattice", -0.1), "attribute mass_lattice"),
    "text as mass": (attribute("mass_lattice", "heavy"), "attribute mass_lattice"),
    "nan spacing": (attribute("a_inv_MeV", np.nan), "attribute a_inv_MeV"),
    "fractional L": (attribute("L", 4.5), "attribute L must be a whole number"),
    "L of another box": (attribute("L", 8), "A1+ wedge of L = 8"),
    "huge L": (attribute("L", 10**9), "A1+ wedge"),
    "unknown resampling": (attribute("resampling", "magic"), "resampling must be one of"),
    "t of floats": (replaced("t", [5.0, 6, 7, 8]), "/t must hold integer numbers"),
    "t unsorted": (replaced("t", [5, 7, 6, 8]), "increase strictly"),
    "t twice": (replaced("t", [5, 6, 6, 8]), "increase strictly"),
    "two slices": (replaced("t", [5, 6]), "three time slices"),
    "t as a table": (replaced("t", [[5, 6, 7, 8]]), "/t must have 1 dimensions"),
    "t huge": (replaced("t", np.array([1, 2, 3, 2**64 - 1], "u8")), "beyond 63 bits"),
    "t a group": (_group_for_t, "/t must be a dataset"),
    "site missing a row": (replaced("site", wedge_sites(4)[:-1]), "A1+ wedge"),
    "R short": (
        replaced("wall/R", np.ones((4, 3, 9))),
        "/wall/R is (4, 3, 9); needed is (T, B, S) = (4, B, 10)",
    ),
    "R flat": (replaced("wall/R", np.ones(4)), "/wall/R must have 2 or 3 dimensions"),
    "R empty": (replaced("wall/R", np.ones((4, 0, 10))), "/wall/R is empty"),
    "R of integers": (replaced("wall/R", np.ones((4, 3, 10), int)), "/wall/R must hold float numbers"),
    "R complex": (replaced("wall/R", np.ones((4, 3, 10), complex)), "/wall/R must hold float numbers"),
    "R of text": (replaced("wall/R", "one"), "/wall/R must hold float numbers"),
    "R with nan": (replaced("wall/R", np.full((4, 3, 10), np.nan)), "'wall'/R holds NaN"),
    "one bin": (replaced("wall/R", np.ones((4, 1, 10))), "/wall/R has one bin"),
    "bins differ": (replaced("wall/R", np.ones((4, 2, 10))), "different numbers of bins"),
    "mean misshapen": (
        lambda f: f.__setitem__("wall/mean", np.ones((3, 10))),
        "/wall/mean must have the shape",
    ),
    "huge": (_huge, "over the limit"),
    "hollow": (_hollow, "but stores 0 bytes"),
    "external storage": (_external_storage, "from another file"),
    "virtual": (_virtual, "from another file"),
    "external link": (replaced("wall", h5py.ExternalLink("/etc/passwd", "/x")), "external link"),
    "external R": (replaced("wall/R", h5py.ExternalLink("other.h5", "/x")), "external link"),
    "soft link": (replaced("wall", h5py.SoftLink("/smeared")), "external link"),
    "soft link to itself": (replaced("wall", h5py.SoftLink("/wall")), "external link"),
    "line break in a name": (lambda f: f.__setitem__("wa\nll/R", np.ones((4, 1, 10))), "has one bin"),
}


@pytest.mark.parametrize("case", CASES)
def test_damage_is_named(small_file: Path, tmp_path: Path, case: str) -> None:
    path = tmp_path / "bad.h5"
    shutil.copy(small_file, path)
    change, expected = CASES[case]
    with h5py.File(path, "a") as file:
        change(file)
    assert expected in message_of(path)


def test_what_is_no_hdf5_file(small_file: Path, tmp_path: Path) -> None:
    assert "no such file" in message_of(tmp_path / "none.h5")
    assert "not a regular file" in message_of(tmp_path)
    text = tmp_path / "table.dat"
    text.write_text("1 2 3\n")
    assert "is not an HDF5 file" in message_of(text)
    raw = small_file.read_bytes()
    for length in (0, 4, 100, len(raw) // 2, len(raw) - 1):
        (tmp_path / "cut.h5").write_bytes(raw[:length])
        message_of(tmp_path / "cut.h5")


def _writer(path: Path, mode: str) -> str:
    """The error of reading `path` while another process has it open for writing, or once that was killed."""
    code = (
        "import h5py, sys; f = h5py.File(sys.argv[1], sys.argv[2], libver='latest'); f['x'] = 1; f.flush();"
        "print(flush=True); input()"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(path), mode[0]], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert writer.stdout is not None and writer.stdout.readline()
        if mode.endswith("killed"):
            writer.kill()
            writer.wait()
        return message_of(path)
    finally:
        writer.kill()
        writer.communicate()


def test_a_file_that_another_program_writes(small_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "held.h5"
    shutil.copy(small_file, path)
    assert "is open for writing in another program: close it there" in _writer(path, "a")
    assert "is open for writing in another program: close it there" in _writer(tmp_path / "new.h5", "w")
    assert "after a crash run h5clear -s on it" in _writer(tmp_path / "left.h5", "w killed")


def test_a_file_that_may_not_be_read(small_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be read (Permission denied)" in message_of(small_file)
    monkeypatch.undo()
    with pytest.raises(DataError, match=r"cannot be read \(File name too long"):
        read("x" * 300)


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks(small_file: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    class NoLocks(h5py.File):
        def __init__(self, *arguments: object, locking: bool = True, **settings: object) -> None:
            if locking:
                raise OSError(code, "unable to lock file")
            super().__init__(*arguments, locking=locking, **settings)

    monkeypatch.setattr(hdf5.h5py, "File", NoLocks)
    assert read(small_file, trusted=True).n_bins == 3


def test_a_group_within_itself_is_harmless(small_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "loop.h5"
    shutil.copy(small_file, path)
    with h5py.File(path, "a") as file:
        file["wall/again"] = file["/"]
    assert isinstance(read(path, trusted=True), RCorrelator)


SHAPES = st.lists(st.integers(0, 11), max_size=4).map(tuple)
TYPES = st.sampled_from(["f8", "f4", "f2", "i4", "u8", "c16", "S3", "?"])
NAMES = st.sampled_from(["t", "site", "radius", "wall/R", "wall/mean", "smeared/R", "other/R", "other", "x"])
SCALARS = st.one_of(st.floats(), st.integers(-(2**62), 2**62), st.text(max_size=8), st.booleans())
ATTRIBUTES = st.sampled_from(
    ["L", "mass_lattice", "mass2_lattice", "a_inv_MeV", "resampling", "jackknife_bins"]
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=FIXTURE, derandomize=True)
@given(
    datasets=st.lists(st.tuples(NAMES, SHAPES, TYPES, st.floats(width=32)), max_size=3),
    attributes=st.lists(st.tuples(ATTRIBUTES, SCALARS), max_size=2),
    dropped=st.sets(st.sampled_from(["t", "site", "wall", "smeared"]), max_size=2),
)
def test_any_contents(
    small_file: Path, tmp_path: Path, datasets: list, attributes: list, dropped: set
) -> None:
    path = tmp_path / "any.h5"
    shutil.copy(small_file, path)
    with h5py.File(path, "a") as file:
        for name in dropped:
            del file[name]
        for name, shape, kind, value in datasets:
            if name in file:
                del file[name]
            if name.split("/")[0] not in file or isinstance(file[name.split("/")[0]], h5py.Group):
                with np.errstate(all="ignore"):
                    filled = np.zeros(shape, kind) if kind == "S3" else np.full(shape, value).astype(kind)
                file[name] = filled
        for name, value in attributes:
            file.attrs[name] = value.replace("\0", "") if isinstance(value, str) else value
    try:
        correlator = read(path, trusted=True)
    except DataError as error:
        assert str(path) in str(error) and str(error).isprintable()
    else:
        assert all(np.isfinite(R).all() for R in correlator.values.values())


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=FIXTURE, derandomize=True)
@given(hits=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8))
def test_damaged_bytes(small_file: Path, tmp_path: Path, hits: list) -> None:
    """Through the child process, for a few bytes can crash the HDF5 library itself."""
    raw = bytearray(small_file.read_bytes())
    for place, value in hits:
        raw[place % len(raw)] = value
    path = tmp_path / "damaged.h5"
    path.write_bytes(raw)
    try:
        assert isinstance(read(path), RCorrelator)
    except DataError as error:
        assert str(path) in str(error) and str(error).isprintable()


def test_a_crash_of_the_library_is_an_error(small_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child is replaced by one that dies by a signal, and by one that does not end."""
    run = hdf5.subprocess.run
    die = "import os; os.kill(os.getpid(), 11)"
    monkeypatch.setattr(hdf5.subprocess, "run", lambda args, **kw: run([args[0], "-c", die], **kw))
    assert "crashes on it" in message_of(small_file, trusted=False)
    wait = "import time; time.sleep(60)"
    monkeypatch.setattr(hdf5.subprocess, "run", lambda args, **kw: run([args[0], "-c", wait], **kw))
    monkeypatch.setattr(hdf5, "SECONDS", 0.2)
    assert "did not end" in message_of(small_file, trusted=False)
