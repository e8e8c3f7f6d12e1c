"""k cot δ of levels in boxes, on the curves along which a level of each box must lie, with an effective-range fit."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from hadronlab.observables.effective_range_fit import EffectiveRange
from hadronlab.observables.level_analysis import LevelAnalysis
from hadronlab.observables.luescher import MeasuredLevel, MeasuredLevels
from hadronlab.physics.finite_volume.luescher import Frame
from hadronlab.plotting.style import COLORS, DASHES, band, figure, limits

MARKERS = "os^DvP*X"
ALONG = 60  # points of a curve between two free levels
BESIDE = 1e-3  # (2π/L)²: how near to a free level a curve is drawn


def luescher(analysis: LevelAnalysis) -> Any:
    """A point a level, its error along the curve of its box; curves by box and frame; the fit with its band; −κ of bound states."""
    levels, fit = analysis.levels, analysis.fit
    fig, ax = figure(figsize=(9, 5))
    k2 = np.array([p.k2.value for p in levels.points])
    errors = np.array([p.k2.error or 0.0 for p in levels.points])
    low, high = min(float((k2 - errors).min()), 0.0), max(float((k2 + errors).max()), 0.0)
    low, high = low - 0.12 * (high - low), high + 0.08 * (high - low)
    boxes = list(dict.fromkeys(p.frame for p in levels.points))
    drawn = [p.k_cot_delta.value for p in levels.points]
    for box, marker, dashes, color in zip(
        boxes, itertools.cycle(MARKERS), itertools.cycle(DASHES), itertools.cycle(_colors())
    ):
        for x in _pieces(box, low, high):
            y = np.array([levels.curve(box, float(at)) for at in x])
            ax.plot(x, y, color=color, ls=dashes, lw=0.9, alpha=0.55)
        mine = [p for p in levels.points if p.frame == box]
        for p in mine:
            x = _within(p)
            ax.plot(
                x,
                [levels.curve(box, float(at)) for at in x],
                color=color,
                lw=3,
                alpha=0.8,
                solid_capstyle="butt",
            )
        ax.plot([p.k2.value for p in mine], [p.k_cot_delta.value for p in mine], marker, color=color, mec="white", mew=0.6,
                ms=7, ls="none", label=_label(box, levels, boxes), zorder=3)  # fmt: skip
    if fit is not None:
        x = np.linspace(low, high, 200)
        curve = fit.coefficients.map(lambda c: np.array([EffectiveRange(c)(at) for at in x]))
        band(ax, x, np.asarray(curve.value), curve.error, COLORS["truth"], "effective range", lw=1.4)
        drawn += [float(np.min(curve.value)), float(np.max(curve.value))]
    if low < 0:
        x = np.linspace(low, 0.0, 200)
        ax.plot(x, -np.sqrt(-x), color=COLORS["light"], ls=":", label=r"bound state, $-\sqrt{-k^2}$")
    ax.axhline(0, color=COLORS["light"], lw=1)
    ax.axvline(0, color=COLORS["light"], lw=1)
    inverse = levels.units.names[0]
    unit, squared = ("[fm$^{-1}$]", "[fm$^{-2}$]") if inverse else ("", "")
    bottom, top = limits(np.array(drawn), np.zeros(1), margin=0.2)
    ax.set(
        xlabel=f"$k^2$ {squared}", ylabel=rf"$k\,\cot\delta_0$ {unit}", xlim=(low, high), ylim=(bottom, top)
    )
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return fig


def _pieces(frame: Frame, low: float, high: float) -> list[np.ndarray]:
    """k² between the free levels of a box, from `low` to `high`."""
    count = 8
    while (free := frame.free_levels(count))[-1] < high:
        count *= 2
    ends = [low, *(x for x in free if low < x < high), high]
    margin = BESIDE * frame.unit**2
    return [
        np.linspace(a + margin, b - margin, ALONG) for a, b in itertools.pairwise(ends) if b - a > 4 * margin
    ]


def _within(p: MeasuredLevel) -> np.ndarray:
    """k² ± σ, as far as the next free level."""
    value, error = float(p.k2.value), p.k2.error or 0.0
    below, above = p.frame.interval(value)
    margin = BESIDE * p.frame.unit**2
    return np.linspace(max(value - error, below + margin), min(value + error, above - margin), 30)


def _label(frame: Frame, levels: MeasuredLevels, boxes: list[Frame]) -> str:
    """Frame, and side where there are several."""
    several = len({box.length for box in boxes}) > 1
    length = f", L = {frame.length:.3g} {levels.units.names[1]}".rstrip() if several else ""
    return f"d = {frame.name}{length}"


def _colors() -> list[str]:
    return [COLORS[name] for name in ("network", "local", "reference", "other")] + ["#E69F00", "#56B4E9"]
