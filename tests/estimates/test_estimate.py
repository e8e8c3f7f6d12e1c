"""Estimates: errors by resampling against closed forms, functions of them, covariances, and how they are written."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hadronlab.errors import DataError
from hadronlab.estimates.chains import chain_statistics
from hadronlab.estimates.estimate import Estimate, Part, combine
from hadronlab.estimates.resampling import make_bins, resampled_error

RNG = np.random.default_rng(7)
SAMPLES = torch.from_numpy(RNG.normal([1.0, 3.0], [0.2, 0.5], (400, 2)))


@pytest.mark.parametrize("kind", ["jackknife", "bootstrap"])
def test_the_error_is_that_of_the_bins(kind: str) -> None:
    bins = make_bins(SAMPLES, 40, kind)
    found = Estimate.resampled(bins, kind)
    np.testing.assert_allclose(found.error, resampled_error(bins, kind).numpy(), rtol=1e-12)
    np.testing.assert_allclose(found.error, np.array([0.2, 0.5]) / 20, rtol=0.5)  # 4σ of 40 bins
    np.testing.assert_allclose(found.error_of_error / found.error, 1 / np.sqrt(2 * 39), rtol=1e-12)


def test_a_function_goes_through_every_bin() -> None:
    """x² − y of jackknife bins: the delta method to first order, the exact bins beyond it."""
    x, y = (Estimate.resampled(make_bins(SAMPLES[:, i], 40), "jackknife", unit="fm") for i in (0, 1))
    found = combine(lambda a, b: a**2 - b, x, y, unit="fm²")
    assert found.value == pytest.approx(x.value**2 - y.value)
    linear = np.sqrt(4 * x.value**2 * x.error**2 + y.error**2 - 4 * x.value * x.covariance(y)[0, 0])
    assert found.error == pytest.approx(linear, rel=0.01)
    assert x.map(lambda a: 3 * a).error == pytest.approx(3 * x.error)
    assert combine(lambda a, b: a - b, x, x).error == 0.0


def test_independent_parts_add_in_squares_and_do_not_correlate() -> None:
    x = Estimate.resampled(make_bins(SAMPLES[:, 0], 40), "jackknife", "lattice:L48")
    y = Estimate.resampled(make_bins(SAMPLES[:, 1], 20), "jackknife", "lattice:L64")
    total = combine(lambda a, b: a + b, x, y)
    assert total.error == pytest.approx(np.hypot(x.error, y.error))
    assert set(total.parts) == {"lattice:L48", "lattice:L64"} and x.covariance(y)[0, 0] == 0.0
    assert x.covariance(total)[0, 0] == pytest.approx(x.error**2)
    shifted = combine(
        lambda a, b: a + b, total, Estimate(1.0, parts={"cutoff": Part(np.array([1.3]), "systematic")})
    )
    assert shifted.error == pytest.approx(np.hypot(total.error, 0.3))
    assert shifted.as_json()["parts"]["cutoff"] == pytest.approx(0.3)


def test_bins_of_one_name_must_belong_together() -> None:
    x = Estimate.resampled(make_bins(SAMPLES[:, 0], 40), "jackknife")
    for other in (make_bins(SAMPLES[:, 1], 20), make_bins(SAMPLES[:, 1], 40, "bootstrap")):
        y = Estimate.resampled(other, "jackknife" if len(other) == 21 else "bootstrap")
        with pytest.raises(DataError, match="name the sources apart"):
            combine(lambda a, b: a + b, x, y)
        with pytest.raises(DataError, match="name the sources apart"):
            x.covariance(y)


def test_bins_without_a_value_are_left_out() -> None:
    bins = make_bins(SAMPLES[:, 0], 40)
    bins[[3, 17]] = torch.nan
    found = Estimate.resampled(bins, "jackknife")
    whole = bins[~torch.isnan(bins)]
    assert found.error == pytest.approx(float(resampled_error(whole)))
    assert found.covariance(found)[0, 0] == pytest.approx(found.error**2)
    assert np.isnan(Estimate.resampled(torch.full((5,), torch.nan), "jackknife").error)


def test_the_reciprocal_has_an_interval_or_none() -> None:
    regular = Estimate.quoted(0.5, 0.1, "fm⁻¹").reciprocal("fm")
    assert regular.value == 2.0 and regular.interval == pytest.approx((1 / 0.6, 1 / 0.4))
    assert regular.as_json()["interval"] == pytest.approx([1 / 0.6, 1 / 0.4])
    negative = Estimate.quoted(-0.5, 0.1).reciprocal()
    assert negative.interval == pytest.approx((-1 / 0.4, -1 / 0.6))
    pole = Estimate.quoted(0.05, 0.1).reciprocal("fm")
    assert pole.interval is None and pole.error is None and pole.as_json() == {"value": 20.0, "unit": "fm"}
    assert str(Estimate.quoted(0.0, 0.1).reciprocal("fm")) == "none fm"


def test_chains_keep_their_error_and_their_covariance() -> None:
    """An autoregressive chain: the error knows τ, and a function of two observables their correlation."""
    noise = torch.from_numpy(RNG.normal(size=(500, 64)))
    chain = torch.zeros_like(noise)
    for step in range(1, 500):
        chain[step] = 0.8 * chain[step - 1] + noise[step]
    chain = chain[50:]
    found, twin = Estimate.of_chains(chain), Estimate.of_chains(3.0 - chain)
    assert found.error == pytest.approx(chain_statistics(chain).error, rel=1e-12)
    assert combine(lambda a, b: a + b, found, twin).error < 1e-12
    exact = (1 / (1 - 0.8) ** 2 / chain.numel()) ** 0.5
    assert found.error == pytest.approx(exact, rel=0.35)
    assert Estimate.of_chains(torch.full((10, 64), 2.0)).error is None
    few = Estimate.of_chains(chain[:, :2])
    assert few.error == pytest.approx(chain_statistics(chain[:, :2]).error, rel=1e-12)


def test_the_error_of_an_error() -> None:
    """Spread of jackknife errors over independent data against what one of them says."""
    errors, told = [], []
    for _ in range(300):
        one = Estimate.resampled(make_bins(torch.from_numpy(RNG.normal(size=(200,))), 20), "jackknife")
        errors.append(one.error)
        told.append(one.error_of_error)
    assert np.mean(told) == pytest.approx(np.std(errors), rel=0.15)  # of 300: 4 %, and 19 degrees of freedom


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate.quoted(1.57123, 0.0123, "fm"), "1.571(12) fm"),
        (
            Estimate.quoted(1.57123, 0.0996, "fm"),
            "1.57(10) fm",
        ),  # two digits of the error, rounded up to a third
        (Estimate.quoted(-15.3, 9.96, "MeV"), "-15(10) MeV"),
        (Estimate.quoted(1234.0, 56.0), "1234(56)"),
        (Estimate(0.5, "deg"), "0.5 deg"),
        (Estimate.quoted(0.5, 0.0), "0.5"),
        (Estimate(3.0), "3"),
        (Estimate.quoted(float("nan"), 0.1, "MeV"), "none MeV"),
    ],
)
def test_two_digits_of_the_error(estimate: Estimate, text: str) -> None:
    assert str(estimate) == text


def test_rows_must_fit() -> None:
    with pytest.raises(DataError, match="2 names of rows"):
        Estimate(np.ones(3), rows=("a", "b"))
