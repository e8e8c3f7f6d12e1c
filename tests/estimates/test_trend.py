"""How far a falling energy still has to fall, and its slope against the variance."""

import math

import pytest
import torch

from hadronlab.estimates.trend import remaining_descent, slope_in_variance


def test_remaining_descent_of_one_over_t():
    """E = 5/t: the fall to come from the mean of the last quarter, 20 ln(4/3)/t."""
    t = torch.arange(1, 401, dtype=torch.float64)
    fall, error = remaining_descent(5 / t, torch.full_like(t, 0.1))
    assert fall == pytest.approx(20 * 0.28768 / 400, rel=0.03)
    assert error == pytest.approx(2.45 * (2 * 0.01 / 100) ** 0.5, rel=1e-6)
    assert remaining_descent(5 / t[:30], torch.full_like(t[:30], 0.1))[0] == float("inf")
    flat, _ = remaining_descent(torch.ones(100), torch.ones(100), start=40)
    assert flat == 0


def test_slope_in_variance():
    """E = 1 + σ²/8 with noise: the slope within three errors, and an error that says so; one outlier makes it small, not large."""
    generator = torch.Generator().manual_seed(3)
    noise = [torch.randn(400, generator=generator, dtype=torch.float64) for _ in range(2)]
    variance = 40 / torch.arange(1, 401, dtype=torch.float64)
    energy, error = 1 + variance / 8 + 0.002 * noise[0], torch.full_like(variance, 0.002)
    slope, uncertain = slope_in_variance(energy, error, variance * (1 + 0.01 * noise[1]))
    assert abs(slope - 1 / 8) < 3 * uncertain and uncertain < 0.01
    spoiled = variance.clone()
    spoiled[300] = 1e3
    assert abs(slope_in_variance(energy, error, spoiled)[0]) < 1 / 8
    assert math.isnan(slope_in_variance(energy[:40], error[:40], variance[:40])[0])
