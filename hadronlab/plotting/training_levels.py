"""The levels of several states against the step of their training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hadronlab.observables.results import Results
from hadronlab.plotting.few_body import hadrons
from hadronlab.plotting.style import COLORS, STROKES, figure

FINALLY = 0.4  # of the steps, which the axis shows in full


def training_levels(result: Results) -> Any:
    """Running means of all levels, their final values at the end, and the thresholds among them as dashed lines."""
    if "training_levels" not in result.estimates or result.values["training_levels"].shape[1] < 20:
        return None
    levels, unit = result.values["training_levels"], result.unit("training_levels")
    steps = np.arange(1, levels.shape[1] + 1)
    width = max(5, len(steps) // 40)
    fig, ax = figure(figsize=(8.4, 5.0))
    finals = [result.scalars[f"energy.{k}"] for k in range(len(levels))]
    late = levels[:, -int(FINALLY * len(steps)) :]
    low, high = float(min(late.min(), finals[0].value)), float(max(np.quantile(late, 0.99), finals[-1].value))
    room = 0.12 * max(high - low, 1e-4 * abs(high))
    for k, (level, final) in enumerate(zip(levels, finals, strict=True)):
        color = STROKES[k % len(STROKES)]["color"]
        mean = np.convolve(level, np.ones(width) / width, "valid")
        ax.plot(steps, level, color=color, lw=0.6, alpha=0.35)
        ax.plot(steps[width // 2 : width // 2 + len(mean)], mean, color=color, lw=1.6)
        ax.errorbar(
            [steps[-1] * 1.03], [final.value], [final.error or 0.0], fmt="o", ms=5, capsize=3, color=color
        )
        about = f"  {final.name}" if final.name else ""
        ax.annotate(f"{final}{about}", (steps[-1] * 1.03, final.value), xytext=(-4, 9), textcoords="offset points",
                    ha="right", fontsize=10, color=color)  # fmt: skip
    known = result.estimates.get("thresholds")
    for energy, name in [] if known is None else zip(known.value, known.rows, strict=True):
        if low - room < energy < high + room:
            ax.axhline(energy, color=COLORS["local"], ls="--", lw=1.2, zorder=1)
            ax.annotate(hadrons(name), (0, energy), xytext=(4, 3), textcoords="offset points", fontsize=9, color=COLORS["local"])  # fmt: skip
    ax.set(
        xlim=(0, steps[-1] * 1.07),
        ylim=(low - room, high + 2 * room),
        xlabel="optimiser step",
        ylabel=f"energy [{unit}]",
    )
    ax.ticklabel_format(axis="y", useOffset=False)
    return fig


FIGURES: dict[str, Callable[[Results], Any]] = {"training_levels": training_levels}
