"""χ² and ratio of a prediction: 1 where it holds, with errors that know of correlations."""

from __future__ import annotations

import numpy as np
import pytest

from hadronlab.estimates.agreement import agreement
from hadronlab.estimates.estimate import Estimate, Part


def noisy(exact: np.ndarray, source: str, seed: int, bins: int = 500) -> Estimate:
    """A bootstrap of independent errors of 0.1."""
    noise = 0.1 * np.random.default_rng(seed).normal(size=(1 + bins, len(exact)))
    value = exact + noise[0]
    return Estimate(value, parts={source: Part(value + noise[1:], "bootstrap")})


EXACT = np.linspace(1.0, 3.0, 40)


def test_what_agrees() -> None:
    found = agreement(noisy(EXACT, "small", 1), noisy(EXACT, "large", 2))
    assert found.chi2 is not None
    assert found.chi2.error == pytest.approx((2 / 40) ** 0.5, rel=0.06)
    assert abs(found.chi2.value - 1.0) < 4 * found.chi2.error
    assert abs(found.ratio.value - 1.0) < 4 * found.ratio.error
    assert set(found.ratio.parts) == {"small", "large"}
    # σ of Σ m p/Σ p²: 0.1/√Σp² of each volume
    assert found.ratio.error == pytest.approx(0.1 * (2 / np.square(EXACT).sum()) ** 0.5, rel=0.1)


def test_what_differs() -> None:
    found = agreement(noisy(1.2 * EXACT, "small", 1), noisy(EXACT, "large", 2))
    assert found.ratio.value == pytest.approx(1.2, abs=0.03)
    assert found.chi2 is not None and found.chi2.value == pytest.approx(
        1 + np.square(0.2 * EXACT).mean() / 0.02, rel=0.1
    )


def test_points_that_are_correlated_count_once() -> None:
    def twice(one: Estimate) -> Estimate:
        return one.map(lambda x: np.concatenate([x, x]))

    once = agreement(noisy(EXACT, "small", 1), noisy(EXACT, "large", 2))
    again = agreement(twice(noisy(EXACT, "small", 1)), twice(noisy(EXACT, "large", 2)))
    assert once.chi2 is not None and again.chi2 is not None
    assert again.chi2.value == pytest.approx(once.chi2.value, rel=1e-12)
    assert again.chi2.error == pytest.approx(once.chi2.error, rel=1e-12)


def test_of_one_ensemble_the_errors_cancel() -> None:
    one = noisy(EXACT, "small", 1)
    assert agreement(one, one.map(lambda x: 0.9 * x)).ratio.error < 1e-12


def test_without_errors() -> None:
    found = agreement(Estimate(1.5 * EXACT), Estimate(EXACT))
    assert found.ratio.value == pytest.approx(1.5) and found.chi2 is None and found.pull is None
