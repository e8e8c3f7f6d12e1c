"""The picture of levels in boxes."""

from __future__ import annotations

from typing import Any

import numpy as np

from hadronlab.observables.results import Results

MARKERS = "os^Dv"


def draw_boxes(results: Results, figure: Any) -> Any:
    """Levels against the side of the box; k cot δ of Lüscher beside that of the potential; ΔE_eff(t) beside the data."""
    values = results.values
    if "box_levels" not in values:
        return None
    with_data = "energy_shift_data" in values
    fig, axes = figure(1, 3 if with_data else 2, figsize=(17 if with_data else 11.5, 4.6))
    _levels(axes[0], results)
    _relation(axes[1], results)
    if with_data:
        _energy_shift(axes[2], results)
    return fig


def _levels(ax: Any, results: Results) -> None:
    side, unit = np.asarray(results.estimates["box_length"].value), results.unit("box_levels")
    width = 0.012 * (np.ptp(side) or side[0])
    for name, marker, color, label, shift in (
        ("box_levels", "o", "C0", "continuum", -width),
        ("box_levels_lattice", "s", "C1", "lattice", width),
    ):
        levels, error = with_error(results, name)
        for n in range(levels.shape[1]):
            ax.errorbar(side + shift, levels[:, n], error[:, n], fmt=marker, ms=5, mfc="none", capsize=3, lw=1.2, color=color,
                        label=label if n == 0 else None)  # fmt: skip
    ax.axhline(0, color="0.6", lw=1)
    ax.margins(x=0.2)
    ax.set(xlabel=axis_label("$L$", results.unit("box_length")), ylabel=axis_label(r"$\Delta E$", unit))
    ax.legend()


def _relation(ax: Any, results: Results) -> None:
    k2, x = (np.asarray(results.estimates[name].value) for name in ("box_k2", "box_curve_k2"))
    curve = np.array(results.estimates["box_curve_k_cot_delta"].value)
    size = np.abs(curve)
    pole = (curve[1:] * curve[:-1] < 0) & (np.minimum(size[1:], size[:-1]) > np.nanmedian(size))
    curve[1:][pole] = np.nan
    ax.plot(x, curve, "-", color="0.3", lw=1.4, label="of the potential")
    relation, error = with_error(results, "box_k_cot_delta")
    for i, row in enumerate(results.estimates["box_k2"].rows):
        ax.errorbar(
            k2[i],
            relation[i],
            error[i],
            fmt=MARKERS[i % len(MARKERS)],
            ms=6,
            capsize=2,
            lw=1.2,
            label=f"Lüscher, {row}",
        )
    if "box_k_cot_delta_g_wave" in results.estimates:
        ax.plot(
            k2.ravel(),
            np.ravel(results.estimates["box_k_cot_delta_g_wave"].value),
            "x",
            color="0.3",
            ms=6,
            label="with $l = 4$",
        )
    exact = np.ravel(results.estimates["box_k_cot_delta_infinite"].value)
    shown = exact[np.abs(exact) <= 6 * np.nanmedian(np.abs(exact))]
    pad = 0.25 * np.ptp(shown) or 1.0
    ax.axhline(0, color="0.6", lw=1)
    unit = results.unit("box_k_cot_delta")
    ax.set(xlabel=axis_label("$k^2$", unit and "fm$^{-2}$"), ylabel=axis_label(r"$k\,\cot\delta_0$", unit and "fm$^{-1}$"),
           ylim=(shown.min() - pad, shown.max() + pad))  # fmt: skip
    ax.legend()


def _energy_shift(ax: Any, results: Results) -> None:
    t = np.asarray(results.estimates["energy_shift_t"].value)
    predicted, error = with_error(results, "energy_shift_predicted")
    data, noise = with_error(results, "energy_shift_data")
    for i, row in enumerate(results.estimates["energy_shift_data"].rows):
        ax.plot(t, predicted[i], "-" if i == 0 else "--", color=f"C{i}", label=f"predicted, {row}")
        ax.fill_between(t, predicted[i] - error[i], predicted[i] + error[i], color=f"C{i}", alpha=0.22, lw=0)
        ax.errorbar(
            t + 0.06 * i,
            data[i],
            noise[i],
            fmt=MARKERS[i % len(MARKERS)],
            ms=6,
            capsize=2,
            lw=1.2,
            color=f"C{i}",
            label=f"$R(t)$, {row}",
        )
    ax.axhline(0, color="0.6", lw=1)
    ax.set(xlabel="$t/a$", xticks=t, ylabel=axis_label(r"$\Delta E_{\mathrm{eff}}(t)$", "MeV"))
    ax.legend()


def with_error(results: Results, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Values and errors, zero where there are none."""
    estimate = results.estimates[name]
    values = np.asarray(estimate.value)
    return values, np.zeros_like(values) if estimate.error is None else np.nan_to_num(
        np.asarray(estimate.error)
    )


def axis_label(name: str, unit: str) -> str:
    return f"{name} [{unit}]" if unit else name
