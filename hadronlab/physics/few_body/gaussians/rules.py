"""Rules for means over the length ρ and the directions u of d normal vectors in space, up to a common rotation of all of them.

Of two vectors Gauss's rule; of more points of a Sobol sequence, which are turned by all permutations of identical particles, so
that H is as symmetric as with exact integrals.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.polynomial.chebyshev import chebvander
from numpy.polynomial.legendre import leggauss
from scipy.stats import beta, qmc


def radii(d: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss's rule for the length ρ of N(0, 1)^{3d}, exact for polynomials of ρ, odd powers too: the eigenvalues of ρ between those of
    low degree, which a fine rule makes orthogonal.
    """
    x, w = leggauss(400)
    rho = (1 + x) * (math.sqrt(3 * d) + 12) / 2
    root = np.sqrt(w * rho ** (3 * d - 1)) * np.exp(-(rho**2) / 4)
    basis, _ = np.linalg.qr(root[:, None] * chebvander(x, count - 1))
    values, vectors = np.linalg.eigh(basis.T @ (rho[:, None] * basis))
    weights = (root @ basis @ vectors) ** 2
    return values, weights / weights.sum()


def shapes(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Directions u of two vectors in a plane, (n², 2, 3), with weights: lengths cos α, sin α and cosine c between them, by Gauss's
    rule for sin²α cos²α dα dc.
    """
    x, w = leggauss(n)
    alpha, cosine = (a.ravel() for a in np.meshgrid(math.pi / 4 * (1 + x), x, indexing="ij"))
    points = np.zeros((n * n, 2, 3))
    points[:, 0, 0], points[:, 1, 0] = np.cos(alpha), np.sin(alpha) * cosine
    points[:, 1, 1] = np.sin(alpha) * np.sqrt(1 - cosine**2)
    return points, np.outer(w, w).ravel() * (np.sin(alpha) * np.cos(alpha)) ** 2


def directions(d: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Directions u of d vectors from a Sobol sequence, (q, d, 3), of equal weights: the first vector along z, the second in the plane of
    x and z, the third on one side of it.
    """
    uniform = qmc.Sobol(max(1, 3 * d - 4), rng=np.random.default_rng(seed)).random(count)
    uniform = np.clip(uniform, 1e-12, 1 - 1e-12).T
    squares, left = [], np.ones(count)
    for k in range(d - 1):
        share = beta.ppf(uniform[k], 1.5, 1.5 * (d - 1 - k))
        squares.append(left * share)
        left = left * (1 - share)
    lengths = np.sqrt([*squares, left])
    points = np.zeros((count, d, 3))
    points[:, :, 2] = 1.0
    for k in range(1, d):
        cosine = 2 * uniform[d - 2 + k] - 1
        angle = np.zeros(count) if k == 1 else math.pi * (1 + (k > 2)) * uniform[2 * d - 4 + k]
        sine = np.sqrt(1 - cosine**2)
        points[:, k] = np.stack([sine * np.cos(angle), sine * np.sin(angle), cosine], 1)
    return lengths.T[:, :, None] * points, np.ones(count)


def turned(
    points: np.ndarray, weights: np.ndarray, rotations: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Second moments Σ_axis u_i u_j, i ≤ j, of all turned directions, (d(d+1)/2, q), and their shares (q,)."""
    all_of_them = np.concatenate([np.einsum("ij,qjx->qix", turn, points) for turn in rotations])
    moments = np.einsum("qix,qjx->ijq", all_of_them, all_of_them)[np.triu_indices(points.shape[1])]
    return moments, np.tile(weights, len(rotations)) / (len(rotations) * weights.sum())
