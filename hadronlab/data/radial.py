"""Laplacian and slope of a regular S-wave function sampled on a radial grid."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import make_interp_spline

from hadronlab.errors import DataError

METHODS = ("differences", "spline")


def finite_difference_weights(x: np.ndarray, centre: float, derivative: int) -> np.ndarray:
    """Weights (n,) of the `derivative`-th derivative at `centre` from values at distinct `x` (n,).

    Exact for polynomials of degree n − 1. The points are scaled, so that the Vandermonde system stays tame.
    """
    scale = np.abs(x - centre).max()
    powers = np.vander((x - centre) / scale, increasing=True).T
    right = np.zeros(len(x))
    right[derivative] = float(np.prod(np.arange(1, derivative + 1)))
    return np.linalg.solve(powers, right) / scale**derivative


def derivative_matrix(r: np.ndarray, derivative: int, points: int = 9) -> np.ndarray:
    """Matrix (N, N) of d^n(rf)/dr^n from f on an increasing grid r > 0, by `points`-point differences.

    u = rf is continued as an odd function through r = 0, which a regular S-wave is, so that only the outer
    edge is one-sided. Raises DataError with fewer radii than points.
    """
    if len(r) < points:
        raise DataError(f"derivatives by {points}-point differences need {points} radii, got {len(r)}")
    half = points // 2
    nodes = np.concatenate([-r[:half][::-1], [0.0], r])  # u(0) = 0 costs no column
    matrix = np.zeros((len(r), len(r)))
    for i in range(len(r)):
        first = min(i + 1, len(nodes) - points)
        weights = finite_difference_weights(nodes[first : first + points], float(r[i]), derivative)
        for node, weight in enumerate(weights, start=first):
            if node != half:
                column = node - half - 1 if node > half else half - 1 - node
                matrix[i, column] += weight * nodes[node]
    return matrix


def _derivative(values: np.ndarray, r: np.ndarray, derivative: int, method: str) -> np.ndarray:
    """d^n(rf)/dr^n: 9-point "differences", or a quintic "spline" through r f(r)."""
    if method == "differences":
        return values @ derivative_matrix(r, derivative).T
    if method == "spline":
        if len(r) < 6:
            raise DataError(f"derivatives by quintic spline need 6 radii, got {len(r)}")
        u = values * r
        x = np.concatenate([-r[::-1], [0.0], r])
        odd = np.concatenate([-u[..., ::-1], np.zeros_like(u[..., :1]), u], axis=-1)
        return make_interp_spline(x, odd, k=5, axis=-1).derivative(derivative)(r)
    raise DataError(f"unknown radial Laplacian {method!r}; choose one of {', '.join(METHODS)}")


def radial_laplacian(values: np.ndarray, r: np.ndarray, method: str = "differences") -> np.ndarray:
    """∇²f = u''/r, u = rf, of `values` (..., N) on `r` (N,)."""
    return _derivative(values, r, 2, method) / r


def radial_slope(values: np.ndarray, r: np.ndarray, method: str = "differences") -> np.ndarray:
    """df/dr = (u' − f)/r, u = rf, of `values` (..., N) on `r` (N,)."""
    return (_derivative(values, r, 1, method) - values) / r
