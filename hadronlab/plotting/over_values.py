"""What a conditioned network finds over the range of the number that is its input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hadronlab.observables.results import Results
from hadronlab.plotting.style import COLORS, figure

PREFIX = "over_values."


def binding_over_values(result: Results) -> Any:
    """The binding energy, or the energy where the threshold is unknown, against one number; filled where it was trained."""
    trained = result.estimates.get(f"{PREFIX}trained")
    name = next((n for n in ("binding_energy", "energy") if f"{PREFIX}{n}" in result.estimates), None)
    if trained is None or name is None or "," in trained.rows[0]:
        return None
    number = trained.rows[0].partition("=")[0]
    values, found = result.values[f"{PREFIX}{number}"], result.estimates[f"{PREFIX}{name}"]
    fig, ax = figure(figsize=(7.5, 4.5))
    ax.plot(values, found.value, color=COLORS["network"], lw=1)
    for where, fill, label in (
        (trained.value == 1, "full", "trained"),
        (trained.value == 0, "none", "between"),
    ):
        ax.errorbar(values[where], found.value[where], None if found.error is None else found.error[where], fmt="o",
                    fillstyle=fill, ms=6, capsize=3, color=COLORS["network"], label=label)  # fmt: skip
    if name == "binding_energy":
        ax.axhline(0, color=COLORS["truth"], lw=1)
    symbol = (
        rf"${number[0]}_{{{number[2:]}}}$ [GeV]"
        if number.startswith("m_") and found.unit == "MeV"
        else number
    )
    ax.set(xlabel=symbol, ylabel=f"{name.replace('_', ' ')} [{found.unit}]")
    ax.legend()
    return fig


FIGURES: dict[str, Callable[[Results], Any]] = {"binding_over_values": binding_over_values}
