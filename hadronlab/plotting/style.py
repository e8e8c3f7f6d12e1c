"""One look for every figure: readable on a slide, colour-blind safe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

COLORS = {
    "network": "#0072B2",
    "local": "#D55E00",
    "truth": "#222222",
    "reference": "#009E73",
    "other": "#CC79A7",
    "light": "#999999",
}
STYLE = {
    "figure.dpi": 120, "savefig.dpi": 160, "font.size": 12, "axes.grid": True, "grid.alpha": 0.25, "axes.axisbelow": True,
    "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False, "lines.linewidth": 2, "figure.constrained_layout.use": True,
}  # fmt: skip


def figure(*args: Any, **kwargs: Any) -> Any:
    """plt.subplots in the project's style."""
    with plt.rc_context(STYLE):
        return plt.subplots(*args, **kwargs)


def save(fig: Any, path: Path) -> Path:
    """Write `fig` and close it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with plt.rc_context(STYLE):
        fig.savefig(path)
    plt.close(fig)
    return path


def band(
    axes: Any, x: np.ndarray, y: np.ndarray, error: np.ndarray | None, color: str, label: str, **line: Any
) -> None:
    """A curve with its one-σ band where there is one."""
    axes.plot(x, y, color=color, label=label, **line)
    if error is not None:
        axes.fill_between(x, y - error, y + error, color=color, alpha=0.22, linewidth=0)
