"""Weights of an information criterion: what they do not depend on, and the error of a choice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hadronlab.errors import ConfigError, DataError
from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.estimates.model_average import MODELS, Candidate, model_average, weights


def candidate(
    value: float, chi2: float, points: float = 100.0, effective: float = 10.0, parameters: float = 3.0
) -> Candidate:
    bins = value + 0.1 * np.random.default_rng(0).normal(size=20)
    estimate = Estimate(value, "fm", {"lattice": Part(bins - bins.mean() + value, "jackknife")})
    return Candidate(f"{value}", estimate, chi2, points, effective, parameters)


def test_weights() -> None:
    first, second = candidate(1.0, 50.0), candidate(2.0, 70.0)
    p = weights([first, second])
    assert p[0] / p[1] == pytest.approx(
        np.exp(0.5 * 0.1 * 20.0), rel=1e-12
    )  # Δχ² of correlated points, by n_eff/n
    assert weights([first, replace(first, parameters=4.0)])[1] == pytest.approx(1 / (1 + np.e), rel=1e-12)
    cut = replace(
        first, chi2=45.0, points=90.0, effective_points=9.0
    )  # a tenth of the points left out, χ² in proportion
    assert weights([first, cut])[0] / weights([first, cut])[1] == pytest.approx(
        np.exp(0.5 * (2.0 - 0.5)), rel=1e-12
    )


def test_a_denser_grid_does_not_change_the_weights() -> None:
    some = [candidate(1.0, 50.0), candidate(2.0, 70.0), candidate(3.0, 52.0, points=80.0, effective=8.0)]
    dense = [
        replace(one, chi2=2 * one.chi2, points=2 * one.points) for one in some
    ]  # as many independent points as before
    np.testing.assert_allclose(weights(dense), weights(some), rtol=1e-12)


def test_the_error_of_the_choice_is_a_part() -> None:
    some = [candidate(1.0, 50.0), candidate(2.0, 50.0)]
    found = model_average(some).estimate
    assert found.value == pytest.approx(1.5) and set(found.parts) == {"lattice", MODELS}
    assert float(np.sqrt(found.parts[MODELS].variance(found.value))) == pytest.approx(0.5)  # Σ p (a − ā)²
    statistical = some[0].estimate.error  # the bins of both move together
    assert found.error == pytest.approx((statistical**2 + 0.25) ** 0.5, rel=1e-9)
    alone = model_average(some[:1]).estimate
    assert alone.error == pytest.approx(statistical) and MODELS not in alone.parts


def test_the_choice_is_correlated_between_observables() -> None:
    some = [candidate(1.0, 50.0), candidate(2.0, 50.0)]
    twice = [replace(one, estimate=one.estimate.map(lambda x: 2 * x, unit="fm")) for one in some]
    a, b = model_average(some).estimate, model_average(twice).estimate
    assert float(a.covariance(b)[0, 0]) == pytest.approx(2 * a.error**2, rel=1e-9)


def test_mistakes() -> None:
    with pytest.raises(ConfigError, match="nothing to average"):
        weights([])
    other = candidate(1.0, 1.0)
    with pytest.raises(DataError, match="different units"):
        model_average([other, replace(other, estimate=Estimate(1.0, "MeV"))])
