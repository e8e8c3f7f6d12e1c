"""A move of the walkers: one particle at a time, mostly near, now and then far."""

import torch
from torch import Tensor

from hadronlab.sampling.moves import Move, normal


class Jump(Move):
    """One particle by a vector whose length has a heavy tail (Cauchy). As likely there as back: the logarithm is zero."""

    def propose(self, r: Tensor, step: float, generator: torch.Generator) -> tuple[Tensor, Tensor | float]:
        particles, _, walkers = r.shape
        chosen = torch.randint(particles, (1, 1, walkers), generator=generator, device=r.device)
        one = torch.zeros_like(r[:, :1]).scatter(0, chosen, 1.0)
        tail = normal(r, generator, 1, 1, walkers) / normal(r, generator, 1, 1, walkers)
        return r + one * (0.3 * step * self.widths.to(r) * tail) * normal(r, generator, 1, 3, walkers), 0.0
