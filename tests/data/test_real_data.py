"""The public ΞΞ(¹S₀) correlators against what was published from them; skipped where the files are absent.

Phase shifts: data of Phys. Rev. D 99 (2019) 014514, leading order at t = 13, L = 64, k² in lattice units.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hadronlab.data.diagnostics import effective_rank, hermiticity, signal_to_noise
from hadronlab.data.lattice import kinetic, lattice_wave_data
from hadronlab.data.r_correlator import RCorrelator
from hadronlab.data.wedge import wedge_sites
from hadronlab.estimates.resampling import resampled_error
from hadronlab.observables.leading_order import fit_gaussians
from hadronlab.physics.scattering.rmatrix import RMatrix

pytestmark = pytest.mark.data

K2 = [
    0.00032323242,
    0.00064646474,
    0.0016161617,
    0.0032323233,
    0.0064646465,
    0.012929293,
    0.019393939,
    0.025858586,
]
PUBLISHED = {
    "wall": (
        [
            0.2096995765,
            0.275967448,
            0.3613995223,
            0.3950732073,
            0.3708276688,
            0.2709179924,
            0.1795865164,
            0.1042791872,
        ],
        [
            0.0202108738,
            0.024932443,
            0.0280128552,
            0.0257983604,
            0.0198353677,
            0.0128714793,
            0.0095514697,
            0.0079781711,
        ],
    ),
    "smeared": (
        [
            0.3047649302,
            0.384031602,
            0.4600409851,
            0.4593262151,
            0.3837583196,
            0.232512494,
            0.1188644989,
            0.0328708305,
        ],
        [
            0.077296054,
            0.0864834377,
            0.0808296752,
            0.0630852617,
            0.0421329244,
            0.0275777719,
            0.0226178737,
            0.0196737175,
        ],
    ),
}


def leading_order(
    correlator: RCorrelator, source: str, time: int, r_max_fm: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Radii (n,) fm and V_LO (1+B, n) MeV on every site r ≤ r_max, not projected [Wang, Eq. 3]."""
    R, KR = kinetic(correlator, source, time)
    r = correlator.distance * correlator.spacing_fm
    keep = r <= r_max_fm
    return torch.from_numpy(r[keep]), torch.from_numpy((KR / R)[:, keep])  # Eq. (3)


def phase_shifts(correlator: RCorrelator, potential: torch.Tensor, mesh: RMatrix) -> torch.Tensor:
    k = torch.tensor(K2, dtype=torch.float64).sqrt() / correlator.spacing_fm
    return mesh.phase_shifts(None, potential, k)


@pytest.mark.parametrize("source", ["wall", "smeared"])
def test_leading_order_phase_shifts(xixi64: RCorrelator, source: str) -> None:
    r, V = leading_order(xixi64, source, 13, r_max_fm=3.5)
    mesh = RMatrix(8.0, 100, xixi64.mass * xixi64.inverse_spacing / 2)
    delta = phase_shifts(xixi64, fit_gaussians(r, V).local(mesh.r), mesh)
    published, error = (torch.tensor(part, dtype=torch.float64) for part in PUBLISHED[source])
    # The mean of the bins was published: within 0.2 mrad; the fit of the mean lies within 1 mrad of it.
    torch.testing.assert_close(delta[1:].mean(0), published, atol=2e-4, rtol=0)
    torch.testing.assert_close(delta[0], published, atol=1e-3, rtol=0)
    torch.testing.assert_close(resampled_error(delta), error, rtol=0.01, atol=0)


def test_leading_order_potential(xixi48: RCorrelator) -> None:
    """K R / R at t = 13, wall: a core of 3.2 GeV, a minimum of about −30 MeV near 0.7 fm, zero at 2 fm."""
    data = lattice_wave_data(xixi48, ["wall"], [13])
    V, r = data.leading_order()[0, 0], data.r
    assert data.error is not None
    error = data.error[0] / data.amplitude[0, 0].abs()
    assert float(V[0]) == pytest.approx(3245, abs=2)
    for square, value in (
        (3, 741.4),
        (6, 376.9),
    ):  # one orbit each, from the Laplacian of the box written out
        shell = int((r / r[1] - square**0.5).abs().argmin())
        assert float(V[shell]) == pytest.approx(value, abs=0.5)
    well = r[data.equation][V[data.equation].argmin()]
    assert 0.6 < float(well) < 0.9 and -45 < float(V[data.equation].min()) < -20
    tail = (r > 1.8) & data.equation
    assert abs(float(V[tail].mean())) < 3 and float(error[tail].median()) < 10
    assert data.reduced_mass == pytest.approx(0.665 * 2194 / 2) and r[1] == pytest.approx(197.3269804 / 2194)


@pytest.mark.parametrize(
    ("sources", "rank", "expected"),
    [(["wall"], 2, [3601, 14.7, 0.77]), (["wall", "smeared"], 4, [3696, 850, 42.9, 2.92])],
    ids=["wall", "wall and smeared"],
)
def test_signal_to_noise(xixi64: RCorrelator, sources: list[str], rank: int, expected: list[float]) -> None:
    """3600, 10.6, 1.1 and 3652, 933, 44, 2.3 were found on a slightly different set of sites."""
    data = lattice_wave_data(xixi64, sources, [12, 13, 14])
    ratio = signal_to_noise(data)
    np.testing.assert_allclose(ratio[: len(expected)].numpy(), expected, rtol=0.01)
    assert effective_rank(data) == rank


def test_hermiticity_holds_within_two_errors(xixi64: RCorrelator) -> None:
    result = hermiticity(lattice_wave_data(xixi64, ["wall", "smeared"], [13]), 0, 1)
    assert abs(result[0]) < 3 * resampled_error(result)
    assert 0.1 < resampled_error(result) < 2


def test_sites_are_those_of_the_wedge(xixi48: RCorrelator) -> None:
    np.testing.assert_array_equal(xixi48.site, wedge_sites(48))
    assert xixi48.resampling == "jackknife" and "MIT" in xixi48.attributes["license"]
