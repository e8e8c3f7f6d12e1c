"""Draw the figures of a finished run, each in a file of figures/."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hadronlab.observables.protocols import Drawable
from hadronlab.observables.results import Results
from hadronlab.plotting import (
    channel_shares,
    coupled_channels,
    femtoscopy,
    few_body,
    hadron_pair,
    level_scheme,
    over_values,
    training_levels,
)
from hadronlab.plotting.curves import loss_curves
from hadronlab.plotting.profiles import profiles
from hadronlab.plotting.style import figure, save, style

FIGURES = {
    **hadron_pair.FIGURES,
    **coupled_channels.FIGURES,
    **femtoscopy.FIGURES,
    **few_body.FIGURES,
    **level_scheme.FIGURES,
    **channel_shares.FIGURES,
    **over_values.FIGURES,
    **training_levels.FIGURES,
}


def draw(results: Results, observables: Mapping[str, Any], directory: Path) -> dict[str, Path]:
    """Every figure that the results allow, those of the user's own observables too; name → file."""
    with style():
        zero = results.scalars.get("loss_zero_potential")
        drawn = {
            "training": loss_curves(directory / "metrics.csv", None if zero is None else float(zero.value))
        }
        drawn |= {name: drawer(results) for name, drawer in FIGURES.items()}
        drawn |= profiles(results)
        drawn |= {name: o.draw(results, figure) for name, o in observables.items() if isinstance(o, Drawable)}
        return {
            name: save(fig, directory / "figures" / f"{name}.png")
            for name, fig in drawn.items()
            if fig is not None
        }
