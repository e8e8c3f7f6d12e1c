"""Low-rank symmetric kernels, U(r,r') = Σ_ij c_ij v_i(r) v_j(r') with Gaussian v."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from hadronlab.errors import ConfigError
from hadronlab.models.potentials.potential import Potential, floating


class LowRank(Potential):
    """U(r,r') = scale · Σ_{i≤j} c_ij s_ij, s_ii = v_i v_i', s_ij = v_i v_j' + v_j v_i', v_i = e^{−β_i r²}.

    exponents: β_i in fm⁻². With fixed v (`learn_exponents=False`) U is linear in c, and the fit is convex.
    Starts at U = 0 with fixed v; with learned v at c_ii = 1/n, since c = 0 would freeze the exponents.
    """

    def __init__(
        self,
        exponents: Sequence[float] = (0.5, 1.0, 2.0, 4.0, 8.0),
        learn_exponents: bool = False,
        scale: float = 1.0,
        support: float = math.inf,
        dtype: str | torch.dtype = "float64",
    ) -> None:
        super().__init__(support)
        if not exponents or any(not b > 0 for b in exponents):
            raise ConfigError(f"exponents = {list(exponents)}: give at least one, all positive (fm⁻²)")
        kind, n = floating(dtype), len(exponents)
        self.scale, self.linear = float(scale), not learn_exponents
        log_beta = torch.log(torch.tensor(list(exponents), dtype=kind))
        self.log_beta = nn.Parameter(log_beta) if learn_exponents else nn.Buffer(log_beta)
        i, j = torch.triu_indices(n, n)
        self.i, self.j = nn.Buffer(i), nn.Buffer(j)
        self.c = nn.Parameter((i == j).to(kind) / n if learn_exponents else torch.zeros(len(i), dtype=kind))

    def gaussians(self, r: Tensor) -> Tensor:
        """v_i(r), shape (*r.shape, n)."""
        r = r.to(self.c.dtype)
        return torch.exp(-self.log_beta.exp() * (r * r)[..., None])

    def matrix(self) -> Tensor:
        """The symmetric c_ij, shape (n, n), times the scale (MeV fm⁻³)."""
        n = self.log_beta.numel()
        upper = self.c.new_zeros(n, n).index_put((self.i, self.j), self.c)
        return self.scale * (upper + torch.triu(upper, 1).mT)

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        v, vp = self.gaussians(r), self.gaussians(rp)
        pair = v[..., self.i] * vp[..., self.j] + v[..., self.j] * vp[..., self.i]
        return self.scale * (pair * torch.where(self.i == self.j, 0.5, 1.0).to(self.c.dtype) @ self.c)

    def grid_kernel(self, rows: Tensor, r: Tensor) -> Tensor:
        return self.gaussians(rows) @ self.matrix() @ self.gaussians(r).mT
