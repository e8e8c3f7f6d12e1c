"""Waves of coupled channels: a synthetic lattice obeys the coupled equations, in any order of its channels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hadronlab.data import channel_correlator, r_correlator
from hadronlab.data.channel_correlator import ChannelCorrelator, tensor_potentials
from hadronlab.data.channel_waves import channel_wave_data
from hadronlab.data.coupled_synthetic import generate
from hadronlab.data.noise import InelasticState, Noise
from hadronlab.data.r_correlator import RCorrelator
from hadronlab.data.sources import LatticeFile
from hadronlab.data.synthetic import SourceShape, SyntheticLattice
from hadronlab.data.wave_data import WaveData
from hadronlab.data.wedge import wedge_sites
from hadronlab.errors import ConfigError, DataError
from hadronlab.estimates.resampling import resampled_error
from hadronlab.physics.forces.coupled_forces import LocalAndNonlocal, NearDiagonal, PotentialMatrix
from hadronlab.physics.forces.local_potentials import Gaussians
from hadronlab.physics.forces.tensor_waves import central_and_tensor
from hadronlab.systems.coupled_pair import CoupledPair
from hadronlab.systems.hadrons import HadronPair

CHANNELS = {"LL": {"masses": [1115.7, 1115.7]}, "NX": {"masses": [938.9, 1318.3]}}
FORCE = LocalAndNonlocal(
    PotentialMatrix(
        [
            [Gaussians((250.0, -30.0), (4.0, 0.8)), Gaussians((-100.0,), (1.4,))],
            [Gaussians((300.0, -40.0), (4.0, 0.9))],
        ]
    ),
    NearDiagonal([[-18.0, 11.0], [11.0, -28.0]], skew=0.35),
)
PAIR = CoupledPair("test", None, None, potential=FORCE, channels=CHANNELS)


def lattice(**changes: Any) -> SyntheticLattice:
    sources = {"wall": SourceShape(), "wall_NX": SourceShape(channel="NX")}
    settings: dict[str, Any] = {
        "spacing_fm": 0.09,
        "length": 80,
        "times": tuple(range(10, 15)),
        "sources": sources,
    }
    return SyntheticLattice(**settings | {"step": 0.5, "n_mesh": 60, "n_states": 40} | changes)


def missed(data: WaveData) -> float:
    """The largest |lhs − (V + U) φ| over the largest |lhs|."""
    V, U = FORCE.local(data.r), FORCE.nonlocal_part(data.r[:, None], data.r)
    left = data.lhs[0] - torch.einsum("abn,kbn->kan", V, data.amplitude[0])
    left = left - torch.einsum("abnm,kbm->kan", U, data.amplitude[0] * data.weight)
    return float(left.abs().max() / data.lhs.abs().max())


def test_the_truth_obeys_the_equations() -> None:
    correlator = generate(PAIR, lattice())
    data = channel_wave_data(correlator, PAIR, times=[12], time_order=4)
    assert data.amplitude.shape == (1, 2, 2, len(data.r)) and data.names == ("LL", "NX")
    # the trapezoid of ∫ U φ and the fourth-order time derivatives, 1e-5 each
    assert missed(data) < 5e-5
    # without ρ_ab(t) = e^{−ΔM t} from the two-point functions it is another potential
    ignored = {name: np.ones_like(x) for name, x in correlator.two_point.items()}
    wrong = channel_wave_data(replace(correlator, two_point=ignored), PAIR, times=[12], time_order=4)
    assert missed(wrong) > 100 * missed(data)


@pytest.mark.slow
def test_channels_come_in_the_order_of_the_system(tmp_path: Path) -> None:
    correlator = generate(PAIR, lattice())
    channel_correlator.write(correlator, tmp_path / "a.h5")
    found = channel_correlator.read(tmp_path / "a.h5")  # radii, and no bins
    np.testing.assert_array_equal(found.values["wall"], correlator.values["wall"])
    turned = CoupledPair("test", None, None, channels=["NX", "LL"])
    here, there = (
        LatticeFile(tmp_path / "a.h5", times=[12], time_order=4).load(p)
        for p in (CoupledPair("test", None, None), turned)
    )
    assert isinstance(here, WaveData) and isinstance(there, WaveData)
    assert here.names == ("LL", "NX") and there.names == ("NX", "LL")
    # each wave over its largest channel, and rho relative to the first: one factor a wave
    ratio = there.amplitude.flip(2) / here.amplitude
    assert torch.allclose(ratio, ratio[..., :1, :1].expand_as(ratio), rtol=1e-12)
    with pytest.raises(DataError, match="no channel 'SS' in the file; it holds LL, NX"):
        LatticeFile(tmp_path / "a.h5").load(CoupledPair("test", None, None, channels=["LL", "SS"]))
    with pytest.raises(DataError, match="holds the channels LL,NX: choose system=coupled"):
        LatticeFile(tmp_path / "a.h5").load(HadronPair("one", None, None))
    one = RCorrelator(np.arange(3), {"wall": np.ones((1, 3, 9))}, 0.6, 0.6, 2000.0, radius=1.0 + np.arange(9))
    r_correlator.write(one, tmp_path / "b.h5")
    with pytest.raises(DataError, match="holds one channel: choose a system of one"):
        LatticeFile(tmp_path / "b.h5").load(PAIR)


def test_noise_gives_bins_with_their_errors() -> None:
    noisy = generate(PAIR, lattice(noise=Noise(relative=1e-3, bins=6)))
    data = channel_wave_data(noisy, PAIR, times=[12], time_order=4)
    assert data.n_bins == 6 and data.error is not None and data.error.shape == data.lhs.shape[1:]
    # of one channel this is the error of lhs − V_LO φ
    phi, lhs = data.amplitude[..., 0, :], data.lhs[..., 0, :]
    alone = resampled_error(lhs - lhs[0] / phi[0] * phi, "jackknife")
    big = data.amplitude[0, 0, 1].abs() < 0.1 * data.amplitude[0, 0, 0].abs()
    assert torch.allclose(alone[0, big], data.error[0, 0, big], rtol=0.2)


@pytest.mark.parametrize(
    ("pair", "settings", "message"),
    [
        (
            {"channels": {"LL": CHANNELS["LL"], "NX": {}}},
            {},
            r"channel NX has no threshold: give system.channels.NX.masses",
        ),
        ({"channels": ["LL", "NX"]}, {}, "channel LL has no threshold"),
        ({"potential": None}, {}, "its potential is unknown"),
        ({}, {"grid": "sites"}, "data.lattice.grid=radial"),
        ({}, {"inelastic": InelasticState()}, "no inelastic state"),
        ({}, {"sources": {"wall": SourceShape(channel="SS")}}, "source channel 'SS' .* choose one of LL, NX"),
    ],
)
def test_what_is_refused(pair: dict[str, Any], settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        generate(replace(PAIR, **pair), lattice(**settings))


def test_a_system_of_one_channel_is_none() -> None:
    with pytest.raises(ConfigError, match="give two or more"):
        CoupledPair("test", None, None, channels=["LL"])


def test_sites_give_the_potentials_of_each_wave() -> None:
    """S and D on a wedge: V_C and V_T of the shells that hold one orbit are those of its site."""
    random = np.random.default_rng(1)
    R, laplacian = 1 + 0.1 * random.random((2, 4, 3, 2, 10))
    correlator = ChannelCorrelator(
        t=np.arange(5, 8), values={"wall": R}, laplacian={"wall": laplacian}, two_point={"wall": np.ones((4, 3, 2))},
        channels=("S", "D"), masses=np.full((2, 2), 0.6), inverse_spacing=2000.0, site=wedge_sites(4), length=4,
    )  # fmt: skip
    data = channel_wave_data(correlator, CoupledPair("test", None, None, channels=["S", "D"]))
    assert (
        [channel.orbital for channel in data.channels] == [0, 2] and not data.equation[0] and data.n_bins == 3
    )
    assert data.channels[0].masses == (1200.0, 1200.0)
    V = tensor_potentials(correlator, "wall", 6)
    waves = [x[:, 0, a].numpy() for x in (data.amplitude, data.lhs) for a in range(2)]
    for of_site, of_shell in zip(V, central_and_tensor(*waves), strict=True):
        sites = np.flatnonzero((correlator.site == [1, 0, 0]).all(1))
        at = int((data.r - correlator.spacing_fm).abs().argmin())
        np.testing.assert_allclose(of_shell[:, at], of_site[:, sites[0]], rtol=1e-12)
