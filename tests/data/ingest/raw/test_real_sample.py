"""HAL QCD's public ΞΞ sample against potentials computed by independent code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hadronlab import convert
from hadronlab.api import convert_raw
from hadronlab.data import channel_correlator, r_correlator
from hadronlab.data.channel_correlator import tensor_potentials
from hadronlab.data.ingest.raw.average import CubicAverage
from hadronlab.data.ingest.raw.hal import open_hal
from hadronlab.data.lattice import kinetic
from hadronlab.errors import DataError
from hadronlab.physics.forces.tensor_waves import SINGLET, TRIPLET

INVERSE_SPACING = 2194.0
pytestmark = pytest.mark.data
# t = 10, a m = 0.665, two bins of two rotations: site, V(1S0), error, V_C, error, V_T, error; units of 1/a
REFERENCE = [
    ([0, 0, 0], 1.478588, 0.00274183, 1.270052278, 0.000378628333, 0.0, 0.0),
    ([1, 0, 0], 0.7249425, 0.005428216, 0.6755092541, 0.005177863252, 0.0003785330728, 0.000263802293),
    ([1, 1, 0], 0.4630692, 0.005248905, 0.4548983595, 0.006124967563, 0.02308500218, 0.000231661301),
    ([3, 2, 1], 0.05387971, 0.001481371, 0.09636860582, 0.000111462291, 0.00761677306, 0.0001550545085),
    ([5, 0, 0], 0.00644139, 0.001056234, 0.0296136965, 0.000429777291, 0.007087697501, 0.0004400561295),
    (
        [12, 12, 6],
        -0.001101137,
        0.002117541,
        -0.0008500596719,
        0.0003199614009,
        0.001594224808,
        0.001229285258,
    ),
    ([20, 0, 0], -0.004595178, 0.0033156, -0.002098871964, 0.001439135431, 0.0001438863014, 0.0005537645125),
]


def reference(xixi_raw: Path) -> list[list]:
    """All of the table where it is there, else the rows above."""
    path = xixi_raw.parents[1] / "reference" / "finite_volume.json"
    return (
        json.loads(path.read_text())["raw_xixi"]["rows"]
        if path.exists()
        else [list(row) for row in REFERENCE]
    )


def test_potentials(xixi_raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """V(¹S₀), V_C and V_T: mean of the two bins, and error, to 1e-6 of max(|V|, error)."""
    potentials = {}
    for spin in ("1s0", "3s1"):
        out = tmp_path / f"{spin}.h5"
        convert.main(
            [
                "raw",
                str(xixi_raw),
                str(out),
                "--spin",
                spin,
                "--bin-size",
                "2",
                "--mass",
                f"{0.665 * INVERSE_SPACING}",
            ]
        )
        if spin == "1s0":
            singlet = r_correlator.read(out, trusted=True)
            R, KR = kinetic(singlet, "wall", 10)
            potentials["V"] = KR / R
        else:
            central_and_tensor = tensor_potentials(channel_correlator.read(out, trusted=True), "wall", 10)
            potentials |= dict(zip(("V_C", "V_T"), central_and_tensor, strict=True))
    said = capsys.readouterr().out
    assert "4 configurations in bins of 2" in said and "C2 forward and backward" in said
    rows = reference(xixi_raw)
    site = np.asarray(singlet.site).tolist()
    where = [site.index(row[0]) for row in rows]
    for column, values in enumerate(potentials.values()):
        one, two = values[1:, where] / INVERSE_SPACING
        expected = np.array([row[1 + 2 * column : 3 + 2 * column] for row in rows])
        # the mean and the error of two jackknife bins
        scale = np.maximum(np.abs(expected[:, 0]), expected[:, 1]) + 1e-30
        assert np.abs(((one + two) / 2 - expected[:, 0]) / scale).max() < 1e-6
        assert np.abs((np.abs(one - two) / 2 - expected[:, 1]) / scale).max() < 1e-6


def test_mass_and_symmetry(xixi_raw: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """m_eff is .657 – .660 at t = 10 – 15; stabilisers hold to rounding; labels share a trajectory."""
    conversion = convert_raw(xixi_raw, tmp_path / "out.h5", spin="3s1", bin_size=2)
    (plateau,) = conversion.plateaux
    assert 0.656 < plateau.mass[0] < 0.661 and plateau.error < 0.005 and plateau.hadron == "Xi"
    assert "stabilisers leave ψ as it is to" in conversion.symmetry
    assert "4 labels share 1 trajectory" in caplog.text
    assert conversion.correlator.inverse_spacing == INVERSE_SPACING  # known of this action
    ensemble = open_hal(xixi_raw)
    cubic = CubicAverage(ensemble)
    cubic.four_point("wall", [0], 1)
    assert cubic.residual < 5e-14


def test_measurements_of_one_configuration(xixi_raw: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"4 labels are measurements of one configuration.* makes one bin"):
        convert_raw(xixi_raw, tmp_path / "out.h5", spin="1s0", average="measurement")


def test_normalisation(xixi_raw: Path) -> None:
    """Σ_r ψ(r) is 48⁶ times the two-baryon correlator of the same tree, in both spins."""
    ensemble = open_hal(xixi_raw)
    cubic = CubicAverage(ensemble)
    for number, label in enumerate(ensemble.configurations):
        multi = np.loadtxt(next((xixi_raw / "correlator.multi.dir" / label).iterdir()))
        for k, t in enumerate(ensemble.t):
            psi = cubic.images.wedge.multiplicity @ cubic.four_point("wall", [number], k)[0].reshape(-1, 16)
            singlet, triplet = (np.trace(P @ psi.reshape(4, 4)) for P in (SINGLET, TRIPLET / 3))
            assert singlet == pytest.approx(48**6 * complex(*multi[t, 1:3]), rel=1e-12)
            assert triplet == pytest.approx(48**6 * complex(*multi[t, 3:5]), rel=1e-12)
