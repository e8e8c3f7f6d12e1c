"""The picture of a prediction beside the volume that was left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from hadronlab.observables.box_picture import MARKERS, axis_label, with_error
from hadronlab.observables.results import Results


def draw_volume(results: Results, figure: Any) -> Any:
    """K R/R of each wave, predicted and measured, and C(t)/C(t0) of each source."""
    if "volume_r" not in results.estimates:
        return None
    with_sum = "volume_t" in results.estimates
    fig, axes = figure(1, 2 if with_sum else 1, figsize=(12 if with_sum else 6.5, 4.6), squeeze=False)
    r = np.asarray(results.estimates["volume_r"].value)
    _beside(axes[0, 0], r, results, "volume_V", line=False)
    tail = np.abs(np.asarray(results.estimates["volume_V_predicted"].value))[:, r > 0.4 * r[-1]]
    reach = 4.0 * float(tail.max()) if tail.size else None
    axes[0, 0].set(xlabel=axis_label("$r$", results.unit("volume_r")), ylabel=axis_label("$K R/R$", results.unit("volume_V_measured")),
                   ylim=None if not reach else (-reach, reach))  # fmt: skip
    if with_sum:
        t = np.asarray(results.estimates["volume_t"].value)
        _beside(axes[0, 1], t, results, "volume_C", line=True)
        axes[0, 1].set(xlabel="$t/a$", ylabel="$C(t)/C(t_0)$", xticks=t)
    for ax in axes[0]:
        ax.axhline(1.0 if ax is not axes[0, 0] else 0.0, color="0.6", lw=1)
        ax.legend()
    return fig


def _beside(ax: Any, x: np.ndarray, results: Results, name: str, line: bool) -> None:
    """A band of what is predicted, points of what is measured, a colour a row."""
    predicted, error = with_error(results, f"{name}_predicted")
    measured, noise = with_error(results, f"{name}_measured")
    for i, row in enumerate(results.estimates[f"{name}_measured"].rows):
        ax.plot(x, predicted[i], "-" if line else ".", color=f"C{i}", ms=3, label=f"predicted, {row}")
        ax.fill_between(x, predicted[i] - error[i], predicted[i] + error[i], color=f"C{i}", alpha=0.22, lw=0)
        ax.errorbar(x + (0.06 * i if line else 0.0), measured[i], noise[i], fmt=MARKERS[i % len(MARKERS)], ms=5 if line else 3,
                    mfc="none", capsize=2, lw=1, color=f"C{i}", label=f"measured, {row}")  # fmt: skip
