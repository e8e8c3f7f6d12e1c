"""Training curves out of metrics.csv."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from hadronlab.plotting.style import COLORS, figure


def read_metrics(path: Path) -> dict[str, np.ndarray]:
    """Columns of metrics.csv as float arrays, NaN where a row does not hold the column."""
    if not path.exists():
        return {}
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    columns = rows[0].keys() if rows else ()
    return {c: np.array([float(row[c]) if row.get(c) else np.nan for row in rows]) for c in columns}


def loss_curves(path: Path, loss_zero: float | None) -> Any:
    """The loss and its parts against the step, with the level of U = 0."""
    metrics = read_metrics(path)
    names = [name for name in metrics if name == "loss" or name.startswith("loss/")]
    if not names:
        return None
    fig, axes = figure(figsize=(7, 4.2))
    for name, color in zip(names, ("network", "local", "reference", "other", "light"), strict=False):
        keep = np.isfinite(metrics[name]) & (metrics[name] > 0)
        label = "total" if name == "loss" else name.removeprefix("loss/").replace("_", " ")
        axes.plot(
            metrics["step"][keep],
            metrics[name][keep],
            color=COLORS[color],
            label=label,
            lw=2 if name == "loss" else 1.3,
        )
    if loss_zero:
        axes.axhline(loss_zero, color=COLORS["light"], ls=":", label="$U = 0$")
    axes.set(xlabel="optimiser step", ylabel="loss", yscale="log")
    axes.legend()
    return fig
