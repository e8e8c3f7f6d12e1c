"""Means of a force W of many bodies: a sum over pairs that is near it, in closed form, and the rest by rules of fixed points.

What the rules integrate is only the small difference of the two: x = C^{½}y, y = ρu ~ N(0, 1)^{3d}, with Gauss's rule for the radius
(of a difference of degree one, such as lengths of strings, the mean of ρ is all that is needed) and directions u of `rules.py`.
No rule is right for all shapes of Gaussians, and steps that follow one find those for which it is wrong. Hence a step goes
where one rule points, if the levels fall by another, and the levels that are quoted are the means of four more, with the error that
the spread of these four has. By how much these lie above the levels of the steps says how far the exponents were led astray.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from scipy.special import gammaln

from hadronlab.physics.few_body.gaussians.pair_means import PairMeans
from hadronlab.physics.few_body.gaussians.rules import directions, radii, shapes, turned
from hadronlab.physics.forces.interaction import Interaction

SHAPES = (
    24,
    22,
    20,
    18,
    12,
    14,
    15,
)  # points along either coordinate of the shape of three particles, in each rule
DIRECTIONS = (*4 * (2**14,), 2**11, 2**13, 2**13)  # of more particles, with those turned
FEWEST = 64  # before they are turned
QUOTED = (0, 1, 2, 3)
COARSE, STEPPED, POINTING = 4, 5, 6  # rules that judge candidates, judge steps, and say where these go
SAMPLED = 1e-5  # ridge of S, see eigen.py: above what errors of rules make of functions that nearly depend on each other
RADII = 8  # where the force is no power of ρ
OF_DEGREE_ONE = 1e-10  # relative
AT_ONCE = 2**20  # distances


class ManyBodyMeans:
    """W ≈ Σ_p slope_p r_p + constant, `slope` (n_pairs,) equal for pairs that permutations of identical particles exchange.

    pair_rows w_p (n_pairs, d); rotations: of the Jacobi vectors by permutations, (d, d) each.
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
        rules = [
            shapes(n) if d == 2 else directions(d, max(FEWEST, 2 ** int(math.log2(q / len(rotations)))), seed)
            for seed, (n, q) in enumerate(zip(SHAPES, DIRECTIONS, strict=True))
        ]
        self._rules = [turned(*rule, rotations) for rule in rules]
        classes = np.unique(_orbits(pair_rows, rotations), axis=0)
        scale = 1 / np.linalg.norm(pair_rows, axis=1).mean()
        r = self._distances(scale * pair_rows[None], self._rules[0][0])[0]
        together = float(self._force(0 * r[:, :1])[0])
        self.constant = together if np.isfinite(together) else 0.0
        fitted = np.linalg.lstsq((classes @ r).T, self._force(r) - self.constant, rcond=None)[0]
        self.slope = fitted @ classes
        once, twice = self._rest(r), self._rest(2 * r)
        if np.abs(twice - 2 * once).max() <= OF_DEGREE_ONE * np.abs(self._force(r)).max():
            mean = math.sqrt(2) * math.exp(gammaln((3 * d + 1) / 2) - gammaln(3 * d / 2))
            degree = 3 * d + 1.0  # ⟨ρ³⟩ = (3d + 1) ⟨ρ⟩, ⟨ρ⁵⟩ = (3d + 3) ⟨ρ³⟩
            self._radii = [(mean, 1.0, degree, degree * (degree + 2))]
        else:
            radius, weight = radii(d, RADII)
            self._radii = list(zip(radius, weight, radius**2, radius**4, strict=True))

    def rest(self, covariance: np.ndarray, rule: int) -> np.ndarray:
        """⟨f⟩ = ⟨W − Σ_p slope_p r_p − constant⟩, (…), of covariances (d, d, …)."""
        roots, (_, shares) = _roots(covariance), self._rules[rule]
        found = np.zeros(len(roots))
        for part, values in self._values(roots, rule):
            for (_, weight, *_), f in zip(self._radii, values, strict=True):
                found[part] += weight * f @ shares
        return found.reshape(covariance.shape[2:])

    def moments(self, covariance: np.ndarray, rule: int) -> np.ndarray:
        """⟨f x_i·x_j⟩/3, (d, d, …)."""
        d, roots, (moments, shares) = len(covariance), _roots(covariance), self._rules[rule]
        found = np.zeros((len(roots), len(moments)))
        for part, values in self._values(roots, rule):
            for (_, weight, square, _), f in zip(self._radii, values, strict=True):
                found[part] += square * weight * f * shares @ moments.T
        turned = roots @ found[:, _stands(d)] @ roots / 3
        return np.moveaxis(turned, 0, -1).reshape(covariance.shape)

    def bent(self, covariance: np.ndarray, rule: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """⟨f⟩ with its derivatives by B = C⁻¹, (d, d, …) and (d, d, d, d, …): those of the normal distribution of x,
        −½⟨f Z⟩ and ¼⟨f Z Z⟩ − ¾⟨f⟩(C_ik C_jl + C_il C_jk), Z = Σ_axis x xᵀ − 3C.
        """
        d, roots, (moments, shares) = len(covariance), _roots(covariance), self._rules[rule]
        n, several = len(roots), len(moments)
        mean, once, twice = np.zeros(n), np.zeros((n, several)), np.zeros((n, several, several))
        for part, values in self._values(roots, rule):
            for (_, weight, square, fourth), f in zip(self._radii, values, strict=True):
                shared = weight * f * shares
                mean[part] += shared.sum(1)
                once[part] += square * shared @ moments.T
                twice[part] += fourth * (shared[:, None] * moments) @ moments.T
        whole = _stands(d).ravel()
        once, twice = once[:, whole], twice[:, whole[:, None], whole]
        unit = np.eye(d)
        three, f = 3 * unit.ravel(), mean[:, None]
        crossed = (once - f / 2 * three)[:, :, None] * three
        twice = twice - crossed - crossed.transpose(0, 2, 1)
        swapped = np.einsum("ik,jl->ijkl", unit, unit) + np.einsum("il,jk->ijkl", unit, unit)
        second = twice / 4 - 0.75 * f[:, None] * swapped.reshape(d * d, d * d)
        turn = np.einsum("eia,ejb->eijab", roots, roots).reshape(n, d * d, d * d)
        first = -0.5 * (turn @ (once - f * three)[..., None])[..., 0]
        second = turn @ second @ turn.transpose(0, 2, 1)
        shape = covariance.shape[2:]
        of_two = np.moveaxis(second, 0, -1).reshape(d, d, d, d, *shape)
        return mean.reshape(shape), first.T.reshape(d, d, *shape), of_two

    def _values(self, roots: np.ndarray, rule: int) -> Iterator[tuple[slice, list[np.ndarray]]]:
        """Some of the roots, and f in all directions, (E, q), of each radius."""
        moments, shares = self._rules[rule]
        step = max(1, AT_ONCE // (len(shares) * len(self._rows)))
        for first in range(0, len(roots), step):
            part = slice(first, first + step)
            r = self._distances(self._rows @ roots[part], moments)
            flat = r.transpose(1, 0, 2).reshape(len(self._rows), -1)
            yield part, [self._rest(radius * flat).reshape(len(r), -1) for radius, *_ in self._radii]

    def _distances(self, rows: np.ndarray, moments: np.ndarray) -> np.ndarray:
        """|w·u| of rows (E, n_pairs, d) for every direction, (E, n_pairs, q)."""
        i, j = np.triu_indices(rows.shape[-1])
        return np.sqrt(np.maximum(np.where(i == j, 1.0, 2.0) * rows[..., i] * rows[..., j] @ moments, 0))

    def _rest(self, r: np.ndarray) -> np.ndarray:
        return self._force(r) - self.slope @ r - self.constant

    def _force(self, r: np.ndarray) -> np.ndarray:
        found = self._interaction.many_body(torch.from_numpy(r), self._masses)
        assert found is not None
        return found.numpy()


def _stands(d: int) -> np.ndarray:
    """Where the moment of i and j stands, (d, d)."""
    stands = np.zeros((d, d), int)
    stands[np.triu_indices(d)] = range(d * (d + 1) // 2)
    return np.maximum(stands, stands.T)


def _orbits(pair_rows: np.ndarray, rotations: list[np.ndarray]) -> np.ndarray:
    """Which pairs the permutations of identical particles make of each, (n_pairs, n_pairs) of 0 and 1."""
    turned = np.array([pair_rows @ rotation for rotation in rotations])[:, :, None]
    distances = [np.abs(turned + sign * pair_rows).max(-1) for sign in (1, -1)]
    return (np.minimum(*distances) < 1e-8 * np.abs(pair_rows).max()).any(0).astype(float)


def _roots(covariance: np.ndarray) -> np.ndarray:
    """C^{½}, (n, d, d), of all n covariances (d, d, …)."""
    d = len(covariance)
    values, vectors = np.linalg.eigh(np.moveaxis(covariance.reshape(d, d, -1), -1, 0))
    return (vectors * np.sqrt(values)[:, None]) @ vectors.transpose(0, 2, 1)


class WithLinear:
    """The means of pairs, and one operator more: slope_p r_p."""

    def __init__(self, means: PairMeans, slope: np.ndarray) -> None:
        self._means, self._slope = means, slope

    def __call__(self, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, slopes = self._means(variance)
        slope = self._slope.reshape(-1, *[1] * (variance.ndim - 1))
        linear = 2 * math.sqrt(2 / math.pi) * np.sqrt(variance) * slope
        return np.concatenate([values, linear[None]]), np.concatenate([slopes, linear[None] / (2 * variance)])
