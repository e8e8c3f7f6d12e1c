"""Means of a force W of many bodies: a sum over pairs that is near it, in closed form, and the rest over fixed points.

Exponents are refined with the sum over pairs; the levels that are quoted are those of W itself. What is sampled is only the small
difference of the two, at the same points y of N(0, 1)^{3d} for all pairs of Gaussians: x = chol(C) y.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy.special import ndtri
from scipy.stats import qmc

from hadronlab.physics.few_body.gaussians.pair_means import PairMeans
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.quantum_numbers.couplings import pairs_of

POINTS = 2**13
AT_ONCE = 2**21  # distances


class ManyBodyMeans:
    """W ≈ Σ_p slope_p r_p + constant, `slope` (n_pairs,) equal for pairs of equal masses."""

    def __init__(self, interaction: Interaction, masses: torch.Tensor, pair_rows: np.ndarray) -> None:
        self._interaction, self._masses, self._rows = interaction, masses, pair_rows
        d = pair_rows.shape[1]
        uniform = qmc.Sobol(3 * d, seed=0).random(POINTS)
        y = ndtri(uniform).reshape(POINTS, d, 3)
        self._squares = np.einsum("nix,njx->ijn", y, y).reshape(d * d, POINTS)
        flavors = [(float(masses[i]), float(masses[j])) for i, j in pairs_of(len(masses))]
        classes = np.array([[pair == one for pair in flavors] for one in dict.fromkeys(flavors)], dtype=float)
        scale = 1 / np.linalg.norm(pair_rows, axis=1).mean()
        r = self._distances(scale * pair_rows[None])[0]
        together = float(self._force(1e-9 * r[:, :1])[0])
        self.constant = together if np.isfinite(together) else 0.0
        fitted = np.linalg.lstsq((classes @ r).T, self._force(r) - self.constant, rcond=None)[0]
        self.slope = fitted @ classes

    def rest(self, covariance: np.ndarray) -> np.ndarray:
        """⟨W − Σ_p slope_p r_p − constant⟩ over either half of the points, (2, …), of covariances (d, d, …)."""
        d, shape = len(covariance), covariance.shape[2:]
        lower = np.linalg.cholesky(np.moveaxis(covariance.reshape(d, d, -1), -1, 0))
        result = np.empty((2, len(lower)))
        step = max(1, AT_ONCE // (POINTS * len(self._rows)))
        for first in range(0, len(lower), step):
            r = self._distances(self._rows @ lower[first : first + step])
            flat = r.transpose(1, 0, 2).reshape(len(self._rows), -1)
            rest = self._force(flat) - self.slope @ flat - self.constant
            result[:, first : first + step] = rest.reshape(len(r), 2, -1).mean(2).T
        return result.reshape(2, *shape)

    def _distances(self, rows: np.ndarray) -> np.ndarray:
        """|w·y| of rows (E, n_pairs, d) at every point, (E, n_pairs, POINTS)."""
        outer = (rows[..., :, None] * rows[..., None, :]).reshape(*rows.shape[:2], -1)
        return np.sqrt(np.maximum(outer @ self._squares, 0))

    def _force(self, r: np.ndarray) -> np.ndarray:
        found = self._interaction.many_body(torch.from_numpy(r), self._masses)
        assert found is not None
        return found.numpy()


class WithLinear:
    """The means of pairs, and one operator more: slope_p r_p."""

    def __init__(self, means: PairMeans, slope: np.ndarray) -> None:
        self._means, self._slope = means, slope

    def __call__(self, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, slopes = self._means(variance)
        slope = self._slope.reshape(-1, *[1] * (variance.ndim - 1))
        linear = 2 * math.sqrt(2 / math.pi) * np.sqrt(variance) * slope
        return np.concatenate([values, linear[None]]), np.concatenate([slopes, linear[None] / (2 * variance)])
