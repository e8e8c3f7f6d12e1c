"""Figures of the inverse problem, drawn from the arrays of result.h5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from hadronlab.observables.results import Results
from hadronlab.plotting.style import COLORS, STROKES, band, figure, limits

EXPANSION = r"$V_0 + \frac{1}{2}\{V_2, \nabla^2\}$"

NATURAL = {"r": "$1/μ$", "U": "$μ^4$", "V2_expansion": "$1/μ$"}
"""units where ħ = μ = 1; of every other array: μ"""


def potential(result: Results) -> Any:
    """U(r,r') and, where the truth is known, the truth and the difference [Wang, Fig. 2]."""
    arrays = result.values
    if "U" not in arrays:
        return None
    r = arrays["r"]
    panels = [("network", arrays["U"])]
    if "U_truth" in arrays:
        panels += [("truth", arrays["U_truth"]), ("network − truth", arrays["U"] - arrays["U_truth"])]
    fig, axes = figure(1, len(panels), figsize=(4.6 * len(panels) + 0.4, 4), squeeze=False)
    near = r <= _extent(r, arrays["U"])
    grid = np.ix_(near, near)
    scale = np.abs(panels[min(1, len(panels) - 1)][1][grid]).max() or 1.0
    for ax, (title, values) in zip(axes[0], panels, strict=True):
        limit = scale if title != "network − truth" else np.abs(values[grid]).max() or 1.0
        image = ax.pcolormesh(
            r[near],
            r[near],
            values[grid],
            cmap="RdBu_r",
            vmin=-limit,
            vmax=limit,
            shading="nearest",
            rasterized=True,
        )
        ax.set(title=title, xlabel=_label("r", result), ylabel=_label("r'", result), aspect="equal")
        ax.grid(False)
        fig.colorbar(image, ax=ax, shrink=0.85, label=_label("U", result, "U"))
    return fig


def localised(result: Results) -> Any:
    """V_θ (lines) against V_LO (markers) and the truth, with errors [Wang, Fig. 3]."""
    arrays = result.values
    if "V_theta" not in arrays:
        return None
    r = arrays["r"]
    fig, ax = figure(figsize=(7, 4.6))
    shown = r <= (min(float(r[-1]), 2.5) if result.unit("r") == "fm" else r[-1])
    r = r[shown]
    thin = np.unique(np.searchsorted(r, np.linspace(r[0], r[-1], 45)))

    ax.axhline(0, color=COLORS["light"], lw=1)
    labels = result.estimates["V_theta"].rows or ("",) * len(arrays["V_theta"])
    waves = sorted({0, len(labels) // 2, len(labels) - 1})
    for wave, stroke, marker in zip(waves, STROKES, "os^", strict=False):
        tag, color = f" ({labels[wave]})" if labels[wave] else "", stroke["color"]
        V, error = _with_error(result, "V_theta", (wave, shown))
        band(ax, r, V, error, label=rf"$V_\theta$ of the full $U${tag}", **stroke)
        V_lo, error = _with_error(result, "V_lo", (wave, shown))
        ax.errorbar(r[thin], V_lo[thin], None if error is None else error[thin], fmt=marker, ms=5, mfc="none",
                    color=color, elinewidth=1, label=f"$V_{{LO}}$ (Eq. 3){tag}")  # fmt: skip
    if "V_truth" in arrays:
        ax.plot(r, arrays["V_truth"][shown], color=COLORS["truth"], ls=":", label="truth")
    inside = [arrays[n][waves][:, shown] for n in ("V_theta", "V_lo")]
    ax.set(
        xlabel=_label("r", result),
        ylabel=_label("V", result, "V_theta"),
        ylim=_window(r, *inside, share=0.98),
    )
    ax.legend()
    return fig


def local_part(result: Results) -> Any:
    """V0(r) of a potential that no wave of a lattice localises."""
    arrays = result.values
    if "V_0" not in arrays or "V_theta" in arrays:
        return None
    fig, ax = figure(figsize=(7, 4.6))
    r, (V, error) = arrays["r"], _with_error(result, "V_0")
    ax.axhline(0, color=COLORS["light"], lw=1)
    band(ax, r, V, error, COLORS["network"], "local part $V_0$")
    shown = [V]
    if "V_truth" in arrays:
        ax.plot(r, arrays["V_truth"], color=COLORS["truth"], ls=":", label="truth")
        shown.append(arrays["V_truth"])
    ax.set(xlabel=_label("r", result), ylabel=_label("V", result, "V_0"), ylim=_window(r, *shown, share=0.98))
    ax.legend()
    return fig


def nonlocal_surface(result: Results) -> Any:
    """The nonlocal potential 4π r r' U(r,r') as a surface [Wang, Fig. 4]."""
    arrays = result.values
    if "U" not in arrays:
        return None
    r = arrays["r"]
    near = r <= _extent(r, arrays["U"])
    x = r[near][:: max(1, int(near.sum()) // 60)]
    take = np.searchsorted(r, x)
    surface = 4 * np.pi * np.outer(x, x) * arrays["U"][np.ix_(take, take)]
    fig, ax = figure(figsize=(7, 5.6), subplot_kw={"projection": "3d"})
    grid = np.meshgrid(x, x, indexing="ij")
    ax.plot_surface(*grid, surface, cmap="viridis", linewidth=0, rstride=1, cstride=1)
    ax.set_xlabel(_label("r", result), labelpad=9)
    ax.set_ylabel(_label("r'", result), labelpad=9)
    unit = "MeV/fm" if result.unit("r") == "fm" else "$μ^2$"
    ax.set_zlabel(rf"$4\pi r r' U$ [{unit}]", labelpad=22)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_major_locator(MaxNLocator(5))
    ax.set_box_aspect(None, zoom=0.82)
    ax.view_init(28, -125)
    return fig


def phase_shifts(result: Results) -> Any:
    """δ(k) and k cot δ of the full nonlocal U, of V_θ, of V_LO, of V0 + V2∇² and of the truth, with bands."""
    arrays = result.values
    if "phase_shift_nonlocal" not in arrays:
        return None
    k = arrays["k"]
    fig, (left, right) = figure(1, 2, figsize=(12, 4.6))
    curves = (("nonlocal", "network", "full nonlocal $U$", "-"), ("local", "local", r"localised $V_\theta$", "--"),
              ("leading_order", "reference", "$V_{LO}$", "-."), ("expansion", "other", EXPANSION, (0, (5, 1, 1, 1, 1, 1))),
              ("truth", "truth", "truth", ":"))  # fmt: skip
    seen = []
    for name, color, label, stroke in curves:
        if f"phase_shift_{name}" not in arrays:
            continue
        delta, error = _with_error(result, f"phase_shift_{name}")
        band(left, k, delta, error, COLORS[color], label, ls=stroke)
        sine, kcot_error = np.sin(np.deg2rad(delta)), None
        with np.errstate(divide="ignore", invalid="ignore"):  # where U = 0 there is no phase shift
            kcot = k / np.tan(np.deg2rad(delta))
            if error is not None:  # within two σ of a pole there is no such thing
                near = np.abs(sine) < 2 * np.deg2rad(error)
                kcot_error = np.where(near, np.nan, k * np.deg2rad(error) / sine**2)
        band(right, k**2, kcot, kcot_error, COLORS[color], label, ls=stroke)
        if name != "local":
            seen.append(kcot)
    for index, point in enumerate(result.reference.get("phase_shift", {}).get("points", [])):
        left.errorbar(point["k"], point["value"], point.get("error"), fmt="s", ms=4, color=COLORS["light"],
                      label="published" if index == 0 else None)  # fmt: skip
    length = result.unit("r")
    inverse, squared = (f"{length}$^{{-1}}$", f"{length}$^{{-2}}$") if length else ("$μ$", "$μ^2$")
    left.axhline(0, color=COLORS["light"], lw=1)
    left.set(xlabel=f"$k$ [{inverse}]", ylabel=r"$\delta_0$ [degrees]")
    left.legend()
    values = np.concatenate(seen)
    common = values[
        np.abs(values) <= 8 * np.nanmedian(np.abs(values))
    ]  # what surrounds a pole is out of the picture
    right.axhline(0, color=COLORS["light"], lw=1)
    right.set(xlabel=f"$k^2$ [{squared}]", ylabel=rf"$k\,\cot\delta_0$ [{inverse}]", ylim=limits(common))
    return fig


def derivative_expansion(result: Results) -> Any:
    """V0 and V2 of the derivative expansion: solved radius by radius, and fitted in both orderings, with bands."""
    arrays = result.values
    if "V2_expansion" not in arrays:
        return None
    r = arrays["r"]
    shown = (r > 1e-3) & (r <= min(float(r[-1]), 2.5))
    fig, axes = figure(1, 2, figsize=(12, 4.6))

    kinds = (
        ("expansion_non_hermitian", "reference", r"$V_0 + V_2\nabla^2$", "--"),
        ("expansion", "network", EXPANSION, "-"),
    )
    for ax, order in zip(axes, ("V0", "V2"), strict=True):
        ax.axhline(0, color=COLORS["light"], lw=1)
        points, error = _with_error(result, f"{order}_points", shown)
        ax.errorbar(
            r[shown], points, error, fmt=".", color=COLORS["light"], ms=4, lw=0.8, label="radius by radius"
        )
        for kind, color, label, stroke in kinds:
            values, error = _with_error(result, f"{order}_{kind}", shown)
            band(ax, r[shown], values, error, COLORS[color], label, ls=stroke)
        if order == "V0" and "V_truth" in arrays:
            ax.plot(r[shown], arrays["V_truth"][shown], color=COLORS["truth"], ls=":", label="truth")
        inside = [arrays[f"{order}_{kind}"][shown] for kind, *_ in kinds]
        name = _label(f"{order[0]}_{order[1]}", result, f"{order}_expansion")
        ax.set(xlabel=_label("r", result), ylabel=name, ylim=_window(r[shown], *inside))
    axes[0].legend()
    return fig


def singular_values(result: Results) -> Any:
    """Singular values of the data against their noise: how many directions of U the data hold."""
    arrays = result.values
    if "singular_values" not in arrays:
        return None
    values = arrays["singular_values"]
    fig, ax = figure(figsize=(6, 4.2))
    ax.semilogy(np.arange(1, len(values) + 1), values, "o-", color=COLORS["network"], label="data")
    if "singular_values_noise" in arrays:
        noise = float(arrays["singular_values_noise"][0])
        ax.axhline(noise, ls="--", color=COLORS["local"], label="noise")
    rank = result.scalars.get("effective_rank")
    ax.set(xlabel="direction", ylabel="singular value", title=f"effective rank {rank.value:.0f}" if rank else "",
           xlim=(0.5, len(values) + 0.5))  # fmt: skip
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.legend()
    return fig


def _extent(r: np.ndarray, U: np.ndarray) -> float:
    """The radius inside which 98 % of Σ r r' |U| lies, so that a picture is not mostly empty."""
    mass = np.cumsum((np.abs(U) * np.outer(r, r)).sum(1))
    inside = r[np.searchsorted(mass, 0.98 * mass[-1])] if mass[-1] > 0 else r[-1]
    return float(max(inside, r[0] * 3))


def _with_error(result: Results, name: str, at: Any = ...) -> tuple[np.ndarray, np.ndarray | None]:
    """What stands at the indices `at` of an array, and its error where it has one."""
    estimate: Any = result.estimates[name]
    error = estimate.error
    return estimate.value[at], None if error is None else error[at]


def _window(r: np.ndarray, *curves: np.ndarray, share: float = 1.0) -> tuple[float, float]:
    """Limits that hold all attraction, and of a core only what reaches beyond a sixth of the radii."""
    wells = (np.minimum(V[..., r > r[-1] / 100], 0.0) for V in curves)
    return limits(*wells, *(V[..., r > r[-1] / 6] for V in curves), share=share)


def _label(name: str, result: Results, array: str = "r") -> str:
    return f"${name}$ [{result.unit(array) or NATURAL.get(array, '$μ$')}]"


FIGURES: dict[str, Callable[[Results], Any]] = {
    "potential": potential,
    "localised": localised,
    "local_part": local_part,
    "nonlocal_surface": nonlocal_surface,
    "phase_shifts": phase_shifts,
    "derivative_expansion": derivative_expansion,
    "singular_values": singular_values,
}
