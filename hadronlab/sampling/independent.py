"""Samples of |ψ|² of correlated Gaussians that are independent of each other: no walker has to forget where it began."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from hadronlab.physics.few_body.gaussians.draws import Draws


class IndependentSampler:
    """The part of a MetropolisSampler that an evaluation needs, for points that are drawn one by one.

    draws: of the level; n_walkers: points of a set.
    """

    adapt = False

    def __init__(self, draws: Draws, n_walkers: int, seed: int) -> None:
        self.draws, self.n_walkers = draws, n_walkers
        self._rng = np.random.default_rng(seed)

    @property
    def acceptance(self) -> float:
        """The share of the drawn points that was kept."""
        return self.draws.taken / max(1, self.draws.tried)

    def reset_acceptance(self) -> None:
        self.draws.tried = self.draws.taken = 0

    def sample(self, sweeps: int | None = None) -> tuple[Tensor, Tensor | None]:
        """Positions (N, 3, walkers); sweeps are not needed."""
        return torch.from_numpy(self.draws.points(self.n_walkers, self._rng)), None
