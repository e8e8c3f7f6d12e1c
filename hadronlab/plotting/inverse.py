"""Figures of the inverse problem, drawn from the arrays of result.h5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hadronlab.estimators.observables import Observables
from hadronlab.plotting.style import COLORS, band, figure

EXPANSION = r"$V_0 + \frac{1}{2}\{V_2, \nabla^2\}$"


def potential(result: Observables) -> Any:
    """U(r,r') and, where the truth is known, the truth and the difference [Wang, Fig. 2]."""
    arrays = result.arrays
    if "U" not in arrays:
        return None
    r, unit = arrays["r"], result.units.get("U", "")
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
        fig.colorbar(image, ax=ax, shrink=0.85, label=f"$U$ [{unit}]" if unit else "$U$")
    return fig


def localised(result: Observables) -> Any:
    """V_θ against V_LO and the truth or the published fit, with error bands [Wang, Fig. 3]."""
    arrays = result.arrays
    if "V_theta" not in arrays:
        return None
    r, fig_axes = arrays["r"], figure(figsize=(7, 4.6))
    fig, ax = fig_axes
    shown = (r <= min(float(r[-1]), 2.5)) if result.units.get("r") == "fm" else r <= r[-1]
    labels = result.labels.get("waves") or ["" for _ in np.atleast_2d(arrays["V_theta"])]
    for index, label in enumerate(labels[:3]):
        style = ("-", "--", "-.")[index]
        tag = f" ({label})" if label else ""
        for name, color, text in (
            ("V_lo", "local", "$V_{LO}$ (Eq. 3)"),
            ("V_theta", "network", r"$V_\theta$ of the full $U$"),
        ):
            values, error = np.atleast_2d(arrays[name])[index], arrays.get(f"{name}_error")
            error = None if error is None else np.atleast_2d(error)[index][shown]
            band(ax, r[shown], values[shown], error, COLORS[color], text + tag, ls=style)
    if "V_truth" in arrays:
        ax.plot(r[shown], arrays["V_truth"][shown], color=COLORS["truth"], ls=":", label="truth")
    finite = np.concatenate(
        [np.atleast_2d(arrays[n])[:3, shown & (r > r[-1] * 0.02)].ravel() for n in ("V_theta", "V_lo")]
    )
    low, high = np.nanpercentile(finite, [0.5, 99.5])
    pad = 0.12 * (high - low)
    ax.axhline(0, color=COLORS["light"], lw=1)
    ax.set(xlabel=_label("r", result), ylabel=_label("V", result, "V_theta"), ylim=(low - pad, high + pad))
    ax.legend(fontsize=10)
    return fig


def nonlocal_surface(result: Observables) -> Any:
    """The nonlocal potential 4π r r' U(r,r') as a surface [Wang, Fig. 4]."""
    arrays = result.arrays
    if "U" not in arrays:
        return None
    r = arrays["r"]
    near = r <= _extent(r, arrays["U"])
    x = r[near][:: max(1, int(near.sum()) // 60)]
    take = np.searchsorted(r, x)
    surface = 4 * np.pi * np.outer(x, x) * arrays["U"][np.ix_(take, take)]
    fig, ax = figure(figsize=(7, 5.6), subplot_kw={"projection": "3d"})
    ax.plot_surface(*np.meshgrid(x, x, indexing="ij"), surface, cmap="viridis", linewidth=0, antialiased=True)
    ax.set(xlabel=_label("r", result), ylabel=_label("r'", result))
    length = result.units.get("r", "")
    ax.set_zlabel(r"$4\pi r r' U$" + (" [MeV/fm]" if length == "fm" else ""), labelpad=8)
    ax.set_box_aspect(None, zoom=0.88)
    ax.view_init(28, -125)
    return fig


def phase_shifts(result: Observables) -> Any:
    """δ(k) and k cot δ of the full nonlocal U, of V_θ, of V_LO, of V0 + V2∇² and of the truth, with bands."""
    arrays = result.arrays
    if "phase_shift_nonlocal" not in arrays:
        return None
    k = arrays["k"]
    fig, (left, right) = figure(1, 2, figsize=(12, 4.6))
    curves = (("nonlocal", "network", "full nonlocal $U$", "-"), ("local", "local", r"localised $V_\theta$", "--"),
              ("leading_order", "reference", "$V_{LO}$", "-."), ("expansion", "other", EXPANSION, (0, (5, 1, 1, 1, 1, 1))),
              ("truth", "truth", "truth", ":"))  # fmt: skip
    kcot_seen = []
    for name, color, label, style in curves:
        delta = arrays.get(f"phase_shift_{name}")
        if delta is None:
            continue
        error = arrays.get(f"phase_shift_{name}_error")
        band(left, k, delta, error, COLORS[color], label, ls=style)
        radians = np.deg2rad(delta)
        kcot = k / np.tan(radians)
        kcot_error = None if error is None else k * np.deg2rad(error) / np.sin(radians) ** 2
        keep = np.abs(np.sin(radians)) > 0.05
        band(
            right,
            k[keep] ** 2,
            kcot[keep],
            None if kcot_error is None else kcot_error[keep],
            COLORS[color],
            label,
            ls=style,
        )
        if name != "local":
            kcot_seen.append(kcot[keep])
    for index, point in enumerate(result.reference.get("phase_shift", {}).get("points", [])):
        left.errorbar(point["k"], point["value"], point.get("error"), fmt="s", ms=4, color=COLORS["light"],
                      label="published" if index == 0 else None)  # fmt: skip
    inverse = f"{result.units['r']}$^{{-1}}$" if result.units.get("r") else r"$\mu$"
    left.set(xlabel=f"$k$ [{inverse}]", ylabel=r"$\delta_0$ [degrees]")
    left.axhline(0, color=COLORS["light"], lw=1)
    seen = np.concatenate(kcot_seen) if kcot_seen else np.array([0.0, 1.0])
    low, high = np.nanpercentile(seen, [1, 97])
    right.set(
        xlabel=f"$k^2$ [{_squared(result)}]",
        ylabel=rf"$k\,\cot\delta_0$ [{inverse}]",
        ylim=(low - 0.2 * (high - low), high + 0.2 * (high - low)),
    )
    left.legend(fontsize=10)
    return fig


def derivative_expansion(result: Observables) -> Any:
    """V0 and V2 of the derivative expansion: solved radius by radius, and fitted in both orderings, with bands."""
    arrays = result.arrays
    if "V2_expansion" not in arrays:
        return None
    r = arrays["r"]
    shown = (r > 1e-3) & (r <= min(float(r[-1]), 2.5))
    fig, axes = figure(1, 2, figsize=(12, 4.6))
    for ax, order in zip(axes, ("V0", "V2"), strict=True):
        points, error = arrays[f"{order}_points"], arrays.get(f"{order}_points_error")
        if error is None:
            ax.plot(r[shown], points[shown], ".", color=COLORS["light"], ms=4, label="radius by radius")
        else:
            ax.errorbar(r[shown], points[shown], error[shown], fmt=".", color=COLORS["light"], ms=4, lw=0.8,
                        label="radius by radius")  # fmt: skip
        heights = []
        for kind, color, label, style in (("expansion_non_hermitian", "reference", r"$V_0 + V_2\nabla^2$", "--"),
                                          ("expansion", "network", EXPANSION, "-")):  # fmt: skip
            values, error = arrays[f"{order}_{kind}"], arrays.get(f"{order}_{kind}_error")
            band(
                ax,
                r[shown],
                values[shown],
                None if error is None else error[shown],
                COLORS[color],
                label,
                ls=style,
            )
            heights.append(values[shown & (r > r[-1] * 0.02)])
        if order == "V0" and "V_truth" in arrays:
            ax.plot(r[shown], arrays["V_truth"][shown], color=COLORS["truth"], ls=":", label="truth")
        low, high = min(np.min(h) for h in heights), max(np.max(h) for h in heights)
        pad = 0.15 * (high - low)
        ax.axhline(0, color=COLORS["light"], lw=1)
        name = f"{order[0]}_{order[1]}"
        ax.set(
            xlabel=_label("r", result),
            ylabel=_label(name, result, f"{order}_expansion"),
            ylim=(low - pad, high + pad),
        )
    axes[0].legend(fontsize=10)
    return fig


def singular_values(result: Observables) -> Any:
    """Singular values of the data against their noise: how many directions of U the data hold."""
    arrays = result.arrays
    if "singular_values" not in arrays:
        return None
    values = arrays["singular_values"]
    index = np.arange(1, len(values) + 1)
    fig, ax = figure(figsize=(6, 4.2))
    ax.semilogy(index, values, "o-", color=COLORS["network"], label="data")
    if "singular_values_noise" in arrays:
        ax.semilogy(
            index,
            np.broadcast_to(arrays["singular_values_noise"], values.shape),
            "--",
            color=COLORS["local"],
            label="noise",
        )
    rank = result.scalars.get("effective_rank")
    ax.set(
        xlabel="direction", ylabel="singular value", title=f"effective rank {rank.value:.0f}" if rank else ""
    )
    ax.set_xticks(index)
    ax.legend()
    return fig


def _extent(r: np.ndarray, U: np.ndarray) -> float:
    """The radius inside which 99.5 % of Σ r² r'² |U| lies, so that a picture is not mostly empty."""
    mass = np.cumsum((np.abs(U) * np.outer(r, r)).sum(1))
    inside = r[np.searchsorted(mass, 0.995 * mass[-1])] if mass[-1] > 0 else r[-1]
    return float(max(inside, r[0] * 3))


def _label(name: str, result: Observables, array: str = "r") -> str:
    unit = result.units.get(array, "")
    return f"${name}$ [{unit}]" if unit else f"${name}$ [$1/\\mu$]" if array == "r" else f"${name}$ [$\\mu$]"


def _squared(result: Observables) -> str:
    return f"{result.units['r']}$^{{-2}}$" if result.units.get("r") else r"$\mu^2$"


FIGURES: dict[str, Callable[[Observables], Any]] = {
    "potential": potential,
    "localised": localised,
    "nonlocal_surface": nonlocal_surface,
    "phase_shifts": phase_shifts,
    "derivative_expansion": derivative_expansion,
    "singular_values": singular_values,
}
