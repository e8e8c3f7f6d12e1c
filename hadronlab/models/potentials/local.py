"""Local potentials V0(r): a sum of Gaussians, or a network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from hadronlab.errors import ConfigError
from hadronlab.models.potentials.potential import Potential, activation, floating, smooth_cut


class LocalGaussians(Potential):
    """V0(r) = scale · Σ a_i e^{−β_i r²}; exponents β_i in fm⁻², scale in MeV; linear in a, starts at zero."""

    has_local, has_nonlocal = True, False
    linear = True

    def __init__(
        self,
        exponents: Sequence[float] = (1.0, 2.4, 5.5, 12.0, 27.0, 61.0),
        scale: float = 1.0,
        dtype: str | torch.dtype = "float64",
    ) -> None:
        super().__init__()
        if not exponents or any(not b > 0 for b in exponents):
            raise ConfigError(f"exponents = {list(exponents)}: give at least one, all positive (fm⁻²)")
        kind = floating(dtype)
        self.scale = float(scale)
        self.beta = nn.Buffer(torch.tensor(list(exponents), dtype=kind))
        self.a = nn.Parameter(torch.zeros(len(exponents), dtype=kind))

    def basis(self, r: Tensor) -> Tensor:
        """∂V0/∂a_i, shape (*r.shape, n), MeV."""
        r = r.to(self.a.dtype)
        return self.scale * torch.exp(-self.beta * (r * r)[..., None])

    def local(self, r: Tensor) -> Tensor:
        return self.basis(r) @ self.a


class LocalNetwork(Potential):
    """V0(r) = scale · network(r/length), brought smoothly to zero at `radius` (fm) where one is given."""

    has_local, has_nonlocal = True, False

    def __init__(
        self,
        widths: Sequence[int] = (16, 16),
        hidden: str = "tanh",
        scale: float = 100.0,
        length: float = 1.0,
        radius: float = math.inf,
        dtype: str | torch.dtype = "float64",
    ) -> None:
        super().__init__()
        if not widths or any(int(n) < 1 for n in widths) or not length > 0 or not radius > 0:
            raise ConfigError(
                f"widths = {list(widths)}, length = {length}, radius = {radius}: "
                "need layers of at least one unit, and positive radii (fm)"
            )
        sizes, kind = (1, *widths, 1), floating(dtype)
        self.layers = nn.ModuleList(nn.Linear(a, b, dtype=kind) for a, b in pairwise(sizes))
        self.hidden, self.scale = activation(hidden), float(scale)
        self.length, self.radius = float(length), float(radius)

    def local(self, r: Tensor) -> Tensor:
        *hidden, last = self.layers
        r = r.to(next(self.parameters()).dtype)
        x = (r / self.length)[..., None]
        for layer in hidden:
            x = self.hidden(layer(x))
        V = self.scale * last(x).squeeze(-1)
        return V if math.isinf(self.radius) else V * smooth_cut(r, self.radius)
