"""Exponents A = LLᵀ by free parameters: L = diag(e^u) (1 + strictly lower triangle)."""

from __future__ import annotations

import numpy as np


def to_parameters(exponents: np.ndarray) -> np.ndarray:
    """(K, d(d+1)/2) of positive-definite A (K, d, d): u first, then the triangle row by row."""
    lower = np.linalg.cholesky(exponents)
    diagonal = np.diagonal(lower, axis1=1, axis2=2)
    triangle = (lower / diagonal[:, :, None])[(slice(None), *_triangle(exponents.shape[-1]))]
    return np.concatenate([np.log(diagonal), triangle], axis=1)


def to_exponents(parameters: np.ndarray) -> np.ndarray:
    """A (K, d, d)."""
    lower, _ = _factors(parameters)
    return lower @ lower.transpose(0, 2, 1)


def directions(parameters: np.ndarray) -> np.ndarray:
    """∂A_k/∂θ_ki, (K, d(d+1)/2, d, d)."""
    lower, scale = _factors(parameters)
    d = scale.shape[1]
    rise = np.zeros((*parameters.shape, d, d))  # ∂L/∂θ
    for a in range(d):
        rise[:, a, a] = lower[:, a]
    for k, (a, b) in enumerate(zip(*_triangle(d), strict=True)):
        rise[:, d + k, a, b] = scale[:, a]
    half = rise @ lower.transpose(0, 2, 1)[:, None]
    return half + half.transpose(0, 1, 3, 2)


def _factors(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """L (K, d, d) and e^u (K, d)."""
    d = round((np.sqrt(8 * parameters.shape[1] + 1) - 1) / 2)
    scale = np.exp(parameters[:, :d])
    unit = np.zeros((len(parameters), d, d)) + np.eye(d)
    unit[(slice(None), *_triangle(d))] = parameters[:, d:]
    return scale[:, :, None] * unit, scale


def _triangle(d: int) -> tuple[np.ndarray, np.ndarray]:
    return np.tril_indices(d, -1)
