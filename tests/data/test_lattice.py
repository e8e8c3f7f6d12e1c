"""K R of correlators whose derivatives are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from hadronlab.data.lattice import (
    Derivatives,
    kinetic,
    lattice_wave_data,
)
from hadronlab.data.r_correlator import RCorrelator
from hadronlab.data.times import available_times
from hadronlab.data.wedge import Wedge, wedge_sites
from hadronlab.errors import DataError
from hadronlab.estimates.resampling import resampled_error

Make = Callable[..., RCorrelator]

GAP = 0.07  # of one exponential in t


def plane_wave(m1: float = 0.6, m2: float = 0.6, length: int = 16) -> tuple[RCorrelator, np.ndarray, float]:
    """e^{−GAP t} × a cubic harmonic of the lattice Laplacian, and that eigenvalue."""
    site = wedge_sites(length)
    shape = 2 + np.cos(2 * np.pi * site / length).sum(1)
    momentum = 2 * np.cos(2 * np.pi / length) - 2
    R = np.exp(-GAP * np.arange(10, 16))[:, None] * shape
    correlator = RCorrelator(np.arange(10, 16), {"wall": R[None]}, m1, m2, 2000.0, site=site, length=length)
    return correlator, shape, momentum


@pytest.mark.parametrize("masses", [(0.6, 0.6), (0.4, 0.9)])
def test_kinetic_operator_on_an_eigenfunction(masses: tuple[float, float]) -> None:
    m1, m2 = masses
    correlator, shape, momentum = plane_wave(m1, m2)
    R, KR = kinetic(correlator, "wall", 12)
    first, second = -np.sinh(GAP), 2 * np.cosh(GAP) - 2  # three-point derivatives of e^{−GAP t}
    reduced, delta = m1 * m2 / (m1 + m2), (m1 - m2) / (m1 + m2)
    factor = (1 + 3 * delta**2) / (8 * reduced) * second - first
    expected = 2000 * (factor * shape + momentum * (shape - 2) / (2 * reduced))
    mean = Wedge(correlator.site, 16).mean(shape)  # type: ignore[arg-type]
    np.testing.assert_allclose(R[0], shape / mean, rtol=1e-12)
    np.testing.assert_allclose(KR[0], expected / mean, rtol=1e-9, atol=1e-9)
    if m1 == m2:
        assert (1 + 3 * delta**2) / (8 * reduced) == pytest.approx(1 / (4 * m1))  # [Wang, Eq. 5]


def test_five_point_derivatives_are_closer_to_the_exponential() -> None:
    correlator, _, _ = plane_wave()

    def time_part(order: int) -> float:
        R, KR = kinetic(correlator, "wall", 12, Derivatives(order))
        lap = Wedge(correlator.site, 16).laplacian(R) / 0.6 * 2000  # type: ignore[arg-type]
        return float((KR - lap)[0, 3] / R[0, 3])

    exact = 2000 * (GAP**2 / (4 * 0.6) + GAP)
    assert abs(time_part(4) - exact) < 0.02 * abs(time_part(2) - exact)


def test_shells_weights_errors_and_the_origin(small_correlator: Make) -> None:
    correlator = small_correlator(6)
    data = lattice_wave_data(correlator, times=[6, 7])
    a = correlator.spacing_fm
    assert data.labels == ("wall t=6", "wall t=7", "smeared t=6", "smeared t=7")
    assert data.sources[2] == "smeared" and data.times[3] == 7 and data.n_bins == 6
    assert not data.equation[0] and data.equation[1:].all()  # r = 0 only feeds the integral
    torch.testing.assert_close(data.r[1:] / a, torch.tensor([1, 2, 3, 4]).double().sqrt())
    torch.testing.assert_close(data.weight / a**3, torch.tensor([1, 6, 12, 8, 3]).double())
    V = data.lhs[0] / data.amplitude[0]
    expected = resampled_error(data.lhs - V * data.amplitude)
    assert data.error is not None
    torch.testing.assert_close(data.error, expected)
    assert data.reduced_mass == pytest.approx(0.3 * 2000)
    short = lattice_wave_data(correlator, ["wall"], [6], r_max_fm=1.5 * a)
    assert len(short.r) == 3 and lattice_wave_data(small_correlator(0)).error is None


def test_radial_file_gives_the_potential_of_a_known_wave_function() -> None:
    # R = e^{−GAP t} e^{−b r²}: ∇²R/R = 4b²r² − 6b
    r, b = 0.2 * np.arange(1, 120), 0.01
    R = np.exp(-GAP * np.arange(5))[:, None] * np.exp(-b * r**2)
    correlator = RCorrelator(np.arange(5), {"x": R[None]}, 0.6, 0.6, 2000.0, radius=r)
    data = lattice_wave_data(correlator, times=[2])
    time = 2000 * ((2 * np.cosh(GAP) - 2) / 2.4 + np.sinh(GAP))
    expected = time + 2000 / 0.6 * (4 * b**2 * r**2 - 6 * b)
    np.testing.assert_allclose(data.leading_order()[0, 0].numpy(), expected, atol=1e-4)
    # ∫ 4π r² e^{−b r²} dr over the normalised R is the volume
    volume = 4 / 3 * np.pi * (r[-1] * correlator.spacing_fm) ** 3
    assert float((data.weight * data.amplitude[0, 0]).sum()) == pytest.approx(volume, rel=1e-2)


def test_requests_that_the_file_cannot_meet(small_correlator: Make) -> None:
    correlator = small_correlator()
    assert available_times(correlator) == [6, 7] and available_times(correlator, 4) == []
    for call, message in (
        (lambda: kinetic(correlator, "point", 6), "no source 'point'; it holds wall, smeared"),
        (lambda: kinetic(correlator, "wall", 5), "time 5 needs slice 4"),
        (lambda: kinetic(correlator, "wall", 6, Derivatives(3)), "order 2 or 4"),
        (lambda: kinetic(correlator, "wall", 6, Derivatives(2, "spline")), "not for sites"),
        (lambda: lattice_wave_data(correlator, times=[]), "at least one source and one time"),
        (
            lambda: lattice_wave_data(correlator, how=Derivatives(4)),
            "no time has two neighbours on both sides, which its derivative needs; the file holds 5, 6, 7, 8",
        ),
        (lambda: lattice_wave_data(correlator, r_max_fm=9.0), "complete shells end at"),
        (lambda: lattice_wave_data(correlator, r_max_fm=1e-4), "no radius lies within"),
    ):
        with pytest.raises(DataError, match=message):
            call()
