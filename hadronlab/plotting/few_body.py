"""Figures of a few-body ground state, drawn from what result.json and result.h5 hold."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.results import Results
from hadronlab.plotting.style import COLORS, STROKES, figure, limits

GREEK = "Lambda|Sigma|Delta|Omega|Xi|Upsilon|omega|eta|rho|phi|psi|pi"


def tex(label: str) -> str:
    """'c-q~' as a physicist prints it; a lone sign (e+) stands as a superscript."""
    parts = re.split(r"(?<=[\w~+-])-(?=\w)", label)
    shown = [rf"\bar {p[:-1]}" if p.endswith("~") else re.sub(r"([+-])$", r"^\1", p) for p in parts]
    return f"${''.join(shown)}$"


def hadrons(name: str) -> str:
    """'eta_c Xi_cc*' as a physicist prints it."""
    shown = re.sub(rf"\b({GREEK})(?![a-z])", r"\\\1", re.sub(r"(\S+)bar\b", r"\\bar{\1}", name))
    shown = re.sub(r"([*+-])", r"^{\1}", re.sub(r"_([a-z]+\d*)", r"_{\1}", shown))
    return rf"$\mathrm{{{shown}}}$".replace(" ", r"\,")


def convergence(result: Results) -> Any:
    """The energy against the step [DeepQuark, Fig. 2]: the descent, and its end beside what it is compared with.

    The descent is that towards the reference; without one, towards the threshold of a state above it, or its own end.
    """
    if "training_energy" not in result.estimates or result.values["training_energy"].shape[1] < 20:
        return None
    energy, unit = result.values["training_energy"][0], result.unit("training_energy")
    final, known = result.scalars["energy"], result.reference.get("energy")
    threshold = result.scalars.get("threshold")
    steps = np.arange(1, len(energy) + 1)
    width = max(5, len(energy) // 40)
    mean = np.convolve(energy, np.ones(width) / width, "valid")
    middle = steps[width // 2 : width // 2 + len(mean)]
    if known is not None:
        name, goal = "reference", known["value"]
    elif threshold is not None and final.value > threshold.value:
        name, goal = "threshold", threshold.value
    else:
        name, goal = "final", final.value

    fig, (left, right) = figure(1, 2, figsize=(11, 4.4))
    for ax, one, several in ((left, np.abs(energy - goal), np.abs(mean - goal)), (right, energy, mean)):
        ax.plot(steps, one, color=COLORS["light"], lw=0.7, alpha=0.6, label="one step")
        ax.plot(middle, several, color=COLORS["network"], lw=1.5, label=f"mean of {width} steps")
        ax.set(xlabel="optimiser step", ylabel=f"energy [{unit}]")
    left.set(ylabel=f"|energy − {name}| [{unit}]", yscale="log")
    lowest = np.nanquantile(np.abs(mean - goal), 0.05)
    if lowest > 0:  # a step that hits its goal by chance would stretch the axis
        left.set_ylim(bottom=0.3 * float(lowest))
    left.legend()

    level = [final.value]
    if threshold is not None:
        label = f"threshold {hadrons(threshold.name)}"
        right.axhline(threshold.value, color=COLORS["local"], ls="--", lw=1.5, label=label)
        level.append(threshold.value)
    if known is not None:
        right.axhline(known["value"], color=COLORS["reference"], ls=":", lw=2, label="reference")
        level.append(known["value"])
    right.errorbar([steps[-1] * 1.03], [final.value], [final.error or 0.0], fmt="o", ms=5, capsize=3,
                   color=COLORS["truth"], label=f"final {final}")  # fmt: skip
    late = np.nanquantile(mean[len(mean) // 3 :], [0.02, 0.98])
    low, high = limits(level, late)
    right.set(xlim=(0, steps[-1] * 1.07), ylim=(low, high + 0.3 * (high - low)))  # room for the legend
    right.ticklabel_format(axis="y", useOffset=False)
    right.legend(handles=right.get_legend_handles_labels()[0][2:], loc="upper right")
    return fig


def pair_distances(result: Results) -> Any:
    """How far the particles of each pair class are from each other; the dotted lines are rms distances."""
    if "pair_density" not in result.estimates:
        return None
    distance, unit = result.values["distance"], result.unit("distance")
    labels = result.estimates["pair_density"].rows
    fig, ax = figure(figsize=(7, 4.4))
    for label, density, stroke in zip(
        labels, result.values["pair_density"], itertools.cycle(STROKES), strict=False
    ):
        rms = result.scalars[f"rms_radius.{label}"]
        ax.plot(distance, density, **stroke, label=f"{tex(label)}  {rms}")
        height = np.interp(rms.value, distance, density)
        ax.plot([rms.value] * 2, [0, height], color=stroke["color"], lw=1.2, ls=":")
    ax.set(
        xlabel=f"distance [{unit}]",
        ylabel=f"probability [1/{unit}]",
        xlim=(0, _reach(result, "pair_density")),
        ylim=(0, None),
    )
    ax.legend(title="rms distance", title_fontsize=10)
    return fig


def shares(result: Results) -> Any:
    """Probability of every colour and spin configuration, beside the reference where one is known."""
    chosen: dict[str, dict[str, Estimate]] = {}
    for name, quantity in result.scalars.items():
        kind, _, label = name.partition("_fraction.")
        if kind in ("color", "spin") and label:
            chosen.setdefault(kind, {})[label] = quantity
    if not chosen:
        return None
    rows = max(len(group) for group in chosen.values())
    fig, axes = figure(
        1, len(chosen), figsize=(4.6 * max(len(chosen), 1.4), 1.4 + 0.55 * rows), squeeze=False
    )
    for ax, (kind, group) in zip(axes[0], chosen.items(), strict=True):
        title = f"{'colour' if kind == 'color' else kind} shares"
        marked = ""
        for index, (label, share) in enumerate(group.items()):
            error = share.error or 0.0
            ax.barh(
                index, share.value, xerr=error, color=COLORS["network"], ecolor=COLORS["light"], height=0.55
            )
            ax.annotate(str(share.map(lambda p: 100 * p, "%")), (share.value + error, index),
                        xytext=(7, 0), textcoords="offset points", va="center")  # fmt: skip
            reference = result.reference.get(f"{kind}_fraction.{label}")
            if reference is not None:
                ax.plot([reference["value"]] * 2, [index - 0.38, index + 0.38], color=COLORS["truth"], lw=2.5)
                marked = " (black: reference)"
        ax.set(
            xlim=(0, 1.4 * max(0.8, *(q.value for q in group.values()))),
            title=title + marked,
            xlabel="probability",
        )
        ax.set_yticks(range(len(group)), list(group))
        ax.invert_yaxis()
    return fig


def size(result: Results) -> Any:
    """Density of each kind of particle about the centre of mass, to one scale; the circle is its rms radius."""
    if "one_body_density" not in result.estimates:
        return None
    distance, unit = result.values["distance"], result.unit("distance")
    labels, densities = result.estimates["one_body_density"].rows, result.values["one_body_density"]
    extent = _reach(result, "one_body_density", 0.98)
    line = np.linspace(-extent, extent, 301)
    radius = np.hypot(*np.meshgrid(line, line))
    fig, axes = figure(1, len(labels), figsize=(3.6 * len(labels), 3.9), squeeze=False)
    half = (distance[1] - distance[0]) / 2  # of a bin
    shell = 4 * np.pi * (distance**2 + half**2 / 3)  # volume of a bin over its width
    for ax, label, density in zip(axes[0], labels, densities, strict=True):
        per_volume = density / shell
        per_volume[:3] = density[:3].sum() / shell[:3].sum()  # few samples stand so near the centre
        image = np.interp(radius, distance, per_volume)
        ax.imshow(
            np.sqrt(image),
            extent=(-extent, extent, -extent, extent),
            cmap="Blues",
            origin="lower",
            interpolation="bilinear",
        )
        rms = float(np.sqrt((density * (distance**2 + half**2 / 3)).sum() / density.sum()))
        angle = np.linspace(0, 2 * np.pi, 200)
        ax.plot(rms * np.cos(angle), rms * np.sin(angle), color=COLORS["local"], lw=1.5, ls="--")
        bar = _round_length(extent / 2)
        ax.plot(
            [-0.9 * extent, -0.9 * extent + bar],
            [-0.9 * extent] * 2,
            color=COLORS["truth"],
            lw=3,
            solid_capstyle="butt",
        )
        ax.annotate(
            f"{bar:g} {unit}",
            (-0.9 * extent + bar / 2, -0.87 * extent),
            ha="center",
            va="bottom",
            fontsize=10,
        )
        ax.set(title=f"{tex(label)}   rms {rms:#.3g} {unit}", xticks=[], yticks=[])
        ax.grid(False)
        ax.spines[:].set_visible(False)
    return fig


def _reach(result: Results, name: str, share: float = 0.997) -> float:
    """The distance within which `share` of every distribution lies."""
    distance = result.values["distance"]
    cumulative = np.cumsum(result.values[name], axis=1)
    inside = [distance[np.searchsorted(row, share * row[-1])] for row in cumulative]
    return float(max(inside))


def _round_length(length: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above `length`."""
    power = 10.0 ** np.floor(np.log10(length))
    return float(max(step for step in (1, 2, 5) if step * power <= length * 1.0001) * power)


FIGURES: dict[str, Callable[[Results], Any]] = {
    "convergence": convergence,
    "pair_distances": pair_distances,
    "shares": shares,
    "size": size,
}
