"""The synthetic lattice gives back the potential that it was made of, as well as a lattice can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from hadronlab.data.diagnostics import effective_rank, hermiticity, signal_to_noise
from hadronlab.data.lattice import Derivatives, lattice_wave_data
from hadronlab.data.noise import InelasticState, Noise
from hadronlab.data.synthetic import SourceShape, SyntheticLattice, energy_shifts, generate, overlaps
from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError
from hadronlab.estimates.resampling import resampled_error
from hadronlab.physics.finite_volume.box import box_spectrum
from hadronlab.physics.forces.local_potentials import Gaussians, nucleon_omega, omega_ccc
from hadronlab.physics.forces.nonlocal_potentials import PereyBuck
from hadronlab.systems.hadrons import HadronPair

CCC = HadronPair("omega_ccc", 4796.0, 4796.0, potential=omega_ccc())
RADIAL = SyntheticLattice()


@dataclass(frozen=True)
class LocalAndNonlocal:
    """V0(r) δ³(r−r') + U(r,r')."""

    local: Gaussians
    kernel: PereyBuck

    def nonlocal_part(self, r: torch.Tensor, rp: torch.Tensor) -> torch.Tensor:
        return self.kernel.nonlocal_part(r, rp)


def potential_error(
    data: WaveData, V: Callable[[torch.Tensor], torch.Tensor], r_max: float = 4.0
) -> torch.Tensor:
    """V_LO − V on the equations, (K, n) MeV."""
    use = data.equation & (data.r < r_max)
    return (data.leading_order()[0] - V(data.r))[:, use]


def test_box_levels_and_weights_are_the_published_ones() -> None:
    """Levels of the Neumann sphere of L = 96, and the weights of the wall source at t = 26."""
    box = box_spectrum(RADIAL.radius_fm, 2398.0, local=omega_ccc(), n_levels=8)
    assert RADIAL.radius_fm == pytest.approx(5.038238546888568, rel=1e-12)
    shifts = energy_shifts(box, (4796.0, 4796.0))
    expected = [-5.646149, 0.567731, 11.194910, 29.078251, 53.727518, 84.846035, 122.251255, 165.823268]
    np.testing.assert_allclose(shifts.numpy(), expected, atol=2e-5)
    weights = overlaps(box, SourceShape()) * torch.exp(-shifts * 26 * 0.0846 / 197.3269804)
    ratio = weights.abs() / weights[1].abs()
    np.testing.assert_allclose(
        ratio[:6].numpy(), [0.435198, 1.0, 0.076821, 0.02459, 0.009263, 0.003521], atol=2e-4
    )


def test_radial_floor_is_far_below_a_tenth_of_an_mev() -> None:
    data = lattice_wave_data(generate(CCC, RADIAL))
    assert data.labels[1] == "wall t=26" and data.n_bins == 0
    assert float(potential_error(data, omega_ccc()).abs().max()) < 0.02


def test_lattice_floor_is_that_of_the_nearest_neighbour_laplacian() -> None:
    """−11.573 MeV at r = a and −0.412 at 2a, at t = 26."""
    data = lattice_wave_data(generate(CCC, SyntheticLattice(grid="sites")), ["wall"], [26])
    error = (data.leading_order()[0, 0] - omega_ccc()(data.r))[data.equation]
    radius = (data.r[data.equation] / 0.0846).round(decimals=6)
    assert float(error[radius == 1.0]) == pytest.approx(-11.5729, abs=0.02)
    assert float(error[radius == 2.0]) == pytest.approx(-0.4122, abs=0.02)


def test_equation_of_a_nonlocal_potential() -> None:
    """K R = V0 R + ∫ U R for a potential that is half nonlocal, and its K is Hermitian."""
    half = Gaussians(strengths=(20.0, -60.0), exponents=(6.0, 1.5))
    truth = LocalAndNonlocal(half, PereyBuck(half, 0.5))
    correlator = generate(HadronPair("x", 1500.0, 1500.0, potential=truth), RADIAL)
    for order, tolerance in ((2, 1e-3), (4, 2e-5)):  # what is left is the time derivative
        data = lattice_wave_data(correlator, times=[26], r_max_fm=4.5, how=Derivatives(order))
        U = truth.nonlocal_part(data.r[:, None], data.r)
        local = truth.local(data.r) * data.amplitude
        size = data.lhs.abs().amax()
        rest = data.lhs - local - (data.amplitude * data.weight) @ U.T
        assert float(rest.abs().amax() / size) < tolerance
        assert float((data.lhs - local).abs().amax() / size) > 0.3  # U matters here
    assert abs(hermiticity(data, 0, 1)[0]) < 0.01


def test_unequal_masses() -> None:
    """Expanding the energies in 1/m leaves a small rest, (k²)² δ²(…)/m³, at these times."""
    pair = HadronPair("n_omega", 954.7, 1711.5, potential=nucleon_omega())
    data = lattice_wave_data(generate(pair, RADIAL), ["wall"])
    assert data.reduced_mass == pytest.approx(pair.reduced_mass)
    assert float(potential_error(data, nucleon_omega(), 2.0).abs().max()) < 0.3


def test_two_sources_hold_more_directions_than_one() -> None:
    correlator = generate(CCC, RADIAL)
    assert effective_rank(lattice_wave_data(correlator, times=[26])) == 2
    assert effective_rank(lattice_wave_data(correlator, ["wall"], [26])) == 1


def test_noise_has_the_size_it_says_and_grows() -> None:
    noise = Noise(relative=2e-3, growth=0.3, bins=200, seed=5)
    clean = generate(CCC, SyntheticLattice(sources={"wall": SourceShape()}))
    noisy = generate(CCC, SyntheticLattice(sources={"wall": SourceShape()}, noise=noise))
    R = torch.from_numpy(noisy.values["wall"])
    relative = resampled_error(R) / torch.from_numpy(clean.values["wall"][0]).abs()
    r = torch.from_numpy(noisy.radius) * 0.0846  # type: ignore[arg-type]
    expected = 2e-3 * torch.exp(0.3 * torch.arange(5.0).double())[:, None] * torch.sqrt(1 + r**2)
    assert float((relative / expected).mean()) == pytest.approx(1.0, abs=0.1)
    assert float((relative[-1] / relative[0]).mean()) == pytest.approx(np.exp(1.2), rel=0.1)
    pull = (
        (R[0] - torch.from_numpy(clean.values["wall"][0]))
        / torch.from_numpy(clean.values["wall"][0])
        / expected
    )
    assert 0.3 < float(pull.square().mean()) < 3.0


def test_noise_is_smooth_in_r_reproducible_and_lowers_the_rank() -> None:
    settings = SyntheticLattice(noise=Noise(relative=1e-4, seed=7))
    first, second = generate(CCC, settings), generate(CCC, settings)
    np.testing.assert_array_equal(first.values["smeared"], second.values["smeared"])
    other = generate(CCC, replace(settings, noise=Noise(relative=1e-4, seed=8)))
    assert not np.array_equal(first.values["smeared"], other.values["smeared"])
    data = lattice_wave_data(first)
    assert data.error is not None and data.n_bins == 20
    # Within a few of its errors everywhere, at the origin too.
    pull = potential_error(data, omega_ccc(), 3.0) / (data.error / data.amplitude[0].abs())[:, data.r < 3.0]
    assert float(pull.abs().max()) < 6
    loud = lattice_wave_data(generate(CCC, SyntheticLattice(noise=Noise(relative=1e-2))))
    assert effective_rank(loud) <= effective_rank(data)
    assert signal_to_noise(loud)[0] < signal_to_noise(data)[0]


def test_inelastic_state_spoils_early_times_more() -> None:
    settings = SyntheticLattice(times=tuple(range(10, 30)), inelastic=InelasticState(300.0, 0.05))
    data = lattice_wave_data(generate(CCC, settings), ["wall"], [11, 28])
    early, late = potential_error(data, omega_ccc(), 1.0).abs().amax(1)
    assert early > 5 and late < 0.3 * early


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: generate(HadronPair("x", 1.0, 1.0), RADIAL), "potential is unknown"),
        (lambda: generate(HadronPair("x", None, None, potential=omega_ccc()), RADIAL), "a mass is missing"),
        (lambda: generate(HadronPair("x", 1.0, 1.0, 1.0, omega_ccc()), RADIAL), "in MeV and fm"),
        (lambda: SyntheticLattice(grid="cube"), "choose radial or sites"),
        (lambda: SyntheticLattice(length=2), "length >= 4"),
        (lambda: SyntheticLattice(sources={}), "at least one source"),
        (lambda: SourceShape("point"), "wall, exponential or gaussian"),
        (lambda: SourceShape("gaussian"), "range_fm = None"),
        (lambda: Noise(relative=-1.0), "sizes must be positive"),
        (lambda: Noise(bins=1), "bins 2 or more"),
    ],
)
def test_bad_settings_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()
