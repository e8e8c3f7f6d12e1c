"""Figures of correlation functions: what was fitted to measurements, what a potential predicts, what it depends on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from scipy.interpolate import PchipInterpolator

from hadronlab.data.correlations.correlation_data import CorrelationData, total_covariance
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.results import Results
from hadronlab.physics.constants import HBAR_C
from hadronlab.plotting.correlation import Curve, fits
from hadronlab.plotting.style import COLORS, STROKES, band, figure, limits

DERIVATIVE_FADES = 1e-3  # of its largest


def correlation_fit(result: Results) -> Any:
    """Every measured C(k) with the fit and its band, and the residuals below."""
    shown = list(fitted(result))
    return fits(shown) if shown else None


def fitted(result: Results) -> Iterator[tuple[CorrelationData, Curve]]:
    """The measurements of a run, each with the fit at its momenta; the errors are those of the diagonal of the covariance."""
    for name in result.estimates:
        kind, _, label = name.partition(".")
        if kind != "measured_k":
            continue
        arrays = [
            result.values[f"{array}.{label}".rstrip(".")]
            for array in ("measured_correlation", "measured_error")
        ]
        momentum, value, error = (torch.as_tensor(x) for x in (result.values[name], *arrays))
        none, fit = torch.zeros_like(error), result.estimates[f"fitted_correlation.{label}".rstrip(".")]
        covariance = total_covariance(error, none, "ignored")
        data = CorrelationData(momentum / HBAR_C, value, error, none, covariance, label=label or "measured")
        yield data, _smooth(momentum.numpy(), fit)


def _smooth(momentum: np.ndarray, fit: Estimate) -> Curve:
    """A fit known at the measured momenta, (n,), without corners between them."""
    between = np.linspace(momentum[0], momentum[-1], 300)
    k = np.union1d(momentum, between)
    error = None if fit.error is None else PchipInterpolator(momentum, fit.error)(k)
    return Curve("fit", k, PchipInterpolator(momentum, fit.value)(k), error)


def correlation_function(result: Results) -> Any:
    """C(k) from every source with its band, Lednický–Lyuboshits dashed, and what unmeasured channels may do shaded."""
    arrays = result.values
    if "correlation" not in arrays:
        return None
    k, C = arrays["correlation_k"], result.estimates["correlation"]
    fig, ax = figure(figsize=(7.5, 4.8))
    ax.axhline(1, color=COLORS["light"], lw=1)
    for i, (label, stroke) in enumerate(zip(C.rows, itertools.cycle(STROKES), strict=False)):
        color = stroke["color"]
        band(ax, k, C.value[i], None if C.error is None else C.error[i], color, label, ls="-")
        if "correlation_lednicky" in arrays:
            ax.plot(k, arrays["correlation_lednicky"][i], color=color, ls="--", lw=1.2)
        if "correlation_low" in arrays:
            low, high = (arrays[f"correlation_{end}"][i] for end in ("low", "high"))
            ax.fill_between(k, low, high, color=color, alpha=0.1, lw=0)
    if "correlation_lednicky" in arrays:
        ax.plot([], [], color=COLORS["light"], ls="--", lw=1.2, label="Lednický–Lyuboshits")
    if "correlation_low" in arrays:
        ax.fill_between([], [], color=COLORS["light"], alpha=0.3, lw=0, label="unmeasured channels")
    measured = arrays.get("compared_correlation", np.ones(1))
    if "compared_k" in arrays:
        ax.errorbar(arrays["compared_k"], measured, arrays["compared_error"], fmt="o", ms=4, lw=0, elinewidth=1,
                    color=COLORS["truth"], label="measured")  # fmt: skip
    unit = result.unit("correlation_k") or "$μ$"
    ax.set(xlabel=f"$k^*$ [{unit}]", ylabel="$C(k^*)$", ylim=limits(C.value, 1.0, measured), xlim=(0, None))
    ax.legend()
    return fig


def correlation_derivative(result: Results) -> Any:
    """δC/δV(r): which radii of the potential a correlation function sees."""
    arrays = result.values
    if "correlation_derivative" not in arrays:
        return None
    r, slopes = arrays["correlation_derivative_r"], result.estimates["correlation_derivative"]
    groups: dict[str, list[tuple[str, np.ndarray]]] = {}
    for row, values in zip(slopes.rows, slopes.value, strict=True):
        source, _, momentum = row.rpartition(", ")
        groups.setdefault(source, []).append((momentum, values))
    fig, axes = figure(1, len(groups), figsize=(1.0 + 4.6 * len(groups), 4.2), squeeze=False)
    for ax, (source, curves) in zip(axes[0], groups.items(), strict=True):
        size = np.max(np.abs([values for _, values in curves]), 0)
        seen = r <= r[size > DERIVATIVE_FADES * size.max()].max(initial=r[0])
        ax.axhline(0, color=COLORS["light"], lw=1)
        for (momentum, values), stroke in zip(curves, itertools.cycle(STROKES), strict=False):
            ax.plot(r[seen], values[seen], **stroke, label=momentum)
        ax.set(title=source, xlabel=f"$r$ [{result.unit('correlation_derivative_r') or '$1/μ$'}]")
        ax.legend()
    unit = result.unit("correlation_derivative")
    axes[0, 0].set_ylabel(r"$\delta C/\delta V(r)$" + (f" [{unit}]" if unit else ""))
    return fig


FIGURES: dict[str, Callable[[Results], Any]] = {
    "correlation_fit": correlation_fit,
    "correlation_function": correlation_function,
    "correlation_derivative": correlation_derivative,
}
