"""Draw the figures of a finished run, each in a file of figures/."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hadronlab.observables.observables import Observables


def draw(task: Any, observables: Observables, directory: Path) -> dict[str, Path]:
    """Every figure that the task's observables allow, name → file."""
    from hadronlab.plotting import inverse, vmc
    from hadronlab.plotting.curves import loss_curves
    from hadronlab.plotting.style import save, style

    drawers: dict[str, dict[str, Callable[..., Any]]] = {"inverse": inverse.FIGURES, "vmc": vmc.FIGURES}
    with style():
        drawn = {"training": loss_curves(directory / "metrics.csv", getattr(task, "loss_zero", None))}
        drawn |= {name: drawer(observables) for name, drawer in drawers[task.task].items()}
        return {
            name: save(fig, directory / "figures" / f"{name}.png")
            for name, fig in drawn.items()
            if fig is not None
        }
