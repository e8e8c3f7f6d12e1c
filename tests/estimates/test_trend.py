"""How far a falling energy still has to fall."""

import pytest
import torch

from hadronlab.estimates.trend import remaining_descent


def test_remaining_descent_of_one_over_t():
    """E = 5/t: the fall to come from the mean of the last quarter, 20 ln(4/3)/t."""
    t = torch.arange(1, 401, dtype=torch.float64)
    fall, error = remaining_descent(5 / t, torch.full_like(t, 0.1))
    assert fall == pytest.approx(20 * 0.28768 / 400, rel=0.03)
    assert error == pytest.approx(2.45 * (2 * 0.01 / 100) ** 0.5, rel=1e-6)
    assert remaining_descent(5 / t[:30], torch.full_like(t[:30], 0.1))[0] == float("inf")
    flat, _ = remaining_descent(torch.ones(100), torch.ones(100), start=40)
    assert flat == 0
