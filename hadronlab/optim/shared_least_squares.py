"""The normal equations with their rows split over processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from hadronlab.losses.loss import Loss
from hadronlab.losses.row_share import RowShare
from hadronlab.models.potentials.potential import Potential
from hadronlab.optim.jacobian import LeastSquares


class SharedLeastSquares(LeastSquares):
    """LeastSquares whose JᵀJ and Jᵀe, nearly all of the work, are sums over processes, reduced in one message.

    total: sums a tensor over all processes. What needs no Jacobian every process computes whole, to the same bits.
    """

    def __init__(
        self,
        model: Potential,
        losses: Mapping[str, Loss],
        rank: int,
        size: int,
        total: Callable[[Tensor], Tensor],
    ) -> None:
        super().__init__(model, losses)
        self._own = LeastSquares(model, {name: RowShare(loss, rank, size) for name, loss in losses.items()})
        self._total = total

    def normal(self, theta: Tensor, bins: Sequence[int] = (0,)) -> tuple[Tensor, Tensor, Tensor]:
        gram, force, loss = self._own.normal(theta, bins)
        i, j = torch.triu_indices(self.size, self.size)
        packed = self._total(torch.cat([gram[:, i, j], force, loss[:, None]], 1))
        gram[:, i, j] = gram[:, j, i] = packed[:, : len(i)]
        return gram, packed[:, len(i) : -1].contiguous(), packed[:, -1].contiguous()
