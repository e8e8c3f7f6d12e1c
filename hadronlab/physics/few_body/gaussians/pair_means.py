"""Means of radial factors over the normal distribution of a pair's distance, r_p ~ N(0, v) an axis, and their slopes d/dv.

Of a factor F of spin–orbit and tensor forces between two vectors only ⟨r²F⟩/3v is needed, the mean over a normal distribution with
five axes, which exists for 1/r³. Closed forms for r^p, e^{−μr}, e^{−μr}/r and their products with e^{−r²/ρ²}; any other V(r) by quadrature.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
import torch
from scipy.interpolate import make_interp_spline
from scipy.special import erfcx, gamma

from hadronlab.errors import ConfigError
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.forces.radial_terms import RadialTerm
from hadronlab.physics.quantum_numbers.couplings import pairs_of
from hadronlab.physics.quantum_numbers.spin_orbit import rank

Mean: TypeAlias = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""v → ⟨V⟩ and d⟨V⟩/dv."""

STEP = 0.025  # of ln r: the trapezoid rule and the spline are then exact to about 1e-12
SMALLEST, LARGEST = math.log(1e-6), math.log(1e6)  # ln √v of the tables, fm or bohr


class PairMeans:
    """⟨v_o(r_p e^{iθ})⟩ of the named operators o (None: all) and every pair p, complex where `angle` θ (radian) is not 0."""

    def __init__(
        self,
        interaction: Interaction,
        masses: Sequence[float],
        angle: float = 0.0,
        operators: Sequence[str] | None = None,
    ) -> None:
        self._dtype = complex if angle else float
        classes: dict[tuple[float, float], list[int]] = {}
        for p, (i, j) in enumerate(pairs_of(len(masses))):
            classes.setdefault((masses[i], masses[j]), []).append(p)
        self._means = [
            (pairs, radial_means(interaction, *pair_masses, angle, operators))
            for pair_masses, pairs in classes.items()
        ]

    def __call__(self, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values and slopes, (n_operators, n_pairs, …), of variances (n_pairs, …)."""
        n_operators = len(self._means[0][1])
        values = np.empty((n_operators, *variance.shape), self._dtype)
        slopes = np.empty_like(values)
        for pairs, means in self._means:
            for o, mean in enumerate(means):
                values[o, pairs], slopes[o, pairs] = mean(variance[pairs])
        return values, slopes


def radial_means(
    interaction: Interaction,
    mass_i: float,
    mass_j: float,
    angle: float = 0.0,
    operators: Sequence[str] | None = None,
) -> list[Mean]:
    """The means of the radial factors of a pair, one for each of `operators` (None: all), at r e^{iθ}."""

    mass = [torch.tensor(m, dtype=torch.float64) for m in (mass_i, mass_j)]

    def radial(r: np.ndarray, o: int) -> np.ndarray:
        return interaction.radial(torch.from_numpy(r), *mass)[o].numpy()

    probe = np.geomspace(1e-3, 1e2, 11)
    terms = interaction.radial_terms(mass_i, mass_j)
    means: list[Mean] = []
    for name in interaction.operators if operators is None else operators:
        o, axes = interaction.operators.index(name), 5 if rank(name) else 3
        closed = terms and all(has_closed_form(term, axes) for term in terms[o])
        # a subclass may have changed `radial` and inherited the terms of another
        if terms and closed and _agrees(terms[o], probe, radial(probe, o)):
            means.append(_turned(closed_mean(terms[o], axes), angle))
        else:
            means.append(tabulated_mean(partial(radial, o=o), type(interaction).__name__, angle, axes))
    return means


def _turned(mean: Mean, angle: float) -> Mean:
    """That of f(r e^{iθ}), where `mean` is an analytic function of v."""
    turn = np.exp(2j * angle)

    def turned(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, slope = mean(turn * v)
        return value, turn * slope

    return turned if angle else mean


def _agrees(terms: Sequence[RadialTerm], r: np.ndarray, values: np.ndarray) -> bool:
    parts = [term(r) for term in terms]
    return bool(np.all(np.abs(sum(parts) - values) <= 1e-9 * sum(map(np.abs, parts)) + 1e-300))


def has_closed_form(term: RadialTerm, axes: int = 3) -> bool:
    return term.power > -axes if term.decay == 0 else term.power in (-1, 0) and axes == 3


def closed_mean(terms: Sequence[RadialTerm], axes: int = 3) -> Mean:
    """Of a sum of terms that have closed forms, over a normal distribution with 3 or 5 axes."""

    def mean(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, slope = np.zeros_like(v), np.zeros_like(v)
        for term in terms:
            if term.width == math.inf:
                part, part_slope = _without_gaussian(term, v, axes)
            else:  # e^{−r²/ρ²} narrows the normal distribution to v/F
                narrowed = 1 / (1 + (2 / term.width**2) * v)
                weight = narrowed ** (axes // 2) * np.sqrt(narrowed)
                part, part_slope = _without_gaussian(term, v * narrowed, axes)
                part_slope = weight * (narrowed**2 * part_slope - axes / term.width**2 * narrowed * part)
                part = weight * part
            value += term.strength * part
            slope += term.strength * part_slope
        return value, slope

    return mean


def _without_gaussian(term: RadialTerm, v: np.ndarray, axes: int) -> tuple[np.ndarray, np.ndarray]:
    """⟨r^p e^{−μr}⟩ and its slope."""
    p, mu = term.power, term.decay
    if mu == 0:
        if p == 0:
            return np.ones_like(v), np.zeros_like(v)
        root = np.sqrt(v)
        value = 2 ** (p / 2) * gamma((axes + p) / 2) / gamma(axes / 2) * root**p
        return value, p / 2 * value / v
    z = mu * np.sqrt(v / 2)
    e = erfcx(z)
    slope = (2 * z * e - 2 / math.sqrt(math.pi)) * z / (2 * v)  # of e
    coulomb = math.sqrt(2 / math.pi) / np.sqrt(v)
    if p == -1:
        return coulomb - mu * e, -coulomb / (2 * v) - mu * slope
    growth = 1 + mu**2 * v
    return growth * e - mu * v * coulomb, mu**2 * e + growth * slope - mu * coulomb / 2


def tabulated_mean(
    radial: Callable[[np.ndarray], np.ndarray], name: str, angle: float = 0.0, axes: int = 3
) -> Mean:
    """Of any V(r e^{iθ}): the trapezoid rule in ln r, which converges exponentially, and a quintic spline in ln √v.

    Raises ConfigError where V is not finite, or is no function of a complex r. Beyond √v from 1e-6 to 1e6 the end values stand.
    """
    x = np.exp(np.arange(math.log(1e-8), math.log(9), STEP))  # r/√v
    weight = STEP / (2 ** (axes / 2 - 1) * gamma(axes / 2)) * x**axes * np.exp(-(x**2) / 2)
    spread = np.arange(SMALLEST, LARGEST, STEP)  # ln √v
    r = np.exp(SMALLEST + math.log(x[0]) + STEP * np.arange(len(x) + len(spread) - 1))
    try:
        values = radial(r * np.exp(1j * angle) if angle else r)
    except RuntimeError as error:  # torch has no such function of complex numbers
        raise ConfigError(f"the radial factor of {name} cannot be turned to complex r: {error}") from None
    if not np.all(np.isfinite(values)):
        at = r[~np.isfinite(values)][0]
        raise ConfigError(f"the radial factor of {name} is not finite at r = {at:.3g}: nothing to integrate")
    spline = make_interp_spline(spread, np.correlate(values, weight, mode="valid"), k=5)
    derivative = spline.derivative()

    def mean(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        s = np.clip(np.log(v) / 2, spread[0], spread[-1])
        return spline(s), derivative(s) / (2 * v)

    return mean
