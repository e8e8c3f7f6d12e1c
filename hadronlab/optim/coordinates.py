"""Fewer coordinates than parameters, in which a step is sought."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Coordinates:
    """t (k,) of the parameters θ = Q t, Q (P, k) orthonormal; None: θ itself. of_features: Q spans ∂(features)/∂θ."""

    basis: Tensor | None = None
    of_features: bool = False

    def of(self, vector: Tensor) -> Tensor:
        """Qᵀ v, (k,), of v (P,)."""
        return vector if self.basis is None else self.basis.T @ vector

    def back(self, t: Tensor) -> Tensor:
        """Q t, (P,)."""
        return t if self.basis is None else self.basis @ t

    def beside(self, count: int) -> Coordinates:
        """The same with `count` parameters more, each a coordinate of its own."""
        if self.basis is None or not count:
            return self
        return Coordinates(torch.block_diag(self.basis, torch.eye(count).to(self.basis)), self.of_features)
