"""The figure of a measured correlation function."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hadronlab.api import read_correlation
from hadronlab.data.correlations.correlation_data import CorrelationData
from hadronlab.plotting.correlation import Curve, correlation_function, residuals
from hadronlab.plotting.style import save

PP, LAMBDA = read_correlation("star_pp_2015"), read_correlation("star_lambdalambda_2015")
K = np.linspace(10.0, 300.0, 59)
CURVE = Curve("fit", K, 1 + 0.002 * K, 0.01 + 0 * K)


def in_bins(data: CorrelationData) -> CorrelationData:
    return replace(data, edges=torch.stack([data.k - 0.005, data.k + 0.005], dim=1))


@pytest.mark.parametrize(("data", "curves"), [
    (PP, ()), (LAMBDA, [CURVE]), (in_bins(LAMBDA), [CURVE, replace(CURVE, label="no band", error=None)]),
    ([PP, in_bins(LAMBDA)], [CURVE, CURVE]), ([PP, LAMBDA], [CURVE]), ([PP] * 8, [CURVE] * 8),
])  # fmt: skip
def test_what_is_drawn(data: Any, curves: list[Curve], tmp_path: Path) -> None:
    figure = correlation_function(data, curves)
    measured = [data] if isinstance(data, CorrelationData) else data
    top, *below = figure.axes
    assert len(top.get_legend().get_texts()) == len(measured) + len(curves)
    assert len(below) == bool(curves)
    assert save(figure, tmp_path / "c.png").stat().st_size > 1000
    for axes in below:
        expected = [
            residuals(measured[at if len(measured) == len(curves) else 0], c) for at, c in enumerate(curves)
        ]
        for line, pull in zip(axes.lines, expected, strict=True):
            np.testing.assert_array_equal(line.get_ydata(), pull)


def test_residuals_are_those_of_the_points_that_a_curve_covers() -> None:
    pull = residuals(LAMBDA, CURVE)
    assert np.isnan(pull[0]) and np.isfinite(pull[1:]).all()  # 5 MeV/c lies below the curve
    expected = (LAMBDA.value - 1 - 0.002 * LAMBDA.momentum) / (LAMBDA.error**2 + LAMBDA.systematic**2).sqrt()
    np.testing.assert_allclose(pull[1:], expected[1:], rtol=1e-11)  # a straight line is interpolated exactly


def test_a_point_with_a_huge_error_does_not_set_the_scale() -> None:
    error = PP.error.clone()
    error[0] = 100.0
    low, high = correlation_function(replace(PP, error=error)).axes[0].get_ylim()
    assert 0.5 < low < 1 < high < 1.5
