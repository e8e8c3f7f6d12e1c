"""The HDF5 layout: what is written is read back, and files of other making are read by the same rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from hadronlab.data import r_correlator
from hadronlab.data.r_correlator import RCorrelator, read, write
from hadronlab.data.sources import LatticeFile
from hadronlab.data.wedge import wedge_sites
from hadronlab.errors import ConfigError, DataError
from hadronlab.systems.hadrons import HadronPair

Make = Callable[..., RCorrelator]


def assert_equal(a: RCorrelator, b: RCorrelator) -> None:
    assert a.values.keys() == b.values.keys()
    for source in a.values:
        np.testing.assert_array_equal(a.values[source], b.values[source])
    for name in ("t", "site", "radius"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    for name in ("mass", "mass2", "inverse_spacing", "length", "resampling"):
        assert getattr(a, name) == getattr(b, name)


@pytest.mark.parametrize("n_bins", [0, 2, 5])
@pytest.mark.parametrize("radial", [False, True])
def test_round_trip(small_correlator: Make, tmp_path: Path, n_bins: int, radial: bool) -> None:
    correlator = replace(
        small_correlator(n_bins), mass2=0.9, resampling="bootstrap" if n_bins else "jackknife"
    )
    if radial:
        correlator = replace(correlator, site=None, length=None, radius=np.linspace(0.2, 3, 10))
    write(correlator, tmp_path / "a.h5")
    back = read(tmp_path / "a.h5")
    assert_equal(back, correlator)
    assert back.attributes["title"] == "test"
    write(back, tmp_path / "a.h5")  # over itself, atomically
    assert_equal(read(tmp_path / "a.h5"), correlator)
    assert [p.name for p in tmp_path.iterdir()] == ["a.h5"]


def test_layout_of_the_public_files(small_correlator: Make, tmp_path: Path) -> None:
    """No mass2_lattice, no resampling: equal masses, jackknife, and the mean is that of the bins."""
    correlator = small_correlator()
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs.update({"L": 4, "a_inv_MeV": 2194.0, "mass_lattice": 0.665, "jackknife_bins": 3})
        file["t"] = correlator.t.astype("i4")
        file["site"] = correlator.site.astype("i2")  # type: ignore[union-attr]
        file["wall/R"] = correlator.values["wall"][1:].swapaxes(0, 1).astype("f4")
    back = read(tmp_path / "a.h5")
    assert back.mass == back.mass2 == 0.665 and back.resampling == "jackknife"
    np.testing.assert_allclose(back.values["wall"][0], correlator.values["wall"][1:].mean(0), rtol=1e-6)
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file.attrs["jackknife_bins"] = 4
    with pytest.raises(DataError, match="jackknife_bins is 4 but"):
        read(tmp_path / "a.h5")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mass": -1.0}, "mass must be a positive number"),
        ({"inverse_spacing": float("nan")}, "inverse_spacing must be a positive"),
        ({"t": np.array([5, 7, 6, 8])}, "t must increase strictly"),
        ({"t": np.array([5, 6])}, "three time slices or more"),
        ({"t": np.array([5, 6, 7])}, r"R is \(4, 3, 10\); needed is \(T, B, S\) = \(3, B, 10\)"),
        ({"radius": np.ones(10)}, "exactly one of site"),
        ({"length": 6}, "whole A1\\+ wedge of L = 6"),
        ({"length": None}, "attribute L"),
        ({"site": np.zeros((10, 3), int)}, "lists a site twice"),
        ({"site": wedge_sites(4)[:, ::-1]}, "0 <= z <= y <= x <= 2"),
        ({"site": None, "radius": np.zeros(10)}, "strictly increasing and above zero"),
        ({"resampling": "magic"}, "one of jackknife, bootstrap"),
        ({"values": {}}, "no source"),
        ({"values": {"wall": np.full((4, 4, 10), np.inf)}}, "'wall'/R holds NaN or infinity"),
        ({"values": {"wall": np.ones((2, 4, 10))}}, "one bin"),
        ({"values": {"a": np.ones((3, 4, 10)), "b": np.ones((4, 4, 10))}}, "different numbers of bins"),
    ],
)
def test_inconsistent_correlators_are_refused(small_correlator: Make, change: dict, message: str) -> None:
    with pytest.raises(DataError, match=message) as error:
        replace(small_correlator(), **change)
    assert "\n" not in str(error.value)


def test_a_place_that_cannot_be_written(small_correlator: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        r_correlator.write(small_correlator(), tmp_path / "file" / "a.h5")


def test_a_file_is_as_readable_as_others_of_its_owner(small_correlator: Make, tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write(small_correlator(), tmp_path / "a.h5")
    assert (tmp_path / "a.h5").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.h5", "plain"]


def test_a_file_of_other_hadrons_is_refused(small_file: Path) -> None:
    mass = 0.6 * 2000.0  # MeV, as in the file
    source = LatticeFile(str(small_file))
    for fine in (
        HadronPair("own", mass, mass),
        HadronPair("lighter", 0.95 * mass, mass),
        HadronPair("lattice", None, None),
    ):
        assert source.load(fine).reduced_mass == pytest.approx(mass / 2)
    with pytest.raises(
        ConfigError, match="reduced mass of 600 MeV, those of system=heavy 1200: choose system=lattice"
    ):
        source.load(HadronPair("heavy", 2 * mass, 2 * mass))
