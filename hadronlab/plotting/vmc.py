"""Figures of a few-body ground state, drawn from what result.json and result.h5 hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from hadronlab.estimators.observables import Observables
from hadronlab.plotting.style import COLORS, figure

CYCLE = [COLORS[name] for name in ("network", "local", "reference", "other", "truth", "light")]


def tex(label: str) -> str:
    """'c-q~' as a physicist prints it; a lone sign (e+) stands as a superscript."""
    parts = re.split(r"(?<=[\w~+-])-(?=\w)", label)
    shown = [rf"\bar {p[:-1]}" if p.endswith("~") else re.sub(r"([+-])$", r"^\1", p) for p in parts]
    return f"${''.join(shown)}$"


def convergence(result: Observables) -> Any:
    """The energy against the step [DeepQuark, Fig. 2]: the descent, and its end beside what it is compared with."""
    if "training_energy" not in result.arrays or result.arrays["training_energy"].shape[1] < 20:
        return None
    energy, unit = result.arrays["training_energy"][0], result.units["training_energy"]
    final, known, threshold = (
        result.scalars["energy"],
        result.reference.get("energy"),
        result.scalars.get("threshold"),
    )
    steps = np.arange(1, len(energy) + 1)
    width = max(5, len(energy) // 40)
    mean = np.convolve(energy, np.ones(width) / width, "valid")
    fig, (left, right) = figure(1, 2, figsize=(11, 4.4))
    limit = known["value"] if known is not None else final.value
    name = "reference" if known is not None else "final"
    left.semilogy(steps, np.abs(energy - limit), color=COLORS["light"], lw=0.7, alpha=0.6, label="one step")
    left.semilogy(
        steps[width // 2 : width // 2 + len(mean)],
        np.abs(mean - limit),
        color=COLORS["network"],
        label=f"mean of {width} steps",
    )
    left.set(xlabel="optimiser step", ylabel=f"|energy − {name}| [{unit}]")
    left.set_ylim(bottom=0.3 * float(np.quantile(np.abs(mean - limit), 0.05)))
    left.legend(fontsize=10)

    right.plot(steps, energy, color=COLORS["light"], lw=0.7, alpha=0.6)
    right.plot(steps[width // 2 : width // 2 + len(mean)], mean, color=COLORS["network"])
    lines = [final.value]
    if threshold is not None:
        right.axhline(
            threshold.value, color=COLORS["local"], ls="--", lw=1.5, label=f"threshold {threshold.name}"
        )
        lines.append(threshold.value)
    if known is not None:
        right.axhline(known["value"], color=COLORS["reference"], ls=":", lw=2, label="reference")
        lines.append(known["value"])
    right.errorbar(
        [steps[-1] * 1.03],
        [final.value],
        [final.error or 0.0],
        fmt="o",
        ms=5,
        color=COLORS["truth"],
        label=f"final {final}",
    )
    late = mean[len(mean) // 3 :]
    low, high = min(*lines, *np.quantile(late, [0.02])), max(*lines, *np.quantile(late, [0.98]))
    pad = 0.12 * (high - low) or 1e-3 * abs(high)
    right.set(
        xlabel="optimiser step",
        ylabel=f"energy [{unit}]",
        ylim=(low - pad, high + 3 * pad),
        xlim=(0, steps[-1] * 1.07),
    )
    right.ticklabel_format(axis="y", useOffset=False)
    right.legend(fontsize=10, loc="upper right")
    return fig


def pair_distances(result: Observables) -> Any:
    """How far the particles of each pair class are from each other; the ticks are rms radii."""
    if "pair_density" not in result.arrays:
        return None
    distance, unit = result.arrays["distance"], result.units["distance"]
    labels = result.labels["pair_density"]
    fig, ax = figure(figsize=(7, 4.4))
    for label, density, color in zip(labels, result.arrays["pair_density"], CYCLE * 4, strict=False):
        rms = result.scalars[f"rms_radius.{label}"]
        ax.plot(distance, density, color=color, label=f"{tex(label)}  {rms}")
        ax.plot([rms.value] * 2, [0, np.interp(rms.value, distance, density)], color=color, lw=1.2, ls=":")
    ax.set(
        xlabel=f"distance [{unit}]",
        ylabel=f"probability [1/{unit}]",
        xlim=(0, _reach(result, "pair_density")),
        ylim=(0, None),
    )
    ax.legend(fontsize=10, title="rms distance")
    return fig


def shares(result: Observables) -> Any:
    """Probability of every colour and spin configuration, beside the reference where one is known."""
    kinds = [
        kind
        for kind in ("color", "spin")
        if any(name.startswith(f"{kind}_fraction.") for name in result.scalars)
    ]
    if not kinds:
        return None
    chosen = {
        kind: {n.partition(".")[2]: q for n, q in result.scalars.items() if n.startswith(f"{kind}_fraction.")}
        for kind in kinds
    }
    rows = max(len(group) for group in chosen.values())
    fig, axes = figure(1, len(kinds), figsize=(4.6 * len(kinds), 1.4 + 0.55 * rows), squeeze=False)
    for ax, kind in zip(axes[0], kinds, strict=True):
        labels, group = list(chosen[kind]), list(chosen[kind].values())
        ax.barh(
            range(len(labels)),
            [q.value for q in group],
            xerr=[q.error or 0.0 for q in group],
            color=COLORS["network"],
            height=0.55,
        )
        for index, (label, quantity) in enumerate(zip(labels, group, strict=True)):
            ax.annotate(
                f"{100 * quantity.value:.1f} %",
                (quantity.value, index),
                xytext=(7, 0),
                textcoords="offset points",
                va="center",
            )
            known = result.reference.get(f"{kind}_fraction.{label}")
            if known is not None:
                ax.plot([known["value"]] * 2, [index - 0.38, index + 0.38], color=COLORS["reference"], lw=2.5,
                        label="reference" if index == 0 else None)  # fmt: skip
        ax.set(
            xlim=(0, 1.18 * max(max(q.value for q in group), 0.85)),
            title=f"{'colour' if kind == 'color' else kind} shares",
            xlabel="probability",
        )
        ax.set_yticks(range(len(labels)), labels)
        ax.invert_yaxis()
        if ax.get_legend_handles_labels()[0]:
            ax.legend(fontsize=9, loc="lower right")
    return fig


def size(result: Observables) -> Any:
    """Density of each kind of particle about the centre of mass, to one scale; the circle is its rms radius."""
    if "one_body_density" not in result.arrays:
        return None
    distance, unit = result.arrays["distance"], result.units["distance"]
    labels, densities = result.labels["one_body_density"], result.arrays["one_body_density"]
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
        ax.set(title=f"{tex(label)}   rms {rms:.3g} {unit}", xticks=[], yticks=[])
        ax.grid(False)
        ax.spines[:].set_visible(False)
    return fig


def _reach(result: Observables, name: str, share: float = 0.997) -> float:
    """The distance within which `share` of every distribution lies."""
    distance = result.arrays["distance"]
    cumulative = np.cumsum(result.arrays[name], axis=1)
    inside = [distance[np.searchsorted(row, share * row[-1])] for row in cumulative]
    return float(max(inside))


def _round_length(length: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above `length`."""
    power = 10.0 ** np.floor(np.log10(length))
    return float(max(step for step in (1, 2, 5) if step * power <= length * 1.0001) * power)


FIGURES: dict[str, Callable[[Observables], Any]] = {
    "convergence": convergence,
    "pair_distances": pair_distances,
    "shares": shares,
    "size": size,
}
