"""Estimates to gvar and pyerrors and back: values, errors, and what two of them share."""

from __future__ import annotations

import numpy as np
import pytest

from hadronlab.errors import ConfigError
from hadronlab.estimates import exchange
from hadronlab.estimates.estimate import Estimate, Part

RANDOM = np.random.default_rng(1)
BINS = RANDOM.normal(size=20)


def estimates() -> dict[str, Estimate]:
    """Two that share an ensemble, one of them an array with a second source of uncertainty."""
    shared = 0.1 * np.stack([BINS, BINS + RANDOM.normal(size=20), RANDOM.normal(size=20)], 1)
    other = 0.2 * RANDOM.normal(size=(12, 3))
    value = np.array([1.0, -2.0, 0.5])
    return {
        "a": Estimate(3.0, "fm", {"lattice:L48": Part(3.0 + 0.1 * (BINS - BINS.mean()), "jackknife")}),
        "b": Estimate(value, "MeV", {"lattice:L48": Part(value + shared - shared.mean(0), "jackknife"),
                                     "femtoscopy": Part(value + other - other.mean(0), "bootstrap")}),
    }  # fmt: skip


def assert_same(found: dict[str, Estimate], expected: dict[str, Estimate]) -> None:
    for name, one in expected.items():
        np.testing.assert_allclose(found[name].value, one.value, rtol=1e-12)
        np.testing.assert_allclose(found[name].error, one.error, rtol=1e-9)
        for other, two in expected.items():
            np.testing.assert_allclose(
                found[name].covariance(found[other]), one.covariance(two), rtol=1e-7, atol=1e-12
            )


def test_gvar_and_back() -> None:
    gvar = pytest.importorskip("gvar")
    ours = estimates()
    theirs = exchange.to_gvar(ours)
    assert gvar.sdev(theirs["a"]) == pytest.approx(ours["a"].error, rel=1e-9)
    np.testing.assert_allclose(gvar.sdev(theirs["b"]), ours["b"].error, rtol=1e-9)
    difference = theirs["b"][0] - theirs["a"]  # the shared ensemble cancels in part
    expected = ours["a"].error ** 2 + ours["b"].error[0] ** 2 - 2 * ours["a"].covariance(ours["b"])[0, 0]
    assert gvar.sdev(difference) ** 2 == pytest.approx(expected, rel=1e-9)
    assert_same(exchange.from_gvar(theirs), ours)


def test_pyerrors_and_back() -> None:
    pytest.importorskip("pyerrors")
    ours = estimates()
    theirs = exchange.to_pyerrors(ours)
    for name, one in ours.items():
        for obs, value, error in zip(
            np.ravel(theirs[name]), np.ravel(one.value), np.ravel(one.error), strict=True
        ):
            obs.gamma_method(S=0)  # no autocorrelation: the bins are independent
            assert obs.value == pytest.approx(value, rel=1e-12)
            assert obs.dvalue == pytest.approx(error, rel=1e-9)
    assert sorted(theirs["b"][0].names) == ["femtoscopy", "lattice:L48"]
    difference = theirs["b"][0] - theirs["a"]
    difference.gamma_method(S=0)
    expected = ours["a"].error ** 2 + ours["b"].error[0] ** 2 - 2 * ours["a"].covariance(ours["b"])[0, 0]
    assert difference.dvalue**2 == pytest.approx(expected, rel=1e-9)


def test_the_autocorrelation_that_pyerrors_finds_is_kept() -> None:
    pe = pytest.importorskip("pyerrors")
    noise, chain = np.random.default_rng(2).normal(size=4000), [0.0]
    for step in noise:
        chain.append(0.9 * chain[-1] + step)
    obs = pe.Obs([np.array(chain[1:])], ["ensemble"])
    found = exchange.from_pyerrors({"x": obs})["x"]
    assert found.value == pytest.approx(obs.value) and found.error == pytest.approx(obs.dvalue, rel=1e-9)
    assert found.error > 2 * np.std(chain) / 4000**0.5  # τ of 0.9 is 9.5
    given = exchange.from_pyerrors(
        {"y": pe.cov_Obs([1.0, 2.0], [[0.04, 0.01], [0.01, 0.09]], "renormalisation")}
    )
    np.testing.assert_allclose(given["y"].covariance(given["y"]), [[0.04, 0.01], [0.01, 0.09]], rtol=1e-9)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(exchange, "import_module", missing)
    with pytest.raises(ConfigError, match=r"gvar is not installed: pip install hadronlab\[gvar\]"):
        exchange.to_gvar(estimates())


@pytest.mark.parametrize("library", ["gvar", "pyerrors"])
def test_an_interval_without_bins_is_refused(library: str) -> None:
    """It would go without an error."""
    pytest.importorskip(library)
    length = Estimate(
        -1.0, "fm⁻¹", {"lattice": Part(-1.0 + 0.1 * (BINS - BINS.mean()), "jackknife")}
    ).reciprocal("fm")
    with pytest.raises(
        ConfigError, match="scattering_length has an interval and no bins: hand over its inverse"
    ):
        getattr(exchange, f"to_{library}")({"scattering_length": length})
