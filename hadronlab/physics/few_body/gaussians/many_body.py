"""Means of a force W of many bodies: a sum over pairs that is near it, in closed form, and the rest by a rule of fixed points.

Exponents are refined with the sum over pairs, for no rule is right for all shapes of Gaussians and steps would find those for
which it is wrong; candidates are chosen by W itself, and the levels that are quoted are those of W. What the rules integrate is only
the small difference of the two: x = C^{½}y, y = ρu ~ N(0, 1)^{3d}, with Gauss's rule for the radius (of a difference of degree one,
such as lengths of strings, the mean of ρ is all that is needed) and directions u up to a common rotation of all vectors: of two
vectors by Gauss's rule, of more from a Sobol sequence, which is turned by all permutations of identical particles, so that H is as
symmetric as with exact integrals.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.polynomial.legendre import leggauss
from scipy.special import gammaln, ndtri, roots_genlaguerre
from scipy.stats import chi, qmc

from hadronlab.physics.few_body.gaussians.pair_means import PairMeans
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.quantum_numbers.couplings import pairs_of

SHAPES = (20, 21, 8)  # points along either coordinate of the shape of three particles, in each rule
DIRECTIONS = (2**12, 2**12, 2**9)  # of more particles
COARSE = 2  # the rule by which candidates are judged; the others are those of the result
RADII = 10  # where the force is no power of ρ
OF_DEGREE_ONE = 1e-10  # relative
AT_ONCE = 2**20  # distances


class ManyBodyMeans:
    """W ≈ Σ_p slope_p r_p + constant, `slope` (n_pairs,) equal for pairs of equal masses.

    pair_rows w_p (n_pairs, d); rotations: of the Jacobi vectors by permutations, (d, d) each. cut: eigenvalues of S, below which
    errors of the rules would count as energies.
    """

    def __init__(
        self,
        interaction: Interaction,
        masses: torch.Tensor,
        pair_rows: np.ndarray,
        rotations: list[np.ndarray],
    ) -> None:
        self._interaction, self._masses, self._rows = interaction, masses, pair_rows
        d = pair_rows.shape[1]
        turns = [np.eye(d)] if d == 2 else rotations
        rules = [
            shapes(n) if d == 2 else directions(d, q, seed)
            for seed, (n, q) in enumerate(zip(SHAPES, DIRECTIONS, strict=True))
        ]
        self._rules = [_turned(*rule, turns) for rule in rules]
        self.cut = 1e-8 if d == 2 else 1e-5
        flavors = [(float(masses[i]), float(masses[j])) for i, j in pairs_of(len(masses))]
        classes = np.array([[pair == one for pair in flavors] for one in dict.fromkeys(flavors)], dtype=float)
        scale = 1 / np.linalg.norm(pair_rows, axis=1).mean()
        r = self._distances(scale * pair_rows[None], self._rules[0][0])[0]
        together = float(self._force(1e-9 * r[:, :1])[0])
        self.constant = together if np.isfinite(together) else 0.0
        fitted = np.linalg.lstsq((classes @ r).T, self._force(r) - self.constant, rcond=None)[0]
        self.slope = fitted @ classes
        once, twice = self._rest(r), self._rest(2 * r)
        if np.abs(twice - 2 * once).max() <= OF_DEGREE_ONE * np.abs(self._force(r)).max():
            mean = math.sqrt(2) * math.exp(gammaln((3 * d + 1) / 2) - gammaln(3 * d / 2))
            self._radii = [(mean, 1.0)]
        else:
            half_square, weight = roots_genlaguerre(RADII, 3 * d / 2 - 1)
            self._radii = list(zip(np.sqrt(2 * half_square), weight / weight.sum(), strict=True))

    def rest(self, covariance: np.ndarray, rule: int) -> np.ndarray:
        """⟨W − Σ_p slope_p r_p − constant⟩, (…), of covariances (d, d, …)."""
        d, shape = len(covariance), covariance.shape[2:]
        values, vectors = np.linalg.eigh(np.moveaxis(covariance.reshape(d, d, -1), -1, 0))
        roots = (vectors * np.sqrt(values)[:, None]) @ vectors.transpose(0, 2, 1)
        found, (moments, shares) = np.zeros(len(roots)), self._rules[rule]
        step = max(1, AT_ONCE // (len(shares) * len(self._rows)))
        for first in range(0, len(roots), step):
            part = slice(first, first + step)
            r = self._distances(self._rows @ roots[part], moments)
            flat = r.transpose(1, 0, 2).reshape(len(self._rows), -1)
            for radius, weight in self._radii:
                found[part] += weight * self._rest(radius * flat).reshape(len(r), -1) @ shares
        return found.reshape(shape)

    def _distances(self, rows: np.ndarray, moments: np.ndarray) -> np.ndarray:
        """|w·u| of rows (E, n_pairs, d) for every direction, (E, n_pairs, q)."""
        outer = (rows[..., :, None] * rows[..., None, :]).reshape(*rows.shape[:2], -1)
        return np.sqrt(np.maximum(outer @ moments, 0))

    def _rest(self, r: np.ndarray) -> np.ndarray:
        return self._force(r) - self.slope @ r - self.constant

    def _force(self, r: np.ndarray) -> np.ndarray:
        found = self._interaction.many_body(torch.from_numpy(r), self._masses)
        assert found is not None
        return found.numpy()


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
    x and z.
    """
    uniform = qmc.Sobol(max(1, 3 * d - 3), rng=np.random.default_rng(seed)).random(count)
    uniform = np.clip(uniform, 1e-12, 1 - 1e-12)
    points = np.zeros((count, 3 * d))
    points[:, 2] = chi.ppf(uniform[:, 0], 3)
    if d > 1:
        points[:, 3], points[:, 5] = chi.ppf(uniform[:, 1], 2), ndtri(uniform[:, 2])
        points[:, 6:] = ndtri(uniform[:, 3:])
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points.reshape(count, d, 3), np.ones(count)


def _turned(
    points: np.ndarray, weights: np.ndarray, rotations: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Second moments Σ_axis u_i u_j of all turned directions, (d², q), and their shares (q,)."""
    all_of_them = np.concatenate([np.einsum("ij,qjx->qix", turn, points) for turn in rotations])
    moments = np.einsum("qix,qjx->ijq", all_of_them, all_of_them)
    return moments.reshape(-1, len(all_of_them)), np.tile(weights, len(rotations)) / (
        len(rotations) * weights.sum()
    )


class WithLinear:
    """The means of pairs, and one operator more: slope_p r_p."""

    def __init__(self, means: PairMeans, slope: np.ndarray) -> None:
        self._means, self._slope = means, slope

    def __call__(self, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, slopes = self._means(variance)
        slope = self._slope.reshape(-1, *[1] * (variance.ndim - 1))
        linear = 2 * math.sqrt(2 / math.pi) * np.sqrt(variance) * slope
        return np.concatenate([values, linear[None]]), np.concatenate([slopes, linear[None] / (2 * variance)])
