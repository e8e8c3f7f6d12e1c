"""Levels of a table, from reading to scattering length and bound state."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from hadronlab.data.energy_levels import read_levels
from hadronlab.errors import DataError
from hadronlab.observables.effective_range_fit import Fit, fit_effective_range, fit_results
from hadronlab.observables.luescher import MeasuredLevels, Units
from hadronlab.observables.results import Results


@dataclass(frozen=True, eq=False)
class LevelAnalysis:
    """The levels, the fit where one was asked for, and the numbers of both."""

    levels: MeasuredLevels
    fit: Fit | None
    results: Results


def analyse_levels(
    path: str | Path,
    mass: float,
    mass2: float | None = None,
    L: float | None = None,
    spacing: float | None = None,
    unit: str = "MeV",
    terms: int = 2,
    k2_max: float | None = None,
    g_wave: float | None = None,
    resampling: str = "jackknife",
) -> LevelAnalysis:
    """k cot δ of every level of the table at `path` (`data.energy_levels`), and an effective-range fit.

    mass, mass2: of the hadrons (mass2 by default the same). L: side of the boxes where the table does not say.
    spacing, unit: see `Units.chosen`. terms: of the fit, 0 for none; k2_max: up to which level, in the unit of the results.
    g_wave: a4 of k⁹ cot δ4 = −1/a4, for A1+ at rest. resampling: what the bins of the table are.
    A fit that is not possible is a warning. Raises DataError and ConfigError, one line, for what does not fit.
    """
    found = read_levels(path, resampling)
    levels = MeasuredLevels(
        found, (mass, mass if mass2 is None else mass2), L, Units.chosen(unit, spacing), g_wave
    )
    results, fit = levels.results(), None
    if terms:
        try:
            fit = fit_effective_range(levels, terms, math.inf if k2_max is None else k2_max)
            results.add(fit_results(levels, fit))
        except DataError as error:  # k cot δ of the levels stands without it
            results.warnings.append(f"no effective-range fit: {error}")
    return LevelAnalysis(levels, fit, results)
