"""What stands before the Gaussians: nothing for L = 0, one vector for L = 1, (u·x)_z e^{−½xᵀAx}, of natural parity.

For every A there are d vectors, u_i the rows of a frame in which these functions are orthonormal; which combination of them is
wanted is found with the coefficients, so that the vector is no parameter. Between x_i e^{−½xᵀAx} and x_j e^{−½xᵀA'x} stand,
over the overlap without vectors and averaged over the directions of x,
  1: C_ij,   T: C_ij (3/2) Tr(A C A') + (C A' A C)_ij,   f(r_p): C_ij ⟨f⟩ + (2/3) (C w_p)_i (C w_p)_j d⟨f⟩/dv.
"""

from __future__ import annotations

import numpy as np

from hadronlab.physics.few_body.gaussians.elements import Elements, inside_out, product


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
        self.overlap = found.overlap[None, None]
        self.kinetic = self.overlap * found.kinetic

    def of_pairs(self, means: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        """f(r_p) from its ⟨f⟩ and d⟨f⟩/dv, (t, n_pairs, …) → (t, n_pairs, q, q, …)."""
        values = self.overlap * means[:, :, None, None]
        return values if self.tilt is None else values + self.tilt * slopes[:, :, None, None]


class PWave(SWave):
    """q = d. permuted: A' (d, d, …); on_left, on_right: `frames` (d, d, …); rows w_p (n_pairs, d)."""

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
        along = np.tensordot(c, rows, (1, 1))  # C w_p, (d, …, n_pairs)
        along = np.moveaxis(along, -1, 1)
        left, right = (product(side, along).swapaxes(0, 1) for side in (on_left, on_right))
        self.tilt = 2 / 3 * found.overlap * left[:, :, None] * right[:, None]
