"""Moves that pull two hadrons of a system apart: what a tail needs and steps of single particles do slowly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.systems.splittings import possible_splits

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem

PREFERENCE = 4  # power of separation over inner size with which a split is chosen


class SeparationMove:
    """The separation R of two parts is stretched, R → e^ξ R, ξ normal; the parts themselves stay as they are.

    The split is drawn with probability ∝ (R/size of the parts)^PREFERENCE, mostly the one in which the
    particles stand; the odds of drawing it afterwards are part of the acceptance.
    """

    def __init__(self, system: FewBodySystem, dtype: torch.dtype, device: torch.device | str = "cpu"):
        splits = possible_splits(system)
        member = torch.zeros(len(splits), system.n_particles, dtype=torch.float64)
        for row, part in zip(member, splits, strict=True):
            row[list(part)] = 1.0
        masses = torch.as_tensor(system.masses, dtype=torch.float64)
        first, second = member * masses, (1 - member) * masses
        share = first.sum(1, keepdim=True) / masses.sum()
        i, j = torch.tensor(system.pairs).T
        inside = (member[:, i] == member[:, j]).double()
        self.n_splits = len(splits)
        self.joining = (first / first.sum(1, keepdim=True) - second / second.sum(1, keepdim=True)).to(
            device, dtype
        )
        """(K, N): R = joining · r"""
        self.shift = (member - share).to(device, dtype)
        """(K, N): r + shift ΔR has R + ΔR, and the same centre of mass"""
        self.inside = (inside / inside.sum(1, keepdim=True)).to(device, dtype)
        self.first, self.second = i, j

    def propose(self, r: Tensor, xi: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Proposed r (N, 3, walkers) and the logarithm of what multiplies the ratio of the densities."""
        separation, odds = self._odds(r)
        chosen = torch.multinomial(odds.exp().T, 1, generator=generator)[:, 0]
        stretch = separation.gather(0, chosen.expand(1, 3, -1)) * torch.expm1(xi)
        proposal = r + self.shift[chosen].T[:, None] * stretch
        index = chosen[None]
        return proposal, 3 * xi + (self._odds(proposal)[1].gather(0, index) - odds.gather(0, index))[0]

    def _odds(self, r: Tensor) -> tuple[Tensor, Tensor]:
        """R of every split, (K, 3, walkers), and the logarithm of the probability to draw it, (K, walkers)."""
        separation = torch.einsum("kn,nxw->kxw", self.joining, r)
        squares = (r[self.first] - r[self.second]).square().sum(1)
        size = self.inside @ squares
        ratio = (separation.square().sum(1) / size).clamp(1e-12, 1e12)
        return separation, (0.5 * PREFERENCE * ratio.log()).log_softmax(0)
