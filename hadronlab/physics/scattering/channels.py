"""The channels of a coupled pair: where each opens, how heavy it is, and with which orbital angular momentum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.constants import HBAR_C, kinetic_constant


@dataclass(frozen=True)
class Channel:
    """One pair of hadrons in one partial wave.

    kinetic: c = ħ²/2μ, MeV fm². threshold: M, MeV, from the same zero for all channels. orbital: its angular momentum l.
    Raises HadronlabError for values that are none.
    """

    kinetic: float
    threshold: float = 0.0
    orbital: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.kinetic) and self.kinetic > 0 and math.isfinite(self.threshold)):
            raise HadronlabError(
                f"channel with kinetic={self.kinetic} MeV fm² and threshold={self.threshold} MeV: "
                "give a positive ħ²/2μ and a finite threshold"
            )
        if self.orbital < 0 or self.orbital != int(self.orbital):
            raise HadronlabError(f"channel with l={self.orbital}: give a whole number, 0 or more")


def hadron_channels(
    masses: Sequence[Sequence[float]], orbital: Sequence[int] | None = None, hbar_c: float = HBAR_C
) -> tuple[Channel, ...]:
    """A channel for every two masses, MeV; thresholds and energies count from m1 + m2 of the first.

    orbital: l of each; S waves by default.
    """
    orbital = [0] * len(masses) if orbital is None else orbital
    if len(orbital) != len(masses) or any(len(pair) != 2 or min(pair) <= 0 for pair in masses):
        raise HadronlabError(
            f"channels need two positive masses and one l each, got masses {masses} and l {orbital}"
        )
    first = sum(masses[0])
    return tuple(
        Channel(kinetic_constant(m1 * m2 / (m1 + m2), hbar_c), m1 + m2 - first, wave)
        for (m1, m2), wave in zip(masses, orbital, strict=True)
    )


def momenta(channels: Sequence[Channel], energy: Tensor) -> Tensor:
    """k_a, fm^-1, complex (…, C), of E = M_a + c_a k_a²; iκ with κ > 0 in a closed channel."""
    threshold = torch.tensor([channel.threshold for channel in channels], dtype=torch.float64)
    kinetic = torch.tensor([channel.kinetic for channel in channels], dtype=torch.float64)
    squared = (energy.unsqueeze(-1) - threshold.to(energy.device)) / kinetic.to(energy.device)
    return squared.to(torch.complex128).sqrt()
