"""A loss over every n-th of its rows: the share of one process."""

from __future__ import annotations

from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.losses.loss import Loss


class RowShare(Loss):
    """`loss` on rows rank, rank + size, …; the shares of all `size` processes sum to the loss."""

    def __init__(self, loss: Loss, rank: int, size: int) -> None:
        super().__init__(loss.data, loss.weight)
        if loss.coupled:
            raise ConfigError(
                "weighting 'covariance' couples the radii: it cannot be split over processes, use one"
            )
        self.whole, self.rank, self.size = loss, rank, size

    def rows(self) -> Tensor:
        return self.whole.rows()[self.rank :: self.size]

    def columns(self, count: int) -> slice:
        return self.whole.columns(count)

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        return self.whole.residual(U, V, rows, bin)

    def jacobian(self, dU: Tensor | None, dV: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        return self.whole.jacobian(dU, dV, rows, bin)
