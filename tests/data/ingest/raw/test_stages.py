"""Single stages: bins, plateaux, images, named axes, the writer, memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from hadronlab.api import convert_raw, write_raw
from hadronlab.data.ingest.raw.blocks import Blocks, Resampling
from hadronlab.data.ingest.raw.cubic_images import CubicImages
from hadronlab.data.ingest.raw.divide import imaginary_part
from hadronlab.data.ingest.raw.plateau import plateau
from hadronlab.data.ingest.raw.trajectories import by_trajectory, check_order
from hadronlab.errors import DataError
from hadronlab.estimates.resampling import make_bins


def filled(samples: np.ndarray, size: int) -> Blocks:
    blocks = Blocks(len(samples), size)
    for i, sample in enumerate(samples):
        blocks.add(i, x=sample)
    return blocks


def test_jackknife_is_that_of_the_estimates() -> None:
    samples = np.random.default_rng(0).normal(size=(11, 3))
    found = filled(samples, 2).resampled("x", Resampling(bin_size=2).draws(5))
    np.testing.assert_allclose(found, make_bins(torch.from_numpy(samples), 5).numpy(), rtol=1e-14)


def test_bootstrap_draws_alike() -> None:
    """One seed, one draw for every array: a ratio of two that fluctuate together does not fluctuate."""
    samples = np.random.default_rng(0).normal(size=(12, 3)) + 5
    draws = Resampling("bootstrap", bins=2000, seed=3).draws(12)
    found = filled(samples, 1).resampled("x", draws)
    assert (draws[1:].sum(1) == 12).all() and (draws[0] == 1).all()
    np.testing.assert_allclose(filled(2 * samples, 1).resampled("x", draws) / found, 2, rtol=1e-13)
    # 2000 bins know their spread to 1.6 %
    np.testing.assert_allclose(found[1:].std(0), samples.std(0) / np.sqrt(12), rtol=0.08)
    assert not np.array_equal(draws, Resampling("bootstrap", bins=2000, seed=4).draws(12))


def test_plateau_of_a_noisy_baryon() -> None:
    """Errors that grow with t, an excited state at small t: the window begins where the latter is gone."""
    random, t = np.random.default_rng(5), np.arange(48)
    clean = np.exp(-0.6 * t) * (1 + 0.5 * np.exp(-0.5 * t))
    growth = 2e-4 * np.exp(0.15 * t)
    walk = np.cumsum(random.normal(size=(200, 48)) * growth, axis=1)
    bins = make_bins(torch.from_numpy(clean * (1 + walk)), 20).numpy()
    found = plateau(bins, "N", "jackknife")
    assert abs(found.mass[0] - 0.6) < 3 * found.error < 0.003
    assert 5 < found.first < 16 and found.chi_square < 3 * found.freedom
    with pytest.raises(DataError, match="N: C2 has no signal over 4 times"):
        plateau(-bins, "N", "jackknife")
    with pytest.raises(DataError, match="does not fall"):
        plateau(1 / np.abs(bins), "N", "jackknife")


def test_images_of_a_small_box() -> None:
    """Every site is an image once or more often; ψ of a wedge, and at other representatives, comes back."""
    images = CubicImages(6)
    assert np.bincount(images.images.ravel(), minlength=216).min() >= 1
    random = np.random.default_rng(0)
    box = random.normal(size=(1, 216, 4, 4)) + 1j * random.normal(size=(1, 216, 4, 4))
    wedge = images.mean(box)
    assert images.asymmetry(wedge) < 1e-13 < 1e-2 < images.asymmetry(wedge.swapaxes(-1, -2))
    np.testing.assert_allclose(images.from_representatives(wedge, images.wedge.site), wedge, rtol=1e-15)
    with pytest.raises(DataError, match="one of each of the 20 orbits"):
        images.from_representatives(wedge, np.zeros((20, 3), dtype=int))


def test_imaginary_parts() -> None:
    """Noise has a median of 0.67 and 0.3 % above 3; what is real has none."""
    samples = np.random.default_rng(0).normal(size=(2, 4000, 500))
    bins = make_bins(torch.from_numpy(samples[0] + 1j * samples[1]).T.contiguous(), 100).numpy()
    found = imaginary_part(bins, "jackknife")
    assert found.median == pytest.approx(0.67, abs=0.05) and found.above_three < 0.01
    real = imaginary_part(bins.real + 0j, "jackknife")
    assert real.median == real.above_three == 0
    assert np.isinf(imaginary_part(np.full((3, 2), 1 + 1j), "jackknife").median)


def test_labels() -> None:
    labels = ["s_000410.rot_xyzt", "s_000410.rot_tyzx", "s_000420.src12", "s_000420_hit3", "s_000430"]
    assert [len(group) for group in by_trajectory(labels).values()] == [2, 2, 1]
    check_order([*labels, "r_000100", "s_000440"], "here")  # of another stream
    with pytest.raises(DataError, match="here: configuration s_000405 comes after s_000430"):
        check_order([*labels, "s_000405"], "here")


LENGTH = 4
SETTINGS: dict[str, Any] = {
    "length": LENGTH,
    "inverse_spacing": 2000.0,
    "hadrons": ("N", "N"),
    "t": (2, 3, 4),
    "axes": "t z y x",
}


def configurations(
    n: int, length: int = LENGTH, measurements: int = 0
) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    random = np.random.default_rng(0)
    shape = (*([measurements] if measurements else []), 3, length, length, length)
    for i in range(n):
        c2 = np.exp(-0.5 * np.arange(16)) * (1 + 0.01 * random.normal())
        yield f"c{i}", {"wall/C4": 1 + 0.1 * random.random(shape), "wall/C2/N": c2}


def test_what_the_writer_refuses(tmp_path: Path) -> None:
    path, (first, second) = tmp_path / "raw.h5", configurations(2)
    for wrong, message in (
        ({"wall/C4": second[1]["wall/C4"]}, "configuration c1 has"),
        ({**second[1], "wall/C4": np.ones((3, 4, 4, 5))}, "c1: wall/C4 has the shape"),
    ):
        with pytest.raises(DataError, match=message):
            write_raw(path, [first, ("c1", wrong)], **SETTINGS)
    with pytest.raises(DataError, match="which the axes"):
        write_raw(path, [first], **SETTINGS | {"axes": "t source sink z y x"})
    with pytest.raises(DataError, match="no configuration"):
        write_raw(path, [], **SETTINGS)
    with pytest.raises(RuntimeError, match="theirs"):
        write_raw(path, (_ for _ in [first, second] if _fail()), **SETTINGS)
    assert not list(tmp_path.iterdir())


def _fail() -> bool:
    raise RuntimeError("theirs")


def test_one_measurement_in_memory(tmp_path: Path) -> None:
    """The peak of the conversion does not know how many configurations and measurements there are."""
    peaks = []
    for n, measurements in ((4, 1), (24, 4)):
        path = tmp_path / f"{n}.h5"
        write_raw(
            path,
            configurations(n, 12, measurements),
            **SETTINGS | {"length": 12, "axes": "measurement t z y x"},
        )
        done: list[tuple[int, int]] = []
        tracemalloc.start()
        convert_raw(
            path, tmp_path / f"out{n}.h5", bin_size=n // 2, progress=lambda *now, done=done: done.append(now)
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert done == [(i, n) for i in range(n + 1)]
    assert peaks[1] - peaks[0] < 0.05 * 24 * 4 * 3 * 12**3 * 16  # of the larger file, 8 MB, nothing is kept


def test_numbers_of_any_kind(tmp_path: Path) -> None:
    """Single precision, whole-number labels, hadrons as one string."""
    write_raw(tmp_path / "a.h5", configurations(3), **SETTINGS)
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        c4, axes = file["wall/C4"][()].astype(np.complex64), file["wall/C4"].attrs["axes"]
        del file["wall/C4"], file["config"]
        file["wall/C4"], file["config"] = c4, [10, 20, 30]
        file["wall/C4"].attrs["axes"] = axes
        file.attrs["hadrons"] = "N N"
    found = convert_raw(tmp_path / "a.h5", tmp_path / "b.h5").correlator
    write_raw(tmp_path / "c.h5", configurations(3), **SETTINGS)
    exact = convert_raw(tmp_path / "c.h5", tmp_path / "d.h5").correlator
    np.testing.assert_allclose(found.values["wall"], exact.values["wall"], rtol=1e-6)
    assert found.attributes["hadrons"] == "N,N" and found.attributes["identical"] == 1
