"""Axes in another order are told in the shapes of the file, and guessed from the numbers where shapes say nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from hadronlab.data.axes import bins_look_like_times
from hadronlab.data.noise import Noise
from hadronlab.data.r_correlator import read, write
from hadronlab.data.sources import LatticeFile
from hadronlab.data.synthetic import SyntheticLattice, generate
from hadronlab.errors import DataError
from hadronlab.physics.forces.local_potentials import omega_ccc
from hadronlab.systems.hadrons import HadronPair

PAIR = HadronPair("omega_ccc", 4796.0, 4796.0, potential=omega_ccc())


def with_R(path: Path, axes: tuple[int, ...], R: np.ndarray, **attributes: object) -> Path:
    """A file of `small_correlator`'s layout whose wall/R is stored with its axes in this order."""
    with h5py.File(path, "a") as file:
        del file["wall"], file["smeared"]
        file["wall/R"] = R.transpose(axes)
        del file.attrs["resampling"]
        file.attrs.update(attributes)
    return path


@pytest.fixture
def empty_file(small_correlator: Callable, tmp_path: Path) -> Path:
    write(small_correlator(), tmp_path / "a.h5")
    return tmp_path / "a.h5"


@pytest.mark.parametrize(
    ("axes", "told"),
    [
        (
            (1, 0, 2),
            "(6, 4, 10); needed is (T, B, S) = (4, B, 10); it may be stored as (B, T, S): the first two axes may be exchanged",
        ),
        (
            (2, 1, 0),
            "(10, 6, 4); needed is (T, B, S) = (4, B, 10); it may be stored as (S, B, T): the axes are in reverse",
        ),
        ((2, 0, 1), "(10, 4, 6); needed is (T, B, S) = (4, B, 10); it may be stored as (S, T, B)"),
        ((1, 2, 0), "(6, 10, 4); needed is (T, B, S) = (4, B, 10); it may be stored as (B, S, T)"),
        ((0, 2, 1), "(4, 10, 6); needed is (T, B, S) = (4, B, 10); it may be stored as (T, S, B)"),
    ],
)
def test_exchanged_axes_are_named(empty_file: Path, axes: tuple[int, ...], told: str) -> None:
    with pytest.raises(DataError) as error:
        read(with_R(empty_file, axes, np.ones((4, 6, 10)), jackknife_bins=6))
    assert f"/wall/R is {told}" in str(error.value)


def test_exchanged_axes_without_bins(empty_file: Path) -> None:
    with pytest.raises(
        DataError, match=r"R is \(10, 4\); needed is \(T, S\) = \(4, 10\).*\(S, T\): the axes are in reverse"
    ):
        read(with_R(empty_file, (1, 0), np.ones((4, 10))))
    with pytest.raises(DataError, match=r"R is \(4, 6, 9\); needed is \(T, B, S\) = \(4, B, 10\)$"):
        read(with_R_again(empty_file, np.ones((4, 6, 9))))


def with_R_again(path: Path, R: np.ndarray) -> Path:
    with h5py.File(path, "a") as file:
        del file["wall/R"]
        file["wall/R"] = R
    return path


def test_sites_in_reverse(empty_file: Path) -> None:
    with h5py.File(empty_file, "a") as file:
        site = file["site"][()].T
        del file["site"]
        file["site"] = site
    with pytest.raises(DataError, match=r"got \(3, 10\), the axes in reverse"):
        read(empty_file)


@pytest.mark.parametrize("relative", [1e-4, 1e-3, 1e-2])
def test_bins_in_the_place_of_times_are_seen(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, relative: float
) -> None:
    """As many bins as times: the shapes say nothing. Ten seeds each are told when exchanged, and not when right."""
    for seed in range(10):
        lattice = SyntheticLattice(length=48, noise=Noise(relative, bins=5, seed=seed))
        correlator = generate(PAIR, lattice)
        R = correlator.values["wall"][1:].swapaxes(0, 1)
        assert not bins_look_like_times(R)
        assert bins_look_like_times(R.swapaxes(0, 1))
    write(correlator, tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["wall/R"][...] = R.swapaxes(0, 1)
    with caplog.at_level(logging.WARNING):
        read(tmp_path / "a.h5")
    assert caplog.text.count("is R stored as (B, T, S)?") == 1 and "the bins of wall" in caplog.text


def test_scatter_alone_is_no_reason() -> None:
    """Nothing but noise, and noise with a trend in time that is smaller than it."""
    random = np.random.default_rng(0)
    found = [bins_look_like_times(1 + 0.1 * random.standard_normal((5, 5, 1))) for _ in range(2000)]
    assert np.mean(found) < 0.05
    trend = 0.01 * np.arange(8)[:, None, None]
    assert not any(
        bins_look_like_times(1 + trend + 0.1 * random.standard_normal((8, 8, 50))) for _ in range(200)
    )


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({}, "6 jackknife bins (assumed)"),
        ({"jackknife_bins": 6}, "6 jackknife bins"),
        ({"resampling": "jackknife"}, "6 jackknife bins"),
        ({"resampling": "bootstrap"}, "6 bootstrap bins"),
    ],
)
def test_assumed_resampling_is_told(empty_file: Path, tmp_path: Path, attributes: dict, told: str) -> None:
    R = 1 + 0.01 * np.random.default_rng(0).random((4, 6, 10))
    correlator = read(with_R(empty_file, (0, 1, 2), R, **attributes))
    write(correlator, tmp_path / "b.h5")  # what was assumed stays so
    for path in (empty_file, tmp_path / "b.h5"):
        data = LatticeFile(str(path)).load(HadronPair("lattice", None, None))
        assert data.bins_in_words == told
