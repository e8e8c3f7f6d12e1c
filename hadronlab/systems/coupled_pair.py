"""Several pairs of hadrons that turn into each other, or several waves of one pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hadronlab.errors import ConfigError, DataError
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.scattering.channels import Channel, hadron_channels
from hadronlab.systems.hadrons import HadronPair

WAVES = {"S": 0, "P": 1, "D": 2, "F": 3, "G": 4}
"""orbital angular momentum of a channel that is called so"""


@dataclass(frozen=True)
class HadronChannel:
    """One pair of hadrons in one wave. masses: of both, MeV. orbital: l."""

    name: str
    masses: tuple[float, float]
    orbital: int = 0

    @property
    def reduced_mass(self) -> float:
        """m1 m2/(m1 + m2), MeV."""
        return self.masses[0] * self.masses[1] / sum(self.masses)

    @property
    def curvature(self) -> float:
        """(1 + 3δ²)/8μ, MeV⁻¹, δ = (m1 − m2)/(m1 + m2): of k²/2μ = ΔW + curvature · ΔW², as K has it."""
        m1, m2 = self.masses
        return (1.0 + 3.0 * ((m1 - m2) / (m1 + m2)) ** 2) / (8.0 * self.reduced_mass)


def scattering_channels(channels: Sequence[HadronChannel], hbar_c: float = HBAR_C) -> tuple[Channel, ...]:
    """Thresholds and kinetic terms; energies count from the threshold of the first."""
    return hadron_channels([one.masses for one in channels], [one.orbital for one in channels], hbar_c)


@dataclass(frozen=True)
class CoupledPair(HadronPair):
    """A HadronPair of several channels; mass1 and mass2 are those of the first.

    channels: by name, {LL: {masses: [1115.7, 1115.7]}, NX: {masses: [938.9, 1318.3], orbital: 0}}; or names alone, whose masses
    the data file has; None: all of the file. Without `orbital` a channel is an S wave, unless its name is that of another (D).
    `potential`: local and nonlocal_part return (C, C, …).
    """

    channels: Mapping[str, Mapping[str, Any]] | Sequence[str] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.channels is not None and len(self.channels) < 2:
            raise ConfigError(
                f"system {self.name}: channels={list(self.channels)}; give two or more, or a system of one pair"
            )
        super().__post_init__()

    @property
    def names(self) -> tuple[str, ...] | None:
        """Of the channels, in their order; None: as the file has them."""
        return None if self.channels is None else tuple(str(name) for name in self.channels)

    def orbital(self, name: str) -> int:
        """l of a channel."""
        said = self.channels.get(name) if isinstance(self.channels, Mapping) else None
        return int((said or {}).get("orbital", WAVES.get(name, 0)))

    def known_channels(
        self, stored: Mapping[str, tuple[float, float]] | None = None
    ) -> tuple[HadronChannel, ...]:
        """With the masses of `system.channels`, or else of `stored`, those of a file.

        Raises ConfigError for a channel without its masses, and so without its threshold, and DataError for one that the
        file does not hold.
        """
        names = self.names or tuple(stored or ())
        found = []
        for name in names:
            if stored is not None and name not in stored:
                raise DataError(f"no channel {name!r} in the file; it holds {', '.join(stored)}")
            said = self.channels.get(name) if isinstance(self.channels, Mapping) else None
            masses = (stored or {}).get(name) or (said or {}).get("masses")
            if masses is None or len(masses) != 2 or not min(masses) > 0:
                raise ConfigError(
                    f"system {self.name}: channel {name} has no threshold: give system.channels.{name}.masses=[m1,m2] in MeV"
                )
            found.append(HadronChannel(name, (float(masses[0]), float(masses[1])), self.orbital(name)))
        return tuple(found)
