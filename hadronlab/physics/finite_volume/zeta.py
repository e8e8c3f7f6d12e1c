"""Lüscher's zeta function, at rest and in moving frames.

    Z_l(q²) = Σ_r 𝒴_l0(r) / (r² − q²),   𝒴_lm(r) = r^l Y_lm(r̂),

over r = γ⁻¹(n_∥ − s d) + n_⊥ with n ∈ ℤ³, ∥ along d, s = ½ for equal masses. The sum diverges and means its analytic
continuation. 1/(r² − q²) = ∫₀^∞ e^{−t(r² − q²)} dt is split at T: what is beyond T converges as it stands, what is below
does so after Poisson's formula, and its zero mode is a closed form. The result does not depend on T.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import dawsn, erf, eval_legendre

from hadronlab.errors import HadronlabError

NEGLIGIBLE = 50.0  # −ln of what is left out of either sum
NODES, WEIGHTS = np.polynomial.legendre.leggauss(60)
LARGEST = 400.0  # q² beyond which a sum has millions of terms


@dataclass(frozen=True)
class Boost:
    """A moving frame: d, whole numbers, the total momentum in units of 2π/L; γ = E_lab/E_cm; shift s of the momenta, in d."""

    d: tuple[int, int, int] = (0, 0, 0)
    gamma: float = 1.0
    shift: float = 0.5

    def stretched(self, vectors: np.ndarray, factor: float) -> np.ndarray:
        """Vectors (n, 3) with their component along d multiplied by `factor`."""
        direction = np.array(self.d, dtype=float)
        if not direction.any():
            return vectors
        direction /= np.linalg.norm(direction)
        return vectors + (factor - 1.0) * np.outer(vectors @ direction, direction)


REST = Boost()


def zeta(q2: float, degree: int = 0, boost: Boost = REST, split: float | None = None) -> float:
    """Z_l0(1; q²) of degree l, to 1e-13 of its larger half; split: T, for tests. Raises HadronlabError for q² beyond 400."""
    if not q2 < LARGEST:
        raise HadronlabError(
            f"q² = (kL/2π)² = {q2:.4g} is beyond {LARGEST:g}: the level is too high for this box"
        )
    T = split or 1.0 / max(1.0, q2 / 4.0)
    reach = boost.gamma * math.sqrt(max(q2, 0.0) + NEGLIGIBLE / T)
    offset = boost.shift * np.array(boost.d, dtype=float)
    r = boost.stretched(_vectors(math.ceil(reach + np.linalg.norm(offset))) - offset, 1.0 / boost.gamma)
    gap = (r**2).sum(1) - q2
    total = float((_harmonic(degree, r) * np.exp(-T * gap) / gap).sum())

    w = _vectors(math.ceil(math.sqrt(NEGLIGIBLE * T) / math.pi) + 1)
    w = w[w.any(1)]
    turned = 2.0 * math.pi * w @ offset
    phase = np.cos(turned) if degree % 2 == 0 else -np.sin(turned)
    dual = boost.stretched(w, boost.gamma)
    t = 0.5 * T * (NODES + 1.0)
    inside = np.exp(q2 * t - math.pi**2 * np.multiply.outer((dual**2).sum(1), 1.0 / t)) * (math.pi / t) ** (
        1.5 + degree
    )
    sign = (1.0, 1.0, -1.0, -1.0)[degree % 4]  # of i^l, with the i of the sine of odd l
    total += sign * boost.gamma * 0.5 * T * float((phase * _harmonic(degree, dual)) @ inside @ WEIGHTS)
    if degree == 0:
        total += boost.gamma * math.pi**1.5 * _zero_mode(q2, T) / math.sqrt(4.0 * math.pi)
    return total


def _zero_mode(q2: float, T: float) -> float:
    """∫₀^T e^{q²t} t^{−3/2} dt, continued."""
    x = q2 * T
    if x > 0:
        mean = math.exp(x) * float(dawsn(math.sqrt(x))) / math.sqrt(x)
    else:
        mean = 0.5 * math.sqrt(math.pi / -x) * float(erf(math.sqrt(-x))) if x else 1.0
    return (-2.0 * math.exp(x) + 4.0 * x * mean) / math.sqrt(T)


def _harmonic(degree: int, r: np.ndarray) -> np.ndarray:
    """𝒴_l0 of vectors (n, 3), (n,)."""
    if degree == 0:
        return np.full(len(r), 1.0 / math.sqrt(4.0 * math.pi))
    size = np.linalg.norm(r, axis=1)
    cosine = np.divide(r[:, 2], size, out=np.zeros_like(size), where=size > 0)
    return math.sqrt((2 * degree + 1) / (4.0 * math.pi)) * size**degree * eval_legendre(degree, cosine)


@cache
def _vectors(reach: int) -> np.ndarray:
    """All of ℤ³ within `reach`, (n, 3)."""
    axis = np.arange(-reach, reach + 1)
    n = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    return n[(n**2).sum(1) <= reach**2].astype(float)
