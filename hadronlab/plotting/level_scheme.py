"""Levels beside the thresholds, as papers show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hadronlab.observables.results import Results
from hadronlab.plotting.few_body import hadrons
from hadronlab.plotting.style import COLORS, figure

NEAR = 0.3  # of the spread of the levels: thresholds farther above them are not drawn
LINE = 0.062  # of the height of the figure, for a line of text
ENDS = 0.36  # of the width, where the bars of the levels end and their texts begin


def level_scheme(result: Results) -> Any:
    """Bars are levels, grey ones above the lowest threshold; dashed lines are thresholds."""
    if "stage_energies" not in result.estimates:
        return None
    several = [e for name, e in result.scalars.items() if name.startswith("energy.")]
    levels = [(float(e.value), str(e), e.name) for e in several or [result.scalars["energy"]]]
    known = result.estimates.get("thresholds")
    apart = [] if known is None else list(zip(known.value, known.rows, strict=True))
    lowest = apart[0][0] if apart else float("inf")
    energies = [energy for energy, *_ in levels] + [energy for energy, _ in apart[:1]]
    low, high = min(energies), max(energies)
    room = max(high - low, 1e-4 * abs(high))
    apart = [(energy, name) for energy, name in apart if energy <= high + NEAR * room]
    high = max([high, *(energy for energy, _ in apart)])
    margin = 0.15 * room
    fig, ax = figure(figsize=(8.4, 5.0))
    height = high - low + 2 * margin
    for energy, _ in apart:
        ax.plot([0.04, 1], [energy] * 2, color=COLORS["local"], lw=1.2, ls="--", zorder=1)
    for energy, *_ in levels:
        bound = energy <= lowest
        ax.plot(
            [0.04, ENDS - 0.03], [energy] * 2, color=COLORS["network" if bound else "light"], lw=3, zorder=3
        )
    texts = [(energy, f"{shown}   {name}" if name else shown) for energy, shown, name in levels]
    names = [(energy, f"{hadrons(name)}  {energy:.1f}" if abs(energy) > 100 else f"{hadrons(name)}  {energy:.5f}")
             for energy, name in apart]  # fmt: skip
    for x, several_texts, color in ((ENDS, texts, COLORS["truth"]), (1.02, names, COLORS["local"])):
        places = spread([energy for energy, _ in several_texts], LINE * height)
        for (energy, text), place in zip(several_texts, places, strict=True):
            ax.plot([x - 0.03, x - 0.005], [energy, place], color=COLORS["light"], lw=0.8, clip_on=False)
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
            ax.text(x, place, text, va="center", fontsize=10, color=color, bbox=box, zorder=2)
    ax.set(
        xlim=(0, 1), ylim=(low - margin, high + margin), xticks=[], ylabel=f"energy [{result.unit('energy')}]"
    )
    ax.ticklabel_format(axis="y", useOffset=False)
    ax.spines["bottom"].set_visible(False)
    ax.grid(False)
    return fig


def spread(places: Sequence[float], apart: float) -> list[float]:
    """Ascending places, moved from each other where they are nearer than `apart`, groups about their middle."""
    groups: list[list[float]] = []
    for place in places:
        groups.append([place])
        while len(groups) > 1 and _beginning(groups[-1], apart) < _end(groups[-2], apart) + apart:
            groups[-2:] = [groups[-2] + groups[-1]]
    return [_beginning(group, apart) + k * apart for group in groups for k in range(len(group))]


def _beginning(group: Sequence[float], apart: float) -> float:
    return sum(group) / len(group) - apart * (len(group) - 1) / 2


def _end(group: Sequence[float], apart: float) -> float:
    return sum(group) / len(group) + apart * (len(group) - 1) / 2


FIGURES: dict[str, Callable[[Results], Any]] = {"level_scheme": level_scheme}
