"""An effective-range expansion through levels in boxes, with the bound state that it has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hadronlab.errors import DataError
from hadronlab.estimates.estimate import Estimate, combine
from hadronlab.observables.luescher import MeasuredLevel, MeasuredLevels
from hadronlab.observables.results import Results

STEPS, ENOUGH = 40, 1e-7  # of Gauss–Newton; σ
BINS_A_LEVEL = 4  # from which a covariance of bins is a weight
SLOPE_STEP = 1e-5  # (2π/L)²


class EffectiveRange:
    """k cot δ = c0 + c1 k² + c2 k⁴ …: c0 = −1/a0, c1 = ½ r_eff."""

    def __init__(self, coefficients: Sequence[float] | np.ndarray) -> None:
        self.c = np.asarray(coefficients, dtype=float)

    def __call__(self, k2: float) -> float:
        return float(np.polyval(self.c[::-1], k2))

    @property
    def binding_momentum(self) -> float:
        """κ of the shallowest bound state, k cot δ = −κ at k² = −κ² where the residue has the sign of a state; else nan."""
        terms = np.zeros(2 * len(self.c))  # of powers of κ
        terms[0::2] = self.c * (-1.0) ** np.arange(len(self.c))
        terms[1] += 1.0
        slope = np.polyder(terms[::-1])
        roots = [z.real for z in np.roots(terms[::-1]) if abs(z.imag) < 1e-9 * abs(z) and z.real > 0]
        return min((kappa for kappa in roots if np.polyval(slope, kappa) > 0), default=math.nan)


@dataclass(frozen=True, eq=False)
class Fit:
    """coefficients: (terms,) of `EffectiveRange`; χ² of k² and its degrees of freedom; the names of the levels in it."""

    coefficients: Estimate
    chi2: float
    degrees: int
    names: tuple[str, ...]

    @property
    def terms(self) -> int:
        return int(np.size(self.coefficients.value))


def fit_effective_range(levels: MeasuredLevels, terms: int = 2, k2_max: float = math.inf) -> Fit:
    """Coefficients of `EffectiveRange` from the levels below `k2_max`, by least squares of k².

    Each measured level is set against the one that the coefficients predict between the same two free levels. Bins
    weigh with their covariance where there are four for every level, else with its diagonal. Raises DataError for fewer
    levels than terms, for levels without errors, and where a prediction does not exist.
    """
    points = [p for p in levels.points if p.k2.value <= k2_max]
    if len(points) < terms or terms < 1:
        raise DataError(
            f"{terms} terms of the effective range need as many levels; {len(points)} lie below k² = {k2_max:g}"
        )
    for point in points:
        if not point.k2.error:
            raise DataError(f"{point.name}: a fit needs the error of every level")
    measured = np.array([p.k2.value for p in points])
    covariance = np.array([[float(p.k2.covariance(q.k2)[0, 0]) for q in points] for p in points])
    bins = min(
        (len(part.bins) for p in points for part in p.k2.parts.values() if part.kind != "systematic"),
        default=None,
    )
    if bins is not None and bins < BINS_A_LEVEL * len(points):
        covariance = np.diag(np.diag(covariance))
    try:
        weight = np.linalg.inv(np.linalg.cholesky(covariance))
    except np.linalg.LinAlgError as error:
        raise DataError("the bins of the levels are not independent: one of them is there twice") from error
    central = _fitted(levels, points, measured, weight, _guess(levels, points, terms))
    found = combine(
        lambda *k2: _fitted(levels, points, np.array(k2), weight, central), *(p.k2 for p in points)
    )
    left = weight @ (measured - _predicted(levels, points, central)[0])
    return Fit(found, float(left @ left), len(points) - terms, tuple(p.name for p in points))


def _guess(levels: MeasuredLevels, points: Sequence[MeasuredLevel], terms: int) -> np.ndarray:
    """From k cot δ of every level, by a line."""
    k2 = np.array([p.k2.value for p in points])
    steep = np.array([_slope(levels, p, k2) * p.k2.error for p, k2 in zip(points, k2, strict=True)])
    few = min(terms, 2)
    line = np.polynomial.polynomial.polyfit(k2, [p.k_cot_delta.value for p in points], few - 1, w=1.0 / steep)
    return np.pad(line, (0, terms - few))


def _fitted(
    levels: MeasuredLevels, points: Sequence[MeasuredLevel], k2: np.ndarray, weight: np.ndarray, c: np.ndarray
) -> np.ndarray:
    """Gauss–Newton from `c`."""
    for _ in range(STEPS):
        predicted, slopes = _predicted(levels, points, c)
        step = np.linalg.lstsq(weight @ slopes, weight @ (k2 - predicted), rcond=None)[0]
        c = c + step
        if np.linalg.norm(weight @ slopes @ step) < ENOUGH:
            return c
    raise DataError("the effective-range fit does not converge: fit fewer levels, or fewer terms")


def _predicted(
    levels: MeasuredLevels, points: Sequence[MeasuredLevel], c: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """k² of every level (n,) by the coefficients, and its slopes (n, terms) in them."""
    curve = EffectiveRange(c)
    k2 = np.array([p.frame.level(curve, p.k2.value, levels.wave(p.frame)) for p in points])
    if not np.isfinite(k2).all():
        missing = points[int(np.argmin(np.isfinite(k2)))].name
        raise DataError(
            f"{missing}: an effective range does not meet this level; fit lower ones only, or fewer terms"
        )
    powers = k2[:, None] ** np.arange(len(c))
    turn = powers[:, :-1] @ (c[1:] * np.arange(1, len(c)))  # of the curve itself
    steep = np.array([_slope(levels, p, x) for p, x in zip(points, k2, strict=True)])
    return k2, powers / (steep - turn)[:, None]


def _slope(levels: MeasuredLevels, point: MeasuredLevel, k2: float) -> float:
    """d(k cot δ)/dk² of Lüscher's curve."""
    h = SLOPE_STEP * point.frame.unit**2
    return (levels.curve(point.frame, k2 + h) - levels.curve(point.frame, k2 - h)) / (2.0 * h)


def fit_results(levels: MeasuredLevels, fit: Fit) -> Results:
    """Its scattering length, effective range and bound state."""
    momentum, length, mev = levels.units.names
    inverse = fit.coefficients.map(lambda c: -c[0], momentum)
    found = {"inverse_scattering_length": inverse, "scattering_length": inverse.reciprocal(length)}
    if fit.terms > 1:
        found["effective_range"] = fit.coefficients.map(lambda c: 2.0 * c[1], length)
    found["chi2"], found["degrees_of_freedom"] = Estimate(fit.chi2), Estimate(float(fit.degrees))
    kappa = fit.coefficients.map(lambda c: EffectiveRange(c).binding_momentum, momentum)
    if math.isfinite(kappa.value):
        found["binding_momentum"] = kappa
        found["binding_energy"] = kappa.map(levels.binding_energy, mev)
    return Results(found)
