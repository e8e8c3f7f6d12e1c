"""Figures of coupled channels, drawn from the arrays of result.h5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hadronlab.observables.results import Results
from hadronlab.plotting.style import COLORS, STROKES, band, figure, limits

LOCAL = {"V_C": "$V_C$", "V_T": "$V_T$", "V_LS": "$V_{LS}$"}


def coupled_channels(result: Results) -> Any:
    """δ of every channel, and η or the mixing angle, with bands and the truth where it is known."""
    if "phase_shift_1" not in result.estimates:
        return None
    fig, (left, right) = figure(1, 2, figsize=(12, 4.6))
    for i, stroke in zip(range(1, 1 + _count(result)), STROKES, strict=False):
        E, name = result.values[f"channel_energy_{i}"], result.estimates[f"channel_energy_{i}"].name
        delta = result.estimates[f"phase_shift_{i}"]
        band(left, E, delta.value, delta.error, stroke["color"], rf"$\delta$ of {name}", ls=stroke["ls"])
        if f"phase_shift_{i}_truth" in result.values:
            label = "truth" if i == 1 else None
            left.plot(E, result.values[f"phase_shift_{i}_truth"], color=COLORS["truth"], ls=":", label=label)
    mixing = len({name for name in LOCAL if name in result.values}) > 0
    name, label, unit = (
        ("mixing_angle", r"$\epsilon$", " [degrees]") if mixing else ("inelasticity", r"$\eta$", "")
    )
    E, values = result.values["channel_energy"], result.estimates[name]
    E = E[-len(values.value) :]
    band(right, E, values.value, values.error, COLORS["network"], label)
    if f"{name}_truth" in result.values:
        right.plot(E, result.values[f"{name}_truth"], color=COLORS["truth"], ls=":", label="truth")
    left.axhline(0, color=COLORS["light"], lw=1)
    left.set(xlabel="$E$ [MeV]", ylabel=r"$\delta$ [degrees]")
    right.set(xlabel="$E$ [MeV]", ylabel=f"{label}{unit}")
    left.legend()
    right.legend()
    return fig


def coupled_potentials(result: Results) -> Any:
    """V_C, V_T or V_ab, and for each wave of S and D what it gives alone."""
    names = [name for name in result.values if name in LOCAL or _is_element(name, "V")]
    if not names:
        return None
    fig, axes = figure(1, len(names), figsize=(4.6 * len(names), 4.2), squeeze=False)
    r = result.values["r"]
    shown = (r > 1e-3) & (r <= min(float(r[-1]), 2.5))
    for ax, name in zip(axes[0], names, strict=True):
        estimate, inside = result.estimates[name], []
        error = None if estimate.error is None else estimate.error[shown]
        if f"{name}_lo" in result.estimates:
            alone = result.estimates[f"{name}_lo"]
            thin = np.flatnonzero(shown)[:: max(1, int(shown.sum()) // 45)]
            for i, (label, marker) in enumerate(zip(alone.rows[:3], "os^", strict=False)):
                spread = None if alone.error is None else alone.error[i, thin]
                ax.errorbar(r[thin], alone.value[i, thin], spread, fmt=marker, ms=4, mfc="none", elinewidth=1,
                            color=STROKES[i + 1]["color"], label=f"{label} alone")  # fmt: skip
        band(ax, r[shown], estimate.value[shown], error, COLORS["network"], "fit")
        inside.append(estimate.value[shown])
        ax.axhline(0, color=COLORS["light"], lw=1)
        window = np.concatenate([np.minimum(V, 0) for V in inside] + [V[len(V) // 6 :] for V in inside])
        ax.set(
            xlabel="$r$ [fm]", ylabel=f"{LOCAL.get(name, f'$V_{{{name[2:]}}}$')} [MeV]", ylim=limits(window)
        )
    axes[0][0].legend()
    return fig


def coupled_kernels(result: Results) -> Any:
    """4π r r' U_ab(r, r')."""
    names = [name for name in result.values if _is_element(name, "U")]
    if not names:
        return None
    fig, axes = figure(1, len(names), figsize=(4.6 * len(names), 4), squeeze=False)
    r = result.values["r"]
    near = (r > 1e-3) & (r <= min(float(r[-1]), 2.5))
    for ax, name in zip(axes[0], names, strict=True):
        values = 4 * np.pi * np.outer(r, r)[np.ix_(near, near)] * result.values[name][np.ix_(near, near)]
        limit = np.abs(values).max() or 1.0
        image = ax.pcolormesh(r[near], r[near], values, cmap="RdBu_r", vmin=-limit, vmax=limit, shading="nearest",
                              rasterized=True)  # fmt: skip
        ax.set(title=f"$U_{{{name[2:]}}}$", xlabel="$r'$ [fm]", ylabel="$r$ [fm]", aspect="equal")
        ax.grid(False)
        fig.colorbar(image, ax=ax, shrink=0.85, label=r"$4\pi r r' U$ [MeV/fm]")
    return fig


def _count(result: Results) -> int:
    return sum(name.startswith("channel_energy_") for name in result.values)


def _is_element(name: str, letter: str) -> bool:
    """Whether it is V_11, V_12, …"""
    return name.startswith(f"{letter}_") and name[2:].isdigit()


FIGURES: dict[str, Callable[[Results], Any]] = {
    "coupled_channels": coupled_channels,
    "coupled_potentials": coupled_potentials,
    "coupled_kernels": coupled_kernels,
}
