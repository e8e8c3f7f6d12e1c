"""A residual correlation of unknown origin, Gaussian in k."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from hadronlab.physics.femtoscopy.background import Density


class GaussianResidual:
    """a (C_j − 1) = a e^{−4k²r²}, as STAR adds to ΛΛ. share: a, of either sign; radius: r, fm."""

    def __init__(self, share: float, radius: float) -> None:
        self.share, self.numbers = float(share), {"radius": float(radius)}

    def prepare(self, k: Tensor, edges: Tensor | None, reach: float) -> None:
        self._k = k

    def __call__(self, density: Density, values: Mapping[str, Tensor] | None = None) -> Tensor:
        """C_j at the measured momenta, (…, n)."""
        radius = torch.as_tensor((values or {}).get("radius", self.numbers["radius"]), dtype=torch.float64)
        return 1.0 + torch.exp(-((2.0 * self._k * radius.unsqueeze(-1)) ** 2))
