"""A measured correlation function, what was fitted to it, and what is left over."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hadronlab.data.correlations.correlation_data import CorrelationData
from hadronlab.plotting.style import COLORS, STROKES, band, figure, limits

FAR = 3.0  # σ: residuals are shown to here at least
MARKERS = "os^Dv"


@dataclass(frozen=True, eq=False)
class Curve:
    """A line C(k*): momentum (m,) MeV/c, increasing; value (m,); error (m,), the half width of its band, or None."""

    label: str
    momentum: np.ndarray
    value: np.ndarray
    error: np.ndarray | None = None


def correlation_function(
    data: CorrelationData | Sequence[CorrelationData], curves: Sequence[Curve] = ()
) -> Any:
    """C(k*) of one or several measurements with `curves`, and below them the residuals of the curves.

    Bars are statistical errors, boxes systematic ones. A residual is (C − curve) over the square root of the diagonal of
    the covariance, at the points that the curve covers, where it is interpolated: give a curve at the points for exact
    residuals. With as many curves as measurements each has its own, else the curves are drawn against the first.
    """
    fig, axes = _axes(1, bool(curves))
    _column(axes[:, 0], [data] if isinstance(data, CorrelationData) else list(data), curves)
    return fig


def fits(fitted: Sequence[tuple[CorrelationData, Curve]]) -> Any:
    """Several measurements beside each other, each with the curve that was fitted to it and the residuals below."""
    fig, axes = _axes(len(fitted), True)
    for column, (data, curve) in zip(axes.T, fitted, strict=True):
        _column(column, [data], [curve])
    return fig


def _axes(columns: int, with_residuals: bool) -> tuple[Any, Any]:
    """A figure and its axes (rows, columns)."""
    rows, height = (2, 5.8) if with_residuals else (1, 4.2)
    return figure(rows, columns, figsize=(1.0 + 6.0 * columns, height), sharex="col", squeeze=False,
                  gridspec_kw={"height_ratios": (3, 1)} if with_residuals else None)  # fmt: skip


def _column(axes: Any, measured: Sequence[CorrelationData], curves: Sequence[Curve]) -> None:
    """C(k*) on the first of the axes, residuals on the second where there are curves."""
    top = axes[0]
    top.axhline(1, color=COLORS["light"], lw=1)
    for one, marker, color in zip(measured, itertools.cycle(MARKERS), _colors(len(measured)), strict=False):
        _points(top, one, marker, color)
    for curve, stroke in zip(curves, itertools.cycle(STROKES), strict=False):
        band(top, curve.momentum, curve.value, curve.error, label=curve.label, **stroke)
    top.set(ylabel="$C(k^*)$", ylim=limits(*(_extent(one) for one in measured), 1.0))
    top.legend()
    if curves:
        pairs = (
            zip(measured, curves, strict=True)
            if len(measured) == len(curves)
            else ((measured[0], c) for c in curves)
        )
        axes[1].axhspan(-1, 1, color=COLORS["light"], alpha=0.25, lw=0)
        pulls = [(one.momentum.numpy(), residuals(one, curve)) for one, curve in pairs]
        for (momentum, pull), stroke, marker in zip(
            pulls, itertools.cycle(STROKES), itertools.cycle(MARKERS), strict=False
        ):
            axes[1].plot(momentum, pull, marker, ms=4, mfc="none", color=stroke["color"])
        low, high = limits(*(pull for _, pull in pulls))
        axes[1].set(ylabel=r"residual [$\sigma$]", ylim=(min(low, -FAR), max(high, FAR)))
    axes[-1].set(xlabel="$k^*$ [MeV/c]", xlim=(0, None))


def residuals(data: CorrelationData, curve: Curve) -> np.ndarray:
    """(C − curve)/σ (n,), σ² the diagonal of the covariance; nan where the curve does not reach."""
    expected = np.interp(data.momentum.numpy(), curve.momentum, curve.value, left=np.nan, right=np.nan)
    return (data.value.numpy() - expected) / data.covariance.diagonal().sqrt().numpy()


def _points(axes: Any, data: CorrelationData, marker: str, color: str) -> None:
    k, value, systematic = data.momentum.numpy(), data.value.numpy(), data.systematic.numpy()
    half = None
    if data.edges is not None:
        edges = data.edges.numpy() * (k / data.k.numpy())[:, None]
        half = np.stack([k - edges[:, 0], edges[:, 1] - k])
    axes.errorbar(
        k,
        value,
        data.error.numpy(),
        half,
        fmt=marker,
        ms=4,
        color=color,
        elinewidth=1,
        lw=0,
        label=data.label,
        zorder=3,
    )
    if systematic.any():
        width = 0.6 * np.gradient(k) if half is None else half.sum(0)
        left = k - width / 2 if half is None else k - half[0]
        axes.bar(
            left,
            2 * systematic,
            width,
            value - systematic,
            align="edge",
            color=color,
            alpha=0.18,
            lw=0,
            zorder=1,
        )


def _extent(data: CorrelationData) -> np.ndarray:
    """What the axis must hold: the points with their errors, those without much weight apart."""
    value, error = data.value.numpy(), np.maximum(data.error.numpy(), data.systematic.numpy())
    shown = error <= 4 * np.median(error)
    return np.concatenate([value, (value - error)[shown], (value + error)[shown]])


def _colors(number: int) -> list[str]:
    """Black for one measurement; the colours of the curves where several have one each."""
    return (
        [COLORS["truth"]]
        if number == 1
        else [stroke["color"] for _, stroke in zip(range(number), itertools.cycle(STROKES), strict=False)]
    )
