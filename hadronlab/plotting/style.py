"""One look for every figure: readable on a slide, colour-blind safe, and told apart in grey by the kind of line."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

COLORS = {
    "network": "#0072B2",
    "local": "#D55E00",
    "truth": "#222222",
    "reference": "#009E73",
    "other": "#CC79A7",
    "light": "#999999",
}
DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3)))
STROKES = [
    {"color": COLORS[name], "ls": dashes}
    for name, dashes in zip(("network", "local", "reference", "other", "truth", "light"), DASHES, strict=True)
]
"""what tells curves of one kind apart"""
STYLE = {
    "font.size": 12, "axes.titlesize": 12, "legend.fontsize": 10, "axes.grid": True, "grid.alpha": 0.25, "axes.axisbelow": True, "lines.linewidth": 2,
    "axes.spines.top": False, "axes.spines.right": False, "legend.framealpha": 0.7, "legend.edgecolor": "none", "legend.handlelength": 2.6,
}  # fmt: skip


def style() -> AbstractContextManager[None]:
    """The project's style, for as long as the context lasts: it must hold while a figure is drawn and saved."""
    return matplotlib.rc_context(STYLE)


def figure(
    rows: int = 1, columns: int = 1, *, figsize: tuple[float, float], **axes: Any
) -> tuple[Figure, Any]:
    """A figure and its axes, made without pyplot: whoever imports hadronlab keeps the backend and the figures of theirs."""
    fig = Figure(figsize=figsize, layout="constrained")
    return fig, fig.subplots(rows, columns, **axes)


def save(fig: Figure, path: Path) -> Path:
    """Write `fig`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fig.savefig(path, dpi=160)
    return path


def band(
    axes: Any, x: np.ndarray, y: np.ndarray, error: np.ndarray | None, color: str, label: str, **line: Any
) -> None:
    """A curve with its one-σ band where there is one, broken at poles."""
    at = _poles(y) + 1
    x, y = np.insert(x, at, np.nan), np.insert(np.where(np.isfinite(y), y, np.nan), at, np.nan)
    axes.plot(x, y, color=color, label=label, **line)
    if error is not None:
        error = np.insert(error, at, np.nan)
        axes.fill_between(x, y - error, y + error, color=color, alpha=0.22, linewidth=0)


def limits(*curves: Any, share: float = 1.0, margin: float = 0.12) -> tuple[float, float]:
    """Limits of an axis that hold the middle `share` of all finite values, with a margin on either side."""
    values = np.concatenate([np.ravel(np.asarray(curve, dtype=float)) for curve in curves])
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = np.quantile(values, [(1 - share) / 2, (1 + share) / 2])
    pad = margin * (high - low) or 1e-3 * abs(high) or 1.0
    return float(low - pad), float(high + pad)


def _poles(y: np.ndarray) -> np.ndarray:
    """Indices i where y jumps through a pole between i and i+1: the sign changes between two values that are larger than
    their outer neighbours, and than most."""
    size = np.abs(y)
    jumps = y[1:-2] * y[2:-1] < 0
    stand_out = (size[1:-2] > size[:-3]) & (size[2:-1] > size[3:])
    return 1 + np.flatnonzero(jumps & stand_out & (np.minimum(size[1:-2], size[2:-1]) > np.nanmedian(size)))
