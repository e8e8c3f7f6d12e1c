"""Files of several channels: what is written comes back, and what does not fit is one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from hadronlab.data import channel_correlator
from hadronlab.data.channel_correlator import ChannelCorrelator, kinetic, tensor_potentials
from hadronlab.data.wedge import wedge_sites
from hadronlab.errors import DataError


def correlator(**changes: Any) -> ChannelCorrelator:
    """L = 4, t = 5 … 7, three bins, S and D."""
    random = np.random.default_rng(1)
    R, laplacian = 1 + 0.1 * random.random((2, 4, 3, 2, 10)) + 0.01j * random.random((2, 4, 3, 2, 10))
    settings: dict[str, Any] = {
        "t": np.arange(5, 8), "values": {"wall": R}, "laplacian": {"wall": laplacian},
        "two_point": {"wall": 1 + random.random((4, 3, 2))}, "channels": ("S", "D"), "masses": np.full((2, 2), 0.6),
        "inverse_spacing": 2000.0, "site": wedge_sites(4), "length": 4, "attributes": {"spin": 1.0},
    }  # fmt: skip
    return ChannelCorrelator(**settings | changes)


def test_round_trip(tmp_path: Path) -> None:
    written = correlator()
    channel_correlator.write(written, tmp_path / "a.h5")
    found = channel_correlator.read(tmp_path / "a.h5")
    for name in ("values", "laplacian", "two_point"):
        np.testing.assert_array_equal(getattr(found, name)["wall"], getattr(written, name)["wall"])
    assert found.channels == ("S", "D") and found.n_bins == 3 and found.attributes == {"spin": 1.0}
    assert found.thresholds.tolist() == [1.2, 1.2] and found.resampling == "jackknife"
    for one, two in zip(
        tensor_potentials(found, "wall", 6), tensor_potentials(written, "wall", 6), strict=True
    ):
        np.testing.assert_array_equal(one, two)
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["wall/R"].shape == (3, 3, 2, 10) and file["wall/R"].dtype == np.float64


def test_what_does_not_fit(tmp_path: Path) -> None:
    bad = np.ones((4, 3, 2, 10))
    for changes, message in (
        (
            {"masses": np.full((1, 2), 0.6)},
            "needs two positive masses of each of 2 channels for its threshold",
        ),
        ({"masses": np.full((2, 2), -0.6)}, "needs two positive masses"),
        ({"values": {"wall": bad[:, :2]}}, r"/wall/R must be"),
        ({"laplacian": {"wall": bad[:2]}}, r"/wall/laplacian must be"),
        ({"two_point": {"wall": bad * np.nan}}, r"/wall/two_point must be"),
        ({"values": {"wall": bad * np.nan}}, r"/wall/R holds NaN"),
        ({"values": {}}, "holds no source"),
        ({"resampling": "both"}, "resampling must be one of"),
        ({"length": 6}, "site must be the whole wedge of L = 6"),
    ):
        with pytest.raises(DataError, match=message):
            correlator(**changes)
    with pytest.raises(DataError, match="no source 'smeared'"):
        kinetic(correlator(), "smeared", 6)
    with pytest.raises(DataError, match="time 7 needs slice 8 for its derivative"):
        kinetic(correlator(), "wall", 7)
    with pytest.raises(DataError, match="need the channels S,D, got A,B"):
        tensor_potentials(correlator(channels=("A", "B")), "wall", 6)
    channel_correlator.write(correlator(), tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file.attrs["masses"] = [0.6, 0.6, 0.6]
    with pytest.raises(DataError, match="attribute masses must give two for each of the channels S, D"):
        channel_correlator.read(tmp_path / "a.h5")
