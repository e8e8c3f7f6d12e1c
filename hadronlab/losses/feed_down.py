"""Pairs of which one is the daughter of a decay: what their own correlation leaves in a measured one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor

from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.femtoscopy.background import Density
from hadronlab.physics.femtoscopy.lednicky import Lednicky, threshold_amplitude
from hadronlab.physics.femtoscopy.measurement import feed_down


class Residual(Protocol):
    """λ_j (C_j − 1), once it is prepared. share: λ_j; numbers: other parameters by name, nominal."""

    share: float
    numbers: Mapping[str, float]

    def prepare(self, k: Tensor, edges: Tensor | None, reach: float) -> None:
        """For momenta k (n,), fm⁻¹, in bins `edges` (n, 2), and sources that end at `reach`, fm."""
        ...

    def __call__(self, density: Density, values: Mapping[str, Tensor] | None = None) -> Tensor:
        """C_j at the measured momenta, (…, n); values (…) are those of its numbers that are not nominal."""
        ...


class FeedDown:
    """λ_j (C_j − 1), C_j by Lednický and Lyuboshits from a source of the same size, through the kinematics of the decay.

    share: λ_j. parent, daughter, recoil, spectator: masses, MeV: Λ, p, π⁻, p for p–Λ among p–p. channels: of the mother
    pair, each {"weight", "inverse_length": 1/a0 = −1/f0 in fm⁻¹, "effective_range": fm}. largest: momentum of the mother
    pair, MeV/c. width: of bins around momenta that have none, MeV/c.
    """

    numbers: Mapping[str, float] = {}

    def __init__(
        self,
        share: float,
        parent: float,
        daughter: float,
        recoil: float,
        spectator: float,
        channels: Sequence[Mapping[str, float]],
        largest: float = 500.0,
        width: float = 2.5,
    ) -> None:
        self.share, self.channels = float(share), list(channels)
        self.parent, self.daughter, self.recoil, self.spectator = (
            mass / HBAR_C for mass in (parent, daughter, recoil, spectator)
        )
        self.largest, self.width = largest / HBAR_C, width / HBAR_C

    def prepare(self, k: Tensor, edges: Tensor | None, reach: float) -> None:
        if edges is None:
            half = 0.5 * self.width
            edges = torch.stack([(k - half).clamp(min=0.0), k + half], 1)
        self._response = feed_down(
            edges, self.parent, self.daughter, self.recoil, self.spectator, self.largest
        )
        lednicky = Lednicky(self._response.k, reach=reach)
        self._background, T = lednicky.background, self._response.matrix
        self._outside, self._inside = T.new_zeros(len(T), len(self._background.r)), T.new_zeros(len(T))
        for channel in self.channels:  # their amplitudes are known, so that C_j is linear in the source
            effective_range = channel["effective_range"]
            t = threshold_amplitude(lednicky.k, channel["inverse_length"], effective_range)
            A, b = lednicky.fixed(t, effective_range)
            self._outside = self._outside + channel["weight"] * T @ A
            self._inside = self._inside + channel["weight"] * T @ b

    def __call__(self, density: Density, values: Mapping[str, Tensor] | None = None) -> Tensor:
        at_zero = density(torch.zeros_like(self._background.r[:1]))
        return 1.0 + self._background.pairs(density) @ self._outside.T - self._inside * at_zero
