"""Figures of C(k): fits, predictions, derivatives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.observables.results import Results
from hadronlab.plotting.femtoscopy import FIGURES, fitted
from hadronlab.plotting.style import save

K = np.linspace(10.0, 290.0, 15)


def with_bins(values: np.ndarray, **about: object) -> Estimate:
    return Estimate(values, parts={"femtoscopy": Part((1.02 * values)[None], "systematic")}, **about)  # type: ignore[arg-type]


def fit(*labels: str) -> Results:
    result = Results()
    for i, label in enumerate(labels):
        tag = f".{label}" if label else ""
        C = 1 + 20 / K + 0.1 * i
        result.estimates |= {
            f"measured_k{tag}": Estimate(K, "MeV/c"),
            f"measured_correlation{tag}": Estimate(C + 0.05 * (-1.0) ** np.arange(15)),
            f"measured_error{tag}": Estimate(0.05 + 0 * K),
            f"fitted_correlation{tag}": with_bins(C),
        }
    return result


@pytest.mark.parametrize("labels", [("",), ("R1", "c.of.two_2015")])
def test_every_measurement_with_its_fit_and_pulls(labels: tuple[str, ...], tmp_path: Path) -> None:
    result = fit(*labels)
    figure = FIGURES["correlation_fit"](result)
    assert len(figure.axes) == 2 * len(labels)
    for pulls in figure.axes[len(labels) :]:
        np.testing.assert_allclose(np.abs(pulls.get_lines()[0].get_ydata()), 1.0, rtol=1e-6)
    for label, (data, curve) in zip(labels, fitted(result), strict=True):
        assert data.label == (label or "measured")
        at = np.searchsorted(curve.momentum, K)
        tag = f".{label}" if label else ""
        np.testing.assert_allclose(curve.value[at], result.values[f"fitted_correlation{tag}"], rtol=1e-12)
        assert curve.error is not None and (curve.error > 0).all()
    assert save(figure, tmp_path / "fit.png").stat().st_size > 5000


def prediction(beside: bool) -> Results:
    rows, C = ("R = 1 fm", "halo"), np.stack([1 + 30 / K, 1 + 10 / K])
    result = Results({"correlation_k": Estimate(K, "MeV/c"), "correlation": with_bins(C, rows=rows)})
    if beside:
        result.estimates |= {"correlation_lednicky": Estimate(0.9 * C, rows=rows), "correlation_low": Estimate(0.8 * C),
                             "correlation_high": Estimate(1.2 * C), "compared_k": Estimate(K),
                             "compared_correlation": Estimate(C[0]), "compared_error": Estimate(0.1 * C[0])}  # fmt: skip
    return result


@pytest.mark.parametrize(("beside", "told"), [
    (True, ["R = 1 fm", "halo", "Lednický–Lyuboshits", "unmeasured channels", "measured"]), (False, ["R = 1 fm", "halo"]),
])  # fmt: skip
def test_what_is_predicted(beside: bool, told: list[str], tmp_path: Path) -> None:
    figure = FIGURES["correlation_function"](prediction(beside))
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == told
    low, high = axes.get_ylim()
    assert low < 1 < 4 < high
    assert save(figure, tmp_path / "c.png").stat().st_size > 5000


def test_the_derivative_has_a_panel_a_source(tmp_path: Path) -> None:
    r = np.linspace(0.01, 12, 90)
    rows = tuple(f"{source}, k = {k} MeV/c" for source in ("R = 1 fm", "halo") for k in (20, 100))
    slopes = np.stack([size * r**2 * np.exp(-(r**2)) for size in (1.0, 0.3, 0.5, 0.1)])
    result = Results({"correlation_derivative_r": Estimate(r, "fm"),
                      "correlation_derivative": Estimate(slopes, "MeV⁻¹ fm⁻¹", rows=rows)})  # fmt: skip
    figure = FIGURES["correlation_derivative"](result)
    assert [axes.get_title() for axes in figure.axes] == ["R = 1 fm", "halo"]
    for axes in figure.axes:
        assert [text.get_text() for text in axes.get_legend().get_texts()] == [
            "k = 20 MeV/c",
            "k = 100 MeV/c",
        ]
        assert axes.get_lines()[1].get_xdata()[-1] < 4  # not the whole mesh
    assert save(figure, tmp_path / "d.png").stat().st_size > 5000


def test_a_run_without_correlations_has_none_of_them() -> None:
    assert all(draw(Results({"r": Estimate(K)})) is None for draw in FIGURES.values())
