"""The radial Laplacian against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from hadronlab.data.radial import finite_difference_weights, radial_laplacian, radial_slope
from hadronlab.errors import DataError

UNIFORM = 0.2 * np.arange(1, 200)
UNEVEN = UNIFORM + 0.03 * np.sin(UNIFORM)


def test_weights_of_the_textbook() -> None:
    weights = finite_difference_weights(np.arange(-2.0, 3.0), 0.0, 2)
    np.testing.assert_allclose(weights, [-1 / 12, 4 / 3, -5 / 2, 4 / 3, -1 / 12], atol=1e-13)


@pytest.mark.parametrize("r", [UNIFORM, UNEVEN], ids=["uniform", "uneven"])
@pytest.mark.parametrize(("method", "tolerance"), [("differences", 2e-7), ("spline", 2e-3)])
def test_gaussian(r: np.ndarray, method: str, tolerance: float) -> None:
    f = np.exp(-0.1 * r**2)
    exact = (0.04 * r**2 - 0.6) * f
    both = radial_laplacian(np.stack([f, 2 * f]), r, method)
    np.testing.assert_allclose(both[0], exact, atol=tolerance)
    np.testing.assert_allclose(both[1], 2 * exact, atol=2 * tolerance)


def test_even_polynomial_is_exact_to_the_outer_edge() -> None:
    r = 0.3 * np.arange(1, 15)
    np.testing.assert_allclose(radial_laplacian(r**6, r), 42 * r**4, rtol=1e-8, atol=1e-9)


def test_too_few_radii_and_unknown_method() -> None:
    with pytest.raises(DataError, match="need 9 radii"):
        radial_laplacian(np.ones(5), np.arange(1.0, 6.0))
    with pytest.raises(DataError, match="differences, spline"):
        radial_laplacian(np.ones(20), np.arange(1.0, 21.0), "magic")


@pytest.mark.parametrize("r", [UNIFORM, UNEVEN], ids=["uniform", "uneven"])
@pytest.mark.parametrize(("method", "tolerance"), [("differences", 2e-7), ("spline", 2e-4)])
def test_slope_of_a_gaussian(r: np.ndarray, method: str, tolerance: float) -> None:
    f = np.exp(-0.1 * r**2)
    np.testing.assert_allclose(radial_slope(np.stack([f, 2 * f]), r, method)[1], -0.4 * r * f, atol=tolerance)
