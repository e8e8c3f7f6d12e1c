"""Figures of a learned potential: poles, potentials that agree, and data with little in them."""

import numpy as np
import pytest

from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.observables.results import Results
from hadronlab.plotting.curves import loss_curves
from hadronlab.plotting.hadron_pair import FIGURES
from hadronlab.plotting.style import band, figure, limits, save


def observables(depth: float = 50.0, waves: int = 2, bins: bool = True) -> Results:
    r, k = np.linspace(0.0, 3.0, 61), np.linspace(0.03, 2.0, 60)
    V = np.stack([-depth * np.exp(-(r**2))] * waves)
    delta = np.sign(depth) * np.linspace(170, -40, 60)
    arrays = {"r": r, "k": k, "U": V[0, :, None] * V[0], "V_theta": V, "V_lo": V, "V_truth": V[0],
              "phase_shift_nonlocal": delta, "phase_shift_local": delta, "singular_values": np.ones(waves),
              "singular_values_noise": np.full(waves, 2.0)}  # fmt: skip
    for order in ("V0", "V2"):
        arrays |= {
            f"{order}_points": V[0],
            f"{order}_expansion": V[0],
            f"{order}_expansion_non_hermitian": V[0],
        }
    units = {"r": "fm", "U": "MeV fm⁻³", "V_theta": "MeV"}
    found = {"effective_rank": Estimate(waves)}
    for name, values in arrays.items():
        error = np.abs(0.1 * values) + 1
        parts = {"lattice": Part((values + error)[None], "systematic")} if bins and name[0] in "Vp" else {}
        rows = tuple(f"wall t={t}" for t in range(waves)) if name == "V_theta" else ()
        found[name] = Estimate(values, units.get(name, ""), parts, rows=rows)
    return Results(found)


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "local_part"])
@pytest.mark.parametrize(
    "result",
    [observables(waves=1, bins=False), observables(0.0), observables(1e9)],
)
def test_every_figure_is_drawn_or_left_out(name, result, tmp_path):
    assert save(FIGURES[name](result), tmp_path / f"{name}.png").stat().st_size > 5000
    assert FIGURES[name](Results({"r": result.arrays["r"]})) is None


def test_a_potential_without_waves_shows_its_local_part(tmp_path):
    whole = observables()
    without = Results({name: e for name, e in whole.estimates.items() if name not in ("V_theta", "V_lo")})
    without.estimates["V_0"] = Estimate(-50 * np.exp(-whole.values["r"]), "MeV")
    assert FIGURES["localised"](without) is None and FIGURES["local_part"](whole) is None
    (axes,) = FIGURES["local_part"](without).axes
    assert [line.get_label() for line in axes.get_lines()][1:] == ["local part $V_0$", "truth"]
    assert save(FIGURES["local_part"](without), tmp_path / "v.png").stat().st_size > 5000


def test_k_cot_delta_is_broken_at_its_pole():
    """δ passes through zero between two momenta."""
    _, right = FIGURES["phase_shifts"](observables()).axes
    kcot = right.get_lines()[0].get_ydata()
    (gap,) = np.flatnonzero(np.isnan(kcot))
    assert kcot[gap - 1] * kcot[gap + 1] < 0 and np.isfinite(right.get_ylim()).all()


def test_a_curve_is_joined_across_a_zero_and_not_across_a_pole():
    _, ax = figure(figsize=(3, 3))
    x = np.linspace(-1, 1, 10)
    band(ax, x, x, np.ones(10), "black", "zero")
    band(ax, x, 1 / x, np.ones(10), "black", "pole")
    assert [np.isnan(line.get_ydata()).sum() for line in ax.get_lines()] == [0, 1]


def test_limits_of_one_value_of_none_and_of_outliers():
    assert limits([3.0]) == (2.997, 3.003) and limits([np.nan]) == (0.0, 1.0) and limits([0.0]) == (-1.0, 1.0)
    assert limits(np.arange(100), [1e9], share=0.9)[1] < 200


def test_both_sources_are_shown_and_v_lo_is_seen_where_it_agrees():
    ax = FIGURES["localised"](observables(waves=6)).axes[0]
    labels = ax.get_legend_handles_labels()[1]
    assert sum("wall t=0" in text for text in labels) == sum("wall t=5" in text for text in labels) == 2
    assert {"None", "-"} <= {line.get_linestyle() for line in ax.get_lines()}


def test_few_logged_steps_are_marked(tmp_path):
    (tmp_path / "metrics.csv").write_text("step,loss,loss/a\n0,3.0,1.0\n20,,\n40,1.0,0.0\n")
    ax = loss_curves(tmp_path / "metrics.csv", 2.0).axes[0]
    assert [len(line.get_xdata()) for line in ax.get_lines()[:2]] == [2, 1]
    assert ax.get_lines()[0].get_marker() == "o"
    assert loss_curves(tmp_path / "none.csv", None) is None
