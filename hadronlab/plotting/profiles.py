"""χ² along one parameter of a fit, and what the others do meanwhile."""

from __future__ import annotations

from typing import Any

import numpy as np

from hadronlab.observables.results import Results
from hadronlab.plotting.style import COLORS, figure

PREFIX = "profile."


def profiles(result: Results) -> dict[str, Any]:
    """A figure for every profile of the result, by name; with the fit and its error as a band."""
    names = [name for name in result.arrays if name.startswith(PREFIX)]
    return {name.replace(".", "_"): _profile(result, name) for name in names}


def _profile(result: Results, name: str) -> Any:
    of = name.removeprefix(PREFIX)
    (value, least, *others), fit = result.estimates[name].value, result.estimates[of]
    ratios = {"height_ratios": [1.8] + [1] * len(others)}
    fig, axes = figure(1 + len(others), 1, figsize=(6.4, 2.6 + 1.3 * len(others)), sharex=True, squeeze=False,
                       gridspec_kw=ratios)  # fmt: skip
    top, *below = axes[:, 0]
    top.plot(value, least - np.nanmin(least), "o-", color=COLORS["network"], ms=4)
    top.axhline(1, color=COLORS["light"], lw=1, ls=":")
    top.set(ylabel=r"$\Delta\chi^2$")
    for row, label, values in zip(below, result.estimates[name].rows[2:], others, strict=True):
        row.plot(value, values, color=COLORS["local"])
        row.set(ylabel=label.replace("_", "\n", 1).replace("_", " "))
    for row in axes[:, 0]:
        row.axvline(fit.value, color=COLORS["light"], lw=1)
        if fit.error:
            row.axvspan(fit.value - fit.error, fit.value + fit.error, color=COLORS["light"], alpha=0.2, lw=0)
    fig.align_ylabels()
    unit = f" [{fit.unit}]" if fit.unit else ""
    axes[-1, 0].set(xlabel=of.replace("_", " ") + unit)
    return fig
