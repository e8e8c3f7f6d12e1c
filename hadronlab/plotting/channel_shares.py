"""How the pairs of hadrons of which a state is made are spread over their distance."""

from __future__ import annotations

from typing import Any

import numpy as np

from hadronlab.observables.results import Results
from hadronlab.plotting.few_body import hadrons
from hadronlab.plotting.style import STROKES, band, figure

SHOWN = 0.01  # least share of a curve
WHOLE = 0.999  # of all that is shown


def channel_densities(results: Results) -> Any:
    """4πR²|u|² of every channel against R, a panel a state."""
    states = sorted(n for n in results.arrays if n.startswith("channel_density.")) or ["channel_density"]
    if states[0] not in results.estimates:
        return None
    fig, axes = figure(1, len(states), figsize=(1.6 + 3.4 * len(states), 3.4), squeeze=False, sharey=True)
    for ax, name in zip(axes[0], states, strict=True):
        of_state = name.removeprefix("channel_density")
        density = results.estimates[name]
        distance = results.estimates[f"channel_distance{of_state}"]
        for k, (channel, row) in enumerate(zip(density.rows, density.value, strict=True)):
            share = results.estimates[f"channel_share.{channel}{of_state}"]
            if share.value > SHOWN:
                error = None if density.error is None else density.error[k]
                label = (
                    f"{hadrons(channel)}  {share.value:.3g}"
                    if error is None
                    else f"{hadrons(channel)}  {share}"
                )
                band(ax, distance.value, row, error, label=label, **STROKES[k % len(STROKES)])
        sums = np.cumsum(density.value.clip(min=0).sum(0))
        last = int(np.searchsorted(sums, WHOLE * sums[-1]))
        ax.set(
            xlim=(0, distance.value[min(last, len(sums) - 1)]),
            ylim=(0, None),
            xlabel=f"distance of the hadrons [{distance.unit}]",
            title=f"state {of_state[1:]}" if of_state else "",
        )
        ax.legend(fontsize=9)
    axes[0, 0].set_ylabel(rf"$4\pi R^2|u|^2$ [{density.unit}]")
    return fig


FIGURES = {"channel_densities": channel_densities}
