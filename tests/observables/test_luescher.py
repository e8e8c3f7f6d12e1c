"""Levels from elsewhere: a known effective range comes back from its levels, a published one from its table."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from hadronlab import luescher as command
from hadronlab.api import analyse_levels
from hadronlab.data.energy_levels import EnergyLevel
from hadronlab.errors import ConfigError, DataError
from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.observables.effective_range_fit import EffectiveRange, fit_effective_range, fit_results
from hadronlab.observables.luescher import MeasuredLevels, Units
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.finite_volume.kinematics import energy
from hadronlab.physics.finite_volume.luescher import Frame
from hadronlab.plotting.luescher import luescher
from hadronlab.plotting.style import save

# the H dibaryon of N202, units of m_π; the last two: half the width of the 95 % interval
SIDE, MASS = "6.433311644686866", "2.83980584569588"
N202 = """frame,k2,error
P000,-0.2333338514,0.02032
P001,-0.09655655298,0.0266
P011,0.02631716532,0.03438
P111,0.1154359938,0.04945
P002,-0.2053240363,0.01932
"""
NATURAL = Units(1.0, 1.0, 1.0)
TRUTH = EffectiveRange([-0.31, 0.62])
BINS = 30


def made_of(
    curve: EffectiveRange, masses: tuple[float, float], frames: dict[str, float], g_wave: float | None = None
) -> list[EnergyLevel]:
    """The two lowest levels of a curve in boxes of side L by frame, exact, with an error each."""
    wave = None if g_wave is None else lambda k: -1.0 / (g_wave * k**9)
    found = []
    for name, side in frames.items():
        d = (int(name[0]), int(name[1]), int(name[2]))
        frame = Frame(side, masses, d)
        free = frame.free_levels(2)
        for n, near in enumerate((free[0] - 1e-3, free[0] + 1e-3)):
            k2 = frame.level(curve, near, None if any(d) else wave)
            total = math.hypot(float(energy(k2, masses)), frame.momentum)
            part = {f"{name} {n}": Part(np.array([total * (1 + 1e-4)]), "systematic")}
            found.append(EnergyLevel(f"{name} {n}", "E", Estimate(total, parts=part), d, side))
    return found


@pytest.mark.parametrize("masses", [(4.7, 4.7), (2.5, 6.0)])
def test_an_effective_range_comes_back(masses: tuple[float, float]) -> None:
    """At rest and moving, equal and unequal masses, from energies in the frame of the box."""
    levels = MeasuredLevels(
        made_of(TRUTH, masses, {"000": 5.0, "001": 5.0, "111": 6.0}), masses, None, NATURAL
    )
    for p in levels.points:
        assert p.k_cot_delta.value == pytest.approx(TRUTH(p.k2.value), abs=1e-6)
    fit = fit_effective_range(levels)
    assert fit.coefficients.value == pytest.approx(TRUTH.c, abs=1e-6)
    assert fit.chi2 < 1e-10 and fit.degrees == 4
    found = fit_results(levels, fit).values
    kappa = found["binding_momentum"]
    assert TRUTH(-(kappa**2)) == pytest.approx(-kappa, abs=1e-6)
    assert found["binding_energy"] == pytest.approx(
        sum(masses) - float(energy(-(kappa**2), masses)), rel=1e-9
    )


@pytest.mark.slow
def test_errors_are_those_of_many_repetitions() -> None:
    """Gaussian noise on k²: the spread of the fits is the quoted error."""
    masses, generator = (4.7, 4.7), np.random.default_rng(5)
    exact = MeasuredLevels(made_of(TRUTH, masses, {"000": 5.0, "001": 5.0}), masses, None, NATURAL)
    sigma, fits = 0.004, []
    for _ in range(40):
        noisy = []
        for p in exact.points:
            value = float(p.k2.value) + sigma * generator.standard_normal()
            part = {p.name: Part(np.array([value + sigma]), "systematic")}
            noisy.append(EnergyLevel(p.name, "k2", Estimate(value, parts=part), p.frame.d, p.frame.length))
        fits.append(fit_effective_range(MeasuredLevels(noisy, masses, None, NATURAL)))
    spread = np.std([f.coefficients.value for f in fits], axis=0, ddof=1)
    quoted = np.mean([f.coefficients.error for f in fits], axis=0)
    assert spread / quoted == pytest.approx(np.ones(2), abs=0.3)  # 40 repetitions know a width to 11 %
    assert np.mean([f.chi2 for f in fits]) == pytest.approx(2.0, abs=1.0)  # two degrees of freedom, ± 2/√40


def test_bins_carry_their_correlation() -> None:
    """Levels that move together in the bins: a fit of one term has the error of one level, not of four."""
    masses, generator = (4.7, 4.7), np.random.default_rng(2)
    shift = 0.01 * generator.standard_normal(BINS) / math.sqrt(BINS)
    constant = EffectiveRange([-0.31])
    bins = []
    for level in made_of(constant, masses, {"000": 5.0, "001": 5.0}):
        frame = Frame(5.0, masses, level.d)
        k2 = MeasuredLevels([level], masses, None, NATURAL).points[0].k2.value
        moved = [frame.level(EffectiveRange([-0.31 + s]), k2) for s in shift - shift.mean()]
        bins.append(
            EnergyLevel(
                level.name,
                "k2",
                Estimate(k2, parts={"levels": Part(np.array(moved), "jackknife")}),
                level.d,
                5.0,
            )
        )
    fit = fit_effective_range(MeasuredLevels(bins[:1], masses, None, NATURAL), terms=1)
    assert fit.coefficients.value == pytest.approx([-0.31], abs=1e-6)
    expected = math.sqrt((BINS - 1) / BINS * np.square(shift - shift.mean()).sum())
    assert fit.coefficients.error == pytest.approx([expected], rel=1e-3)
    with pytest.raises(DataError, match="there twice"):
        fit_effective_range(MeasuredLevels([bins[0], bins[0]], masses, None, NATURAL), terms=1)


def test_the_g_wave_is_allowed_for() -> None:
    """Levels made with l = 4 need it to lie on the curve."""
    masses, a4 = (4.7, 4.7), 0.02
    made = made_of(TRUTH, masses, {"000": 4.0}, a4)
    without, with_it = (MeasuredLevels(made, masses, None, NATURAL, g) for g in (None, a4))
    k2 = without.points[1].k2.value
    assert with_it.points[1].k_cot_delta.value == pytest.approx(TRUTH(k2), abs=1e-6)
    assert abs(without.points[1].k_cot_delta.value - TRUTH(k2)) > 1e-4


def test_a_published_dibaryon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """N202, level 0 of five frames, by the command: A = −0.2095, r = 1.729, κ = 0.2748 m_π (χ² has the same definition)."""
    path = tmp_path / "n202.csv"
    path.write_text(N202, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        sys, "argv", ["hadronlab-luescher", str(path), "--L", SIDE, "--mass", MASS, "--unit", "lattice"]
    )
    command.main()
    shown = capsys.readouterr().out
    assert "k_cot_delta.000 n0" in shown and "binding_energy" in shown
    result = json.loads(Path(shown.splitlines()[-1]).read_text(encoding="utf-8"))["observables"]
    assert result["inverse_scattering_length"]["value"] == pytest.approx(
        0.2095, abs=2e-3
    )  # the widths have four digits
    assert result["effective_range"]["value"] == pytest.approx(1.729, abs=0.01)
    assert result["binding_momentum"]["value"] == pytest.approx(0.2748, abs=3e-3)
    assert (tmp_path / "outputs" / "luescher" / "n202" / "luescher.png").stat().st_size > 10_000
    with pytest.raises(SystemExit, match="1"):
        monkeypatch.setattr(
            sys, "argv", ["hadronlab-luescher", str(path), "--mass", MASS, "--unit", "lattice"]
        )
        command.main()
    assert capsys.readouterr().err == "error: 000 n0: how large is its box? Give L, or a column L\n"


def test_units_of_the_lattice_and_of_nature_agree(tmp_path: Path) -> None:
    """The same levels × a, and in MeV with L in sites."""
    a, L, mass = 0.09, 48, 0.6
    energies = [2 * mass - 0.02, 2 * mass + 0.01]
    (tmp_path / "a.csv").write_text(
        "Ecm,error\n" + "".join(f"{E},0.001\n" for E in energies), encoding="utf-8"
    )
    (tmp_path / "mev.csv").write_text("dE,error\n" + "".join(f"{(E - 2 * mass) * HBAR_C / a},{0.001 * HBAR_C / a}\n" for E in energies),
                                      encoding="utf-8")  # fmt: skip
    one = analyse_levels(tmp_path / "a.csv", mass, L=L, spacing=a, unit="lattice").results
    two = analyse_levels(tmp_path / "mev.csv", mass * HBAR_C / a, L=L, spacing=a).results
    for name, estimate in one.estimates.items():
        assert estimate.value == pytest.approx(two.estimates[name].value, rel=1e-7), name
        assert estimate.unit == two.estimates[name].unit
    assert one.unit("effective_range") == "fm" and one.unit("binding_energy") == "MeV"


def test_an_error_that_reaches_a_free_level_gives_none() -> None:
    levels = MeasuredLevels(
        [EnergyLevel("n0", "k2", Estimate(-0.01, parts={"x": Part(np.array([0.04]), "systematic")}))],
        (5.0, 5.0),
        5.0,
        NATURAL,
    )
    assert levels.points[0].k_cot_delta.error is None
    assert levels.results().warnings == ["no error of k cot δ at n0: a free level lies within that of k²"]


def test_a_figure(tmp_path: Path) -> None:
    (tmp_path / "n202.csv").write_text(N202, encoding="utf-8")
    for terms in (0, 2):
        analysis = analyse_levels(
            tmp_path / "n202.csv", float(MASS), L=float(SIDE), unit="lattice", terms=terms
        )
        assert save(luescher(analysis), tmp_path / f"{terms}.png").stat().st_size > 10_000


def test_what_does_not_fit_is_told(tmp_path: Path) -> None:
    path = tmp_path / "levels.csv"
    path.write_text(N202, encoding="utf-8")
    mass, side = float(MASS), float(SIDE)
    for settings, said in (
        ({"mass": -1.0}, "give positive numbers"),
        ({"mass": mass, "L": 0.0}, "000 n0: the box has a side of 0"),
        ({"mass": mass, "unit": "GeV"}, "choose MeV or lattice"),
        ({"mass": mass, "spacing": 0.0}, "a lattice spacing of 0"),
        ({"mass": mass, "g_wave": 0.0}, "other than zero"),
        ({"mass": mass, "resampling": "guess"}, "choose one of jackknife, bootstrap"),
        ({"mass": 0.3}, "below −m²"),
    ):
        with pytest.raises((DataError, ConfigError), match=said):
            analyse_levels(path, **{"L": side, "unit": "lattice", **settings})
    path.write_text("E,error\n1.0,0.1\n", encoding="utf-8")
    with pytest.raises(DataError, match="E = 1 is no energy of two hadrons"):
        analyse_levels(path, 938.9, L=5.0, mass2=1318.0)


def test_a_fit_that_is_not_possible_leaves_the_levels(tmp_path: Path) -> None:
    """Too many terms, levels that no effective range meets, and those without errors: told, with k cot δ of each."""
    path = tmp_path / "levels.csv"
    meets_none = "frame,k2,error\n000,-0.105,0.015\n000,1.966,0.02\n001,-0.041,0.02\n"
    for text, settings, said in (
        (N202, {"terms": 9}, "9 terms of the effective range need as many levels"),
        (N202, {"k2_max": -1.0}, "0 lie below"),
        (meets_none, {"mass": 7.39, "L": 4.32}, "does not meet this level"),
        ("k2\n0.3\n0.4\n", {}, "needs the error of every level"),
    ):
        path.write_text(text, encoding="utf-8")
        found = analyse_levels(path, **{"mass": float(MASS), "L": float(SIDE), "unit": "lattice", **settings})
        assert found.fit is None and said in found.results.warnings[-1]
        assert "scattering_length" not in found.results.estimates
        assert len(found.results.estimates) == 2 * (len(text.split()) - 1)


def test_bound_states_of_effective_ranges() -> None:
    assert EffectiveRange([-0.5]).binding_momentum == pytest.approx(0.5)
    assert math.isnan(EffectiveRange([0.5]).binding_momentum)  # virtual
    shallow = EffectiveRange([-0.2095, 0.8645]).binding_momentum
    assert shallow == pytest.approx(0.2751, abs=1e-3)
