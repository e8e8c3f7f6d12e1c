"""Training curves out of metrics.csv."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import Any

import numpy as np

from hadronlab.plotting.style import COLORS, STROKES, figure

FEW = 40  # logged steps up to which each is marked


def read_metrics(path: Path) -> dict[str, np.ndarray]:
    """Columns of metrics.csv as float arrays, NaN where a row does not hold the column."""
    if not path.exists():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
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
    for name, stroke in zip(names, itertools.cycle(STROKES), strict=False):
        keep = np.isfinite(metrics[name]) & (metrics[name] > 0)
        label = "total" if name == "loss" else name.removeprefix("loss/").replace("_", " ")
        width = 3.0 if name == "loss" else 1.6  # a part that is nearly the total lies on top of it
        marker = "o" if keep.sum() <= FEW else None
        axes.plot(
            metrics["step"][keep], metrics[name][keep], **stroke, label=label, lw=width, marker=marker, ms=4
        )
    if loss_zero:
        axes.axhline(loss_zero, color=COLORS["truth"], ls=":", lw=1.5, label="$U = 0$")
    axes.set(xlabel="optimiser step", ylabel="loss", yscale="log")
    axes.legend()
    return fig
