"""What stands before the Gaussians: nothing for L = 0, one vector for L = 1, (u·x)_z e^{−½xᵀAx}, of natural parity.

For every A there are d vectors, u_i the rows of a frame in which these functions are orthonormal; which combination of them is
wanted is found with the coefficients, so that the vector is no parameter. Between x_i e^{−½xᵀAx} and x_j e^{−½xᵀA'x} stand,
over the overlap without vectors and averaged over the directions of x,
  1: C_ij,   T: C_ij (3/2) Tr(A C A') + (C A' A C)_ij,   f(r_p): C_ij ⟨f⟩ + (2/3) (C w_p)_i (C w_p)_j d⟨f⟩/dv,
  f(x), of many bodies: ⟨f x_i·x_j⟩/3.

Forces of spins and orbits turn the vectors, and stand as one number times L (spin 1) in the place of the pair's: with ⟨F⟩ the mean
over five axes, ⟨r²F⟩/3v, and the orbital momentum ℓ_p = μ r_p × (v_i − v_j) = (w·x) × (w·π)/|w|² of a pair in its own rest frame,
  F(r_p) ℓ_p: [(C w_p)_i (C A w_p)_j + (C A' w_p)_i (C w_p)_j] ⟨F⟩/|w_p|²,   F(r_p) S_p: (C w_p)_i (C w_p)_j ⟨F⟩/v_p,
which is C_ij ⟨F⟩ for a pair alone. See quantum_numbers/spin_orbit.py for what they are multiplied with.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from hadronlab.physics.few_body.gaussians.elements import Elements, inside_out, product

if TYPE_CHECKING:
    from hadronlab.physics.few_body.gaussians.many_body import ManyBodyMeans


def frames(exponents: np.ndarray, rotation: np.ndarray | None = None) -> np.ndarray:
    """Rows u_i, u_iᵀ(2A)⁻¹u_j = δ_ij, or u_i O of permuted functions: (d, d, K) of A (K, d, d)."""
    rows = np.sqrt(2) * np.linalg.cholesky(exponents).transpose(0, 2, 1)
    return inside_out(rows if rotation is None else rows @ rotation)


class SWave:
    """Integrals between all functions of two Gaussians, arrays (q, q, …) with the axes … of `found`; here q = 1.

    overlap and kinetic energy; of f(r_p) `overlap` times ⟨f⟩ and `tilt` (n_pairs, q, q, …) times d⟨f⟩/dv.
    """

    tilt: np.ndarray | None = None

    def __init__(self, found: Elements) -> None:
        self.found, self.overlap = found, found.overlap[None, None]
        self.kinetic = self.overlap * found.kinetic

    def of_pairs(self, means: np.ndarray, slopes: np.ndarray, ranks: Sequence[int] = ()) -> np.ndarray:
        """f(r_p) from its ⟨f⟩ and d⟨f⟩/dv, (t, n_pairs, …) → (t, n_pairs, q, q, …); ranks (t,) of the operators, none: all 0."""
        return self.overlap * means[:, :, None, None]

    def of_many(self, force: ManyBodyMeans, rule: int, share: np.ndarray) -> np.ndarray:
        """What a rule integrates of a force of many bodies, times share (…), (q, q, …); nothing is computed where that is 0."""
        means, wanted = share.copy(), share > 0
        means[wanted] *= force.rest(self.found.covariance[:, :, wanted], rule)
        return self.overlap * means


class PWave(SWave):
    """q = d. permuted: A' (d, d, …); on_left, on_right: `frames` (d, d, …); rows w_p (n_pairs, d)."""

    tilt: np.ndarray

    def __init__(
        self,
        found: Elements,
        permuted: np.ndarray,
        on_left: np.ndarray,
        on_right: np.ndarray,
        rows: np.ndarray,
    ) -> None:
        c, transposed = found.covariance, on_right.swapaxes(0, 1)
        turned = product(c, permuted)
        twisted = turned - product(turned, product(permuted, c))  # C A' A C with A = C⁻¹ − A'
        self.overlap = found.overlap * product(product(on_left, c), transposed)
        self.kinetic = self.overlap * found.kinetic
        self.kinetic += found.overlap * product(product(on_left, twisted), transposed)
        along = np.moveaxis(np.tensordot(c, rows, (1, 1)), -1, 1)  # C w_p, (d, n_pairs, …)
        self.left, self.right = (product(side, along).swapaxes(0, 1) for side in (on_left, on_right))
        self.tilt = 2 / 3 * found.overlap * self.left[:, :, None] * self.right[:, None]
        self.found, self.turned, self.on_left, self.on_right, self.rows = (
            found, turned, on_left, on_right, rows,
        )  # fmt: skip

    def of_pairs(self, means: np.ndarray, slopes: np.ndarray, ranks: Sequence[int] = ()) -> np.ndarray:
        values = super().of_pairs(means, slopes) + self.tilt * slopes[:, :, None, None]
        for t, rank in enumerate(ranks):
            if rank:
                values[t] = (self.orbit if rank == 1 else self.tensor) * means[t][:, None, None]
        return values

    def of_many(self, force: ManyBodyMeans, rule: int, share: np.ndarray) -> np.ndarray:
        means, wanted = self.found.overlap * share * np.ones_like(self.turned), share > 0
        means[..., wanted] *= force.moments(self.found.covariance[:, :, wanted], rule)
        return product(product(self.on_left, means), self.on_right.swapaxes(0, 1))

    @cached_property
    def orbit(self) -> np.ndarray:
        """Of F(r_p) ℓ_p, (n_pairs, q, q, …)."""
        swung = np.moveaxis(np.tensordot(self.turned, self.rows, (1, 1)), -1, 1)  # C A' w_p
        straight = np.tensordot(self.on_right, self.rows, (1, 1))
        straight = np.moveaxis(straight, -1, 0) - product(self.on_right, swung).swapaxes(0, 1)  # of C A w_p
        swung = product(self.on_left, swung).swapaxes(0, 1)
        squares = (self.rows**2).sum(1).reshape(-1, *[1] * (self.tilt.ndim - 1))
        both = self.left[:, :, None] * straight[:, None] + swung[:, :, None] * self.right[:, None]
        return self.found.overlap * both / squares

    @cached_property
    def tensor(self) -> np.ndarray:
        """Of F(r_p) S_p, (n_pairs, q, q, …)."""
        return 1.5 * self.tilt / self.found.variance[:, None, None]
