"""A sampler whose walkers are the same set however many processes share them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from hadronlab.sampling.metropolis import MetropolisSampler


class FixedWalkers(MetropolisSampler):
    """Draws the Gaussian walkers of all processes from one generator; a process takes every size-th of them."""

    def __init__(self, wavefunction: Any, n_walkers: int = 400, seed: int = 0, **settings: Any) -> None:
        super().__init__(wavefunction, n_walkers=n_walkers, seed=seed, **settings)
        masses = wavefunction.system.masses
        self._width = wavefunction.length * (masses.min() / masses).sqrt()[:, None, None]
        self._source = torch.Generator().manual_seed(17)

    def sample(self, sweeps: int | None = None) -> tuple[Tensor, Tensor | None]:
        if sweeps is not None:
            return self.r.double(), self.channel  # equilibration
        parallel = torch.distributed.is_initialized()
        rank, size = (
            (torch.distributed.get_rank(), torch.distributed.get_world_size()) if parallel else (0, 1)
        )
        shape = (*self.r.shape[:-1], size * self.n_walkers)
        drawn = self._width * torch.randn(shape, generator=self._source, dtype=torch.float64)
        self.r = (drawn - drawn.mean(0, keepdim=True))[..., rank::size].to(self.dtype)
        return self.r.double(), None
