"""Free waves of any l against Bessel functions and quadrature."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.special import spherical_jn, spherical_yn

from hadronlab.physics.scattering.free_waves import OutgoingWaves

RADIUS = 3.0
MOMENTA = np.array([1e-3, 0.3, 2.0, 9.0])


def bessel(degree: int, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """G + iF and its derivative, from spherical Bessel functions."""
    value = -spherical_yn(degree, x) + 1j * spherical_jn(degree, x)
    slope = -spherical_yn(degree, x, True) + 1j * spherical_jn(degree, x, True)
    return x * value, value + x * slope


@pytest.mark.parametrize("degree", [0, 1, 2, 4])
def test_open_channels(degree: int) -> None:
    waves = OutgoingWaves(torch.tensor(MOMENTA, dtype=torch.complex128)[:, None], RADIUS, [degree])
    value, slope = bessel(degree, MOMENTA * RADIUS)
    np.testing.assert_allclose(waves.value[:, 0], value, rtol=1e-12)
    np.testing.assert_allclose(waves.slope[:, 0], MOMENTA * slope / value, rtol=1e-12)


@pytest.mark.parametrize("degree", [0, 1, 3, 5])
def test_the_angle_has_its_turns(degree: int) -> None:
    """It climbs from 0 without a jump, and its tangent is F/G."""
    k = torch.linspace(1e-4, 12.0, 900, dtype=torch.float64)
    waves = OutgoingWaves(k.to(torch.complex128)[:, None], RADIUS, [degree])
    angle = waves.angle[:, 0]
    assert abs(float(angle[0])) < 1e-3
    assert 0 < float(angle.diff().max()) < 0.1 and float(angle.diff().min()) > -1e-12
    turned = torch.exp(1j * angle) / (waves.value[:, 0] / waves.value[:, 0].abs())
    torch.testing.assert_close(turned, torch.ones_like(turned), atol=1e-11, rtol=0)


@pytest.mark.parametrize("kappa", [0.02, 0.4, 5.0])
@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_closed_channels(degree: int, kappa: float) -> None:
    """The wave is real up to (−i)^l and decays; its norm and r² are those of a quadrature."""
    waves = OutgoingWaves(torch.tensor([[1j * kappa]], dtype=torch.complex128), RADIUS, [degree])

    def decaying(r: float) -> float:
        value = OutgoingWaves(torch.tensor([[1j * kappa]], dtype=torch.complex128), r, [degree]).value[0, 0]
        return float((1j**degree * value).real)

    assert float((1j**degree * waves.value).imag) == 0.0
    step = 1e-5
    derivative = (decaying(RADIUS + step) - decaying(RADIUS - step)) / (2 * step)
    assert float(waves.slope.real) == pytest.approx(derivative / decaying(RADIUS), rel=1e-8)
    norm = quad(lambda r: (decaying(r) / decaying(RADIUS)) ** 2, RADIUS, np.inf)[0]
    assert float(waves.norm.real) == pytest.approx(norm, rel=1e-6)
    r, weight, relative = waves.beyond()
    assert float((weight * relative**2).sum()) == pytest.approx(float(waves.norm.real), rel=1e-12)
    square = quad(lambda r: (r * decaying(r) / decaying(RADIUS)) ** 2, RADIUS, np.inf)[0]
    assert float((weight * (r * relative) ** 2).sum()) == pytest.approx(square, rel=1e-6)


def test_at_threshold() -> None:
    waves = OutgoingWaves(torch.zeros(1, 3, dtype=torch.complex128), RADIUS, [0, 1, 2])
    assert waves.slope.real.tolist() == [[0.0, -1.0 / RADIUS, -2.0 / RADIUS]]
    assert waves.norm.real[0, 1:].tolist() == pytest.approx([RADIUS, RADIUS / 3])  # ∫ (a/r)^{2l} dr


def test_the_norm_is_the_slope_of_the_slope() -> None:
    k = torch.tensor([[0.7 - 0.2j, 0.7 - 0.2j, 0.7 - 0.2j]], dtype=torch.complex128)
    step = 1e-6
    up, down = (OutgoingWaves(k + s, RADIUS, [0, 1, 3]).slope for s in (step, -step))
    by_k_squared = (up - down) / (2 * step) / (2 * k)
    torch.testing.assert_close(OutgoingWaves(k, RADIUS, [0, 1, 3]).norm, by_k_squared, rtol=1e-7, atol=0)
