"""Independent points of |ψ|² of a level in correlated Gaussians, by rejection.

ψ_α = Σ_m c_mα e^{−½xᵀA_mx} over all Gaussians and permutations, hence |ψ|² ≤ Σ_α (Σ_m |c_mα| e^{−½xᵀA_mx})², which is a mixture of
normal distributions, a product of two Gaussians each, and of which a point is kept with the odds of the two sides.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from hadronlab.physics.few_body.gaussians.hamiltonian import Particles
from hadronlab.physics.few_body.gaussians.spectrum import Spectrum
from hadronlab.physics.few_body.jacobi import from_jacobi_matrix, permutation_map

MOST = 2000  # Gaussians with their permutations, all pairs of which are weighed
LEAST = 0.05  # of the drawn points that is kept: a walker costs 20 evaluations a point
AT_ONCE = 2**22  # numbers


class Draws:
    """Points of |ψ|² of one level of L = 0.

    share: of the drawn points that is kept, 1 where nothing cancels in ψ. tried, taken: points so far.
    """

    def __init__(self, particles: Particles, found: Spectrum, state: int = 0) -> None:
        group = particles.channels.group
        rotations = np.array([permutation_map(g.perm, particles.masses).numpy() for g in group])
        self._back = from_jacobi_matrix(particles.masses, particles.hbar_c).numpy()
        turned = np.einsum("gia,kij,gjb->gkab", rotations, found.exponents, rotations)
        self._exponents = turned.reshape(-1, *turned.shape[2:])  # (M, d, d)
        norm = np.linalg.det(2 * found.exponents) ** 0.75
        coefficients = norm[:, None] * found.coefficients[..., state]
        signed = np.array([g.sign * g.matrix for g in group])
        self._coefficients = np.einsum("gab,kb->gka", signed, coefficients).reshape(-1, particles.channels.n)
        sizes = np.abs(self._coefficients)
        weights = np.array(
            [
                (sizes @ size) * np.linalg.det(self._exponents + one) ** -1.5
                for size, one in zip(sizes, self._exponents, strict=True)
            ]
        )
        self._total = weights.cumsum()
        self.share = float(len(group) ** 2 / self._total[-1])
        self.tried = self.taken = 0

    @classmethod
    def of(cls, particles: Particles, found: Spectrum) -> Self | None:
        """Of the lowest level; None where walkers are the better way: in a P wave, of very many Gaussians, and where large ones cancel."""
        if particles.L or len(particles.channels.group) * len(found.exponents) > MOST:
            return None
        draws = cls(particles, found)
        return draws if draws.share > LEAST else None

    def points(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Positions (N, 3, count), the centre of mass at the origin."""
        found: list[np.ndarray] = []
        left = count
        while left > 0:
            x = self._proposed(
                min(int(left / self.share) + 16, max(16, AT_ONCE // len(self._exponents))), rng
            )
            ratio = self._ratio(x)
            accepted = x[..., rng.random(len(ratio)) < ratio]
            self.tried, self.taken = self.tried + len(ratio), self.taken + accepted.shape[-1]
            found.append(accepted)
            left -= accepted.shape[-1]
        return np.einsum("nd,dxb->nxb", self._back, np.concatenate(found, -1)[..., :count])

    def _proposed(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """x (d, 3, count) of the mixture."""
        chosen = np.searchsorted(self._total, self._total[-1] * rng.random(count))
        first, second = np.divmod(np.minimum(chosen, len(self._total) - 1), len(self._exponents))
        lower = np.linalg.cholesky(self._exponents[first] + self._exponents[second])
        normal = rng.normal(size=(count, lower.shape[1], 3))
        return np.linalg.solve(lower.transpose(0, 2, 1), normal).transpose(1, 2, 0)

    def _ratio(self, x: np.ndarray) -> np.ndarray:
        """|ψ|² over its bound, (count,)."""
        d, _, count = x.shape
        squares = np.einsum("ixb,jxb->ijb", x, x).reshape(d * d, count)
        values = np.exp(-0.5 * self._exponents.reshape(-1, d * d) @ squares)
        psi, bound = (c.T @ values for c in (self._coefficients, np.abs(self._coefficients)))
        return (psi**2).sum(0) / np.maximum((bound**2).sum(0), np.finfo(float).tiny)
