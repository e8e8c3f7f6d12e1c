"""A separable potential of coupled S waves, U_ab = λ_ab e^{−β_a r} e^{−β_b r'}, whose S matrix is known in closed form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError


@dataclass(frozen=True)
class CoupledSeparable:
    """strengths: λ_ab, MeV fm^-3, symmetric. ranges: β_a, fm^-1, positive. Raises HadronlabError for others."""

    strengths: Sequence[Sequence[float]]
    ranges: Sequence[float]

    def __post_init__(self) -> None:
        n = len(self.ranges)
        square = len(self.strengths) == n and all(len(row) == n for row in self.strengths)
        if not (
            square
            and min(self.ranges, default=0.0) > 0
            and all(self.strengths[a][b] == self.strengths[b][a] for a in range(n) for b in range(a))
        ):
            raise HadronlabError(
                f"CoupledSeparable: give a symmetric matrix of strengths and one positive range for each of its "
                f"channels, got {self.strengths} and {self.ranges}"
            )

    def nonlocal_part(self, r: Tensor, rp: Tensor) -> Tensor:
        """U_ab(r, r'), MeV fm^-3, (C, C, *broadcast shape)."""
        r, rp = torch.broadcast_tensors(r, rp)
        left, right = (torch.exp(-torch.einsum("a,...->a...", x.new_tensor(self.ranges), x)) for x in (r, rp))
        return torch.einsum("ab,a...,b...->ab...", r.new_tensor(self.strengths), left, right)

    def denominator(self, k: Tensor, kinetic: Tensor) -> Tensor:
        """λ^−1 − J, (…, C, C), whose determinant vanishes at the poles of S. k: (…, C) complex fm^-1; kinetic: ħ²/2μ, (C,)."""
        beta = kinetic.new_tensor(self.ranges)
        s = beta - 1j * k
        J = -math.pi / kinetic * (1 / (beta**3 * s**2) + 2 / (beta**2 * s**3) + 2 / (beta * s**4))
        return torch.linalg.inv(kinetic.new_tensor(self.strengths)) - torch.diag_embed(J)

    def s_matrix(self, k: Tensor, kinetic: Tensor) -> Tensor:
        """S_ab of channels that are all open, or the block of those that are, with k = iκ in closed ones."""
        beta = kinetic.new_tensor(self.ranges)
        form = 8.0 * math.pi * beta / (beta**2 + k**2) ** 2 * (k / kinetic).sqrt()
        T = form.unsqueeze(-1) * torch.linalg.inv(self.denominator(k, kinetic)) * form.unsqueeze(-2)
        return torch.eye(len(beta)).to(T) - 0.5j / math.pi * T
