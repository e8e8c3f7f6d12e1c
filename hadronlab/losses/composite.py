"""The sum of several losses, each with its weight, and its parts by name."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from hadronlab.errors import ConfigError
from hadronlab.losses.loss import Loss


class Composite(nn.Module):
    """L = Σ_name weight_name · L_name.   [Wang, Sec. 3: L = L_data + L_r]"""

    def __init__(self, terms: Mapping[str, Loss]) -> None:
        super().__init__()
        if not terms:
            raise ConfigError("loss: no terms; give at least one of schrodinger, r_correlator")
        self.losses = nn.ModuleDict(terms)

    @property
    def terms(self) -> dict[str, Loss]:
        return {name: loss for name, loss in self.losses.items() if isinstance(loss, Loss)}

    def parts(
        self, U: Tensor | None, V: Tensor | None, rows: Tensor | None = None, bin: int = 0
    ) -> dict[str, Tensor]:
        """Every weighted term. U (n, N) and V (n,) stand on `rows`, by default on all equation rows."""
        everywhere = next(iter(self.terms.values())).data.rows if rows is None else rows
        return {name: loss(U, V, everywhere, bin) for name, loss in self.terms.items()}

    def forward(self, U: Tensor | None, V: Tensor | None, rows: Tensor | None = None, bin: int = 0) -> Tensor:
        return torch.stack(list(self.parts(U, V, rows, bin).values())).sum()

    def zero(self, bin: int = 0) -> Tensor:
        """The loss of U = V0 = 0."""
        return self(None, None, None, bin)
