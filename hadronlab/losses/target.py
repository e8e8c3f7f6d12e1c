"""A potential that another is to become: where a fit starts."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hadronlab.losses.loss import LinearLoss
from hadronlab.physics.scattering.rmatrix import RMatrix


class Target(LinearLoss):
    """∫ (V0 − V*)² dr + ∫∫ (4πrr′)² (U − U*)² dr dr′, in MeV² fm.   V* (N,), U* (N, N) on the nodes of a mesh; None for zero."""

    data_term = False

    def __init__(self, rmatrix: RMatrix, V: Tensor | None = None, U: Tensor | None = None) -> None:
        super().__init__(rmatrix.r)
        zero = torch.zeros_like(rmatrix.r)
        self.V = nn.Buffer(zero if V is None else V, persistent=False)
        self.U = nn.Buffer(torch.diag(zero) if U is None else U, persistent=False)
        self.line = nn.Buffer(rmatrix.mesh.dr.sqrt(), persistent=False)
        self.root = nn.Buffer(rmatrix.weight.sqrt(), persistent=False)

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """(…, n, 1 + M)."""
        left = (self._or_zero(V, self.V[rows]) - self.V[rows]) * self.line[rows]
        goal = self.U[rows] if U is None else self.U[rows, : U.shape[-1]]
        right = (self._or_zero(U, goal) - goal) * self.root[rows, None] * self.root[: goal.shape[-1]]
        return torch.cat([left.unsqueeze(-1), right], -1)

    def jacobian(self, dU: Tensor | None, dV: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """(n, 1 + M, P)."""
        width = dU.shape[-1] if dU is not None else dV.shape[-1] if dV is not None else 0
        left = self.r.new_zeros(len(rows), width) if dV is None else dV * self.line[rows, None]
        if dU is None:
            right = self.r.new_zeros(len(rows), len(self.r), width)
        else:
            right = dU * (self.root[rows, None] * self.root[: dU.shape[1]])[..., None]
        return torch.cat([left.unsqueeze(1), right], 1)

    @staticmethod
    def _or_zero(x: Tensor | None, like: Tensor) -> Tensor:
        return torch.zeros_like(like) if x is None else x


def well(rmatrix: RMatrix, length: float, strength: float, nonlocal_part: bool = False) -> Target:
    """A Gaussian attraction of range `length`, fm, and `strength` in units of the least that binds; as V0 or as U."""
    shape = torch.exp(-((rmatrix.r / length) ** 2))
    W = torch.outer(shape, shape) if nonlocal_part else shape
    matrix = rmatrix.mesh.kernel(W) if nonlocal_part else torch.diag(W)
    # at threshold u′ vanishes outside, as the Bloch operator has it: H0 − s W is singular
    factor = torch.linalg.cholesky(rmatrix.hamiltonian())
    half = torch.linalg.solve_triangular(factor, matrix, upper=False)
    depth = strength / float(
        torch.linalg.eigvalsh(torch.linalg.solve_triangular(factor, half.mT, upper=False))[-1]
    )
    return Target(rmatrix, U=-depth * W) if nonlocal_part else Target(rmatrix, V=-depth * W)
