"""Walkers of several wave functions side by side, as one sampler: what a conditioned network is trained with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from hadronlab.estimates.streams import stream_seed
from hadronlab.sampling.metropolis import MetropolisSampler

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.conditioned import ConditionedWaveFunction


class Populations:
    """A sampler for every member of a conditioned wave function, each with `n_walkers`, random numbers and steps of its own.

    make: called with a wave function, n_walkers and seed.
    """

    def __init__(
        self,
        make: Callable[..., MetropolisSampler],
        wavefunction: ConditionedWaveFunction,
        seed: int = 0,
        **settings: Any,
    ) -> None:
        self.parts = [
            make(member, seed=stream_seed(seed, "values", k), **settings)
            for k, member in enumerate(wavefunction.members)
        ]

    @property
    def n_walkers(self) -> int:
        """Of each."""
        return self.parts[0].n_walkers

    @property
    def sweeps(self) -> int:
        return self.parts[0].sweeps

    @property
    def device(self) -> torch.device:
        return self.parts[0].device

    @property
    def generator(self) -> torch.Generator:
        return self.parts[0].generator

    @property
    def accepted(self) -> Tensor:
        return torch.stack([part.accepted for part in self.parts]).sum(0)

    @property
    def proposed(self) -> Tensor:
        return torch.stack([part.proposed for part in self.parts]).sum(0)

    @property
    def acceptance(self) -> float:
        return float(self.accepted.sum() / self.proposed.sum().clamp_min(1))

    @property
    def step_sizes(self) -> dict[str, float]:
        """The mean step of every move, by its name."""
        steps = [part.step_sizes for part in self.parts]
        return {move: sum(one[move] for one in steps) / len(steps) for move in steps[0]}

    def reset_acceptance(self) -> None:
        for part in self.parts:
            part.reset_acceptance()

    def sample(self, sweeps: int | None = None) -> list[tuple[Tensor, Tensor | None]]:
        """Samples of every member."""
        return [part.sample(sweeps) for part in self.parts]

    def resize(self, n_walkers: int) -> None:
        for part in self.parts:
            part.resize(n_walkers)

    def state_dict(self) -> dict[str, Any]:
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for part, own in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(own)
