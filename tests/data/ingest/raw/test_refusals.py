"""What is damaged, incomplete or swapped ends in one line and exit status 1, and leaves no file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from hadronlab import convert
from hadronlab.api import convert_raw, write_raw
from hadronlab.data import whole_files
from hadronlab.errors import DataError

TREE = ["--spin", "3s1", "--mass", "1200", "--spacing", "0.1"]


def refused(capsys: pytest.CaptureFixture[str], source: object, out: Path, *options: str) -> str:
    """The one line that `hadronlab-convert raw` ends with."""
    with pytest.raises(SystemExit) as ended:
        convert.main(["raw", str(source), str(out), *options])
    captured = capsys.readouterr()
    assert ended.value.code == 1 and not captured.out
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1, captured.err
    assert not out.exists() and not list(out.parent.glob(f".{out.name}*"))
    return captured.err


def wave(tree: Path, label: int = 0, time: int = 1) -> Path:
    return sorted(sorted((tree / "BBwave.dir.S4.00").iterdir())[label].iterdir())[time]


def table(tree: Path, label: int = 0) -> Path:
    return next(sorted((tree / "correlator.PS.dir").iterdir())[label].glob("Xi*"))


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def swapped_spins(data: bytes) -> bytes:
    at, size = 24 + 8 + 80 + 28 + 4, 20 * 256
    psi = np.frombuffer(data[at : at + size], "<c16").reshape(20, 4, 4).swapaxes(1, 2)
    return data[:at] + psi.tobytes() + data[at + size :]


def nan(data: bytes) -> bytes:
    return data[:-20] + np.float64(np.nan).tobytes() + data[-12:]


def big_endian(data: bytes) -> bytes:
    return np.frombuffer(data, "<i4").astype(">i4").tobytes()


def swapped_bytes(data: bytes) -> bytes:
    head, body = data[:-5124], data[-5124:]
    return head + np.frombuffer(body[:5120], "<f8").astype(">f8").tobytes() + body[5120:]


def everywhere(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def changed(tree: Path) -> None:
        for path in tree.glob("BBwave*/*/*"):
            rewrite(path, change)

    return changed


TREES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no two-point function": (
        lambda tree: shutil.rmtree(table(tree, 2).parent),
        "1 labels have no two-point function, the first is RC6x16_run_000102",
    ),
    "no four-point function": (
        lambda tree: shutil.rmtree(wave(tree, 1).parent),
        "have no four-point function",
    ),
    "another label": (
        lambda tree: table(tree, 3).parent.rename(table(tree, 3).parent.with_name("other")),
        "have no two-point function, the first is RC6x16_run_000103",
    ),
    "a time is missing": (
        lambda tree: wave(tree, 2).unlink(),
        "has the four-point function at t = 5: RC6x16_run_000102",
    ),
    "cut short": (
        lambda tree: rewrite(wave(tree, 1), lambda data: data[:-100]),
        "is cut short: 5168 bytes instead of 5268",
    ),
    "cut to nothing": (lambda tree: rewrite(wave(tree, 1), lambda data: b""), "is no compressed wedge"),
    "too long": (lambda tree: rewrite(wave(tree, 1), lambda data: data + b"1234"), "is too long"),
    "a damaged record": (
        lambda tree: rewrite(wave(tree, 1), lambda data: data[:24] + b"\1\1\1\1" + data[28:]),
        "a Fortran record does not begin and end with its size",
    ),
    "big-endian": (everywhere(big_endian), "is big-endian"),
    "swapped bytes": (everywhere(swapped_bytes), "are its bytes in the wrong order?"),
    "nan": (lambda tree: rewrite(wave(tree, 3), nan), "1 numbers are NaN"),
    "zeros": (
        lambda tree: rewrite(wave(tree, 3), lambda d: d[:-5124] + bytes(5120) + d[-4:]),
        "all numbers are zero",
    ),
    "swapped spins": (everywhere(swapped_spins), "source and sink spins are swapped"),
    "a table cut short": (
        lambda tree: rewrite(table(tree), lambda data: data[:-30]),
        "cut short or damaged?",
    ),
    "a table with fewer times": (
        lambda tree: rewrite(table(tree, 1), lambda data: b"\n".join(data.splitlines()[:-2])),
        "two-point functions of RC6x16_run_000101 have 14, 16 times",
    ),
    "words in a table": (
        lambda tree: rewrite(table(tree), lambda data: b"# t\n" + data),
        "not a table of numbers",
    ),
    "twice the same time": (
        lambda tree: shutil.copy(wave(tree), wave(tree).with_name("NBSwave.+005+again")),
        "has two files of 5",
    ),
    "several hadrons": (
        lambda tree: [
            shutil.copy(path, path.with_name("N_correlator")) for path in tree.glob("correlator*/*/Xi*")
        ],
        "say which two with --hadrons A,B",
    ),
    "no waves": (
        lambda tree: shutil.rmtree(tree / "BBwave.dir.S4.00"),
        "one directory BBwave.dir*, this has none",
    ),
    "no labels": (
        lambda tree: [shutil.rmtree(path) for path in (tree / "BBwave.dir.S4.00").iterdir()],
        "holds no configuration",
    ),
}


@pytest.mark.parametrize("case", TREES)
def test_trees(case: str, hal_tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage, expected = TREES[case]
    damage(hal_tree)
    assert expected in refused(capsys, hal_tree, tmp_path / "out.h5", *TREE)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--spacing", "0.1"], "choose --spin 1s0 or 3s1"),
        (["--spin", "1s0"], "does not say the lattice spacing"),
        ([*TREE, "--spacing", "-1"], "spacing must be a positive number"),
        ([*TREE, "--bin-size", "3"], "4 configurations in bins of 3 make 1 bin; an error needs two"),
        ([*TREE, "--bin-size", "0"], "bin size 0"),
        ([*TREE, "--resampling", "bootstrap", "--bins", "1"], "bins must lie between"),
        ([*TREE, "--mass", "heavy"], "mass must be a number of MeV, or fit"),
        ([*TREE, "--mass", "-3"], "mass must be a positive number"),
        ([*TREE, "--mass", "fit", "--mass2", "3"], "mass2 goes with a mass"),
        ([*TREE, "--hadrons", "N,Xi"], "has no two-point function of N, only of Xi, antiXi"),
        ([*TREE, "--hadrons", "N"], "hadrons: give two names"),
    ],
)  # fmt: skip
def test_settings(
    options: list[str], expected: str, hal_tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert expected in refused(capsys, hal_tree, tmp_path / "out.h5", *options)


def edit(change: Callable[[h5py.File], Any]) -> Callable[[Path], None]:
    def changed(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            change(file)

    return changed


def replace(
    name: str, values: Callable[[np.ndarray], Any], axes: str | None = None
) -> Callable[[Path], None]:
    def change(file: h5py.File) -> None:
        old, kept = file[name][()], dict(file[name].attrs)
        del file[name]
        file[name] = values(old)
        file[name].attrs.update(kept)
        if axes is not None:
            file[name].attrs["axes"] = axes

    return edit(change)


def put(values: np.ndarray, where: tuple, what: Any) -> np.ndarray:
    values[where] = what
    return values


FILES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "cut short": (lambda path: rewrite(path, lambda data: data[:5000]), "truncated or damaged HDF5 file"),
    "no HDF5": (lambda path: path.write_text("text"), "is not an HDF5 file"),
    "another layout": (edit(lambda f: f.attrs.update(layout="mine")), "attribute layout must be hadronlab-raw-1, got 'mine'"),
    "fewer labels": (replace("config", lambda x: x[:4]), "axis config must have 4 entries, and has 5"),
    "fewer two-point functions": (replace("wall/C2/Xi", lambda x: x[1:]), "axis config must have 5 entries, and has 4"),
    "labels of C2 in another order": (
        edit(lambda f: f["wall/C2/Xi"].attrs.update(config=["1000", "1020", "1010", "1030", "1040"])),
        "/wall/C2/Xi has the labels of /config in another order, from number 1 on",
    ),
    "other labels of C4": (
        edit(lambda f: f["wall/C4"].attrs.update(config=["1000", "1010", "1020", "1030", "1050"])),
        "/wall/C4 has other labels than /config, from number 4 on",
    ),
    "labels not in the order of the chain": (
        replace("config", lambda x: x[::-1]),
        "configuration 1030 comes after 1040; bins are made of consecutive ones",
    ),
    "nan": (replace("wall/C4", lambda x: put(x, (..., 3), np.nan)), "/wall/C4 of configuration 1030 at t = 4: 216 numbers are NaN"),
    "nan in C2": (replace("wall/C2/Xi", lambda x: put(x, (2, 0, 3), np.inf)), "/wall/C2/Xi of configuration 1020: "),
    "a configuration never written": (replace("wall/C4", lambda x: put(x, (..., 2), 0)), "1020 at t = 4: all numbers are zero"),
    "wrong endianness": (replace("wall/C4", lambda x: x.byteswap()), "are its bytes in the wrong order?"),
    "no hadrons": (edit(lambda f: f.attrs.pop("hadrons")), "needs the attribute hadrons of the file, two names, got None"),
    "a channel without its threshold": (
        edit(lambda f: f.attrs.update(hadrons=["Xi", "N"])),
        "/wall/C2/N is missing: without it the channel Xi N has no threshold",
    ),
    "no C2": (edit(lambda f: f["wall"].pop("C2")), "/wall/C2 is missing"),
    "no C4": (edit(lambda f: f["wall"].pop("C4")), "/wall/C4 is missing"),
    "no sources": (edit(lambda f: f.pop("wall")), "holds no source"),
    "no axes": (edit(lambda f: f["wall/C4"].attrs.pop("axes")), "/wall/C4 needs the attribute axes"),
    "an unknown axis": (edit(lambda f: f["wall/C4"].attrs.update(axes="x y z t colour config")), "axes: 'colour' cannot stand"),
    "an axis twice": (edit(lambda f: f["wall/C4"].attrs.update(axes="x y z t t config")), "axes: 't' cannot stand there twice"),
    "an axis less": (edit(lambda f: f["wall/C4"].attrs.update(axes="x y z t config")), "but axes names 5"),
    "another box": (edit(lambda f: f.attrs.update(L=8)), "axis z must have 8 entries, and has 6"),
    "real numbers called complex": (replace("wall/C4", np.real, "x y z t measurement reim"), "must hold complex numbers"),
    "three spins": (
        edit(lambda f: f["wall/C4"].attrs.update(axes="x y z t source config")),
        "source and sink must have 4 entries each (or none, for a scalar), got (3, 1)",
    ),
    "two times": (
        lambda path: [replace("t", lambda x: x[:2])(path), *(
            replace(f"wall/{name}", lambda x: x[:, :, :, :2])(path) for name in ("C4", "C4_backward"))],
        "has the times [4, 5]; a derivative needs three",
    ),
    "times beyond C2": (replace("t", lambda x: x + 20), "ends at t = 15, and C4 reaches t = 26"),
    "negative times": (replace("t", lambda x: x - 9), "must increase strictly, from 0 or later"),
    "sites missing": (
        edit(lambda f: f["wall/C4"].attrs.update(axes="site measurement channel t source config")),
        "has an axis site, which needs the dataset /site",
    ),
    "backward of another kind": (
        edit(lambda f: f["wall/C4_backward"].attrs.update(axes="x y z t channel config")),
        "C4_backward must have the spins, sites and channels of C4",
    ),
    "C2 without a signal": (replace("wall/C2/Xi", lambda x: -9 * x), "C2 has no signal over 4 times"),
    "C2 that does not fall": (replace("wall/C2/Xi", lambda x: 1e9 * x[:, :, ::-1]), "C2 does not fall"),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_files(case: str, scalar_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage, expected = FILES[case]
    damage(scalar_file)
    assert expected in refused(capsys, scalar_file, tmp_path / "out.h5")


def test_what_is_no_input(scalar_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.h5"
    assert "no such file or directory" in refused(capsys, tmp_path / "nothing", out)
    assert "one directory BBwave.dir*, this has none" in refused(capsys, tmp_path, out)
    assert "which 3s1 needs" in refused(capsys, scalar_file, out, "--spin", "3s1")
    assert "holds no source smeared" in refused(capsys, f"smeared={scalar_file}", out)
    out.write_text("mine")
    with pytest.raises(DataError, match="exists already"):
        convert_raw(scalar_file, out)
    assert out.read_text() == "mine"
    with pytest.raises(DataError, match="is the input"):
        convert_raw(scalar_file, scalar_file, force=True)


def test_swapped_spins_of_boxes(tmp_path: Path, spin_configurations: Callable[..., Any]) -> None:
    settings: dict[str, Any] = {"length": 6, "inverse_spacing": 2000.0, "hadrons": ("N", "N"), "t": (4, 5, 6)}
    axes = "measurement t z y x source sink"  # the last two are the other way round
    write_raw(tmp_path / "raw.h5", spin_configurations(dirty=False), axes=axes, **settings)
    with pytest.raises(DataError, match="exchanged: are their axes swapped"):
        convert_raw(tmp_path / "raw.h5", tmp_path / "out.h5", spin="3s1")
    assert not (tmp_path / "out.h5").exists()


def test_a_wedge_that_is_not_averaged(hal_tree: Path, tmp_path: Path) -> None:
    def disturbed(data: bytes) -> bytes:
        at, size = 24 + 8 + 80 + 28 + 4, 20 * 256
        psi = np.frombuffer(data[at : at + size], "<c16").reshape(20, 4, 4).copy()
        psi[1] += 1e-3 * np.abs(psi[1]).max() * np.random.default_rng(0).normal(size=(4, 4))
        return data[:at] + psi.tobytes() + data[at + size :]

    everywhere(disturbed)(hal_tree)
    with pytest.raises(DataError, match="it is not averaged over the cubic group"):
        convert_raw(hal_tree, tmp_path / "out.h5", spin="1s0", spacing=0.1)


def test_labels_of_one_trajectory(
    scalar_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A warning where they are taken as configurations; grouped with --average measurement; one is too few."""
    out = tmp_path / "out.h5"
    replace("config", lambda _: ["a_1.rot_x", "a_1.rot_y", "a_2.rot_x", "a_2.rot_y", "a_3.rot_x"])(
        scalar_file
    )
    convert.main(["raw", str(scalar_file), str(out), "--mass", "1200"])
    assert "5 labels share 3 trajectories" in caplog.text and "5 bins; below 10" in caplog.text
    caplog.clear()
    conversion = convert_raw(scalar_file, out, average="measurement", force=True)
    assert conversion.correlator.n_bins == 3 and "3 configurations from 5 labels" in "\n".join(
        conversion.lines()
    )
    assert "share" not in caplog.text
    means = np.array([(0.7 + 1.4) / 2, (1.0 + 0.9) / 2, 1.6])  # equal weights of trajectories
    ratio = conversion.correlator.values["wall"][1] / conversion.correlator.values["wall"][0]
    np.testing.assert_allclose(ratio, means.mean() / means[1:].mean(), rtol=1e-12)
    out.unlink()
    capsys.readouterr()
    replace("config", lambda _: ["a_1.src0", "a_1.src1", "a_1.src2", "a_1.src3", "a_1.src4"])(scalar_file)
    assert "measurements of one configuration, a_1: that makes one bin" in refused(
        capsys, scalar_file, out, "--average", "measurement"
    )


def test_nothing_half_written(scalar_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An end at the very last moment leaves neither the file nor a part of it."""

    def ended(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(whole_files.os, "replace", ended)
    with pytest.raises(KeyboardInterrupt):
        convert_raw(scalar_file, tmp_path / "out.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["scalar.h5"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_killed_conversion_leaves_no_file(scalar_file: Path, tmp_path: Path) -> None:
    """Killed while the content of the output is being written."""
    program = f"""
import time
from hadronlab.api import convert_raw
from hadronlab.data import whole_files
def slow(*_): print("here", flush=True); time.sleep(60)
whole_files.os.replace = slow
convert_raw({str(scalar_file)!r}, {str(tmp_path / "out.h5")!r})
"""
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "here\n"
    child.kill()
    child.wait()
    child.stdout.close()
    time.sleep(0.1)
    assert not (tmp_path / "out.h5").exists()
