"""Leptons with the Coulomb interaction, in atomic units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.forces.radial_terms import RadialTerm


@dataclass(frozen=True)
class Coulomb(Interaction):
    """V_ij = strength · e_i e_j/r_ij, Hartree and bohr. Raises ConfigError for a strength that is not positive."""

    strength: float = 1.0

    operators: ClassVar[tuple[str, ...]] = ("charge",)
    masses: ClassVar[dict[str, float]] = {"e": 1.0, "mu": 206.7682830}

    def __post_init__(self) -> None:
        if not isinstance(self.strength, int | float) or not 0 < self.strength < math.inf:
            raise ConfigError(f"interaction.strength={self.strength} of coulomb must be a number above 0")

    def mass(self, flavor: str) -> float:
        """Mass in units of the electron's."""
        if flavor not in self.masses:
            raise ConfigError(f"interaction=coulomb: unknown lepton {flavor!r}, use e-, e+, mu-, mu+")
        return self.masses[flavor]

    def radial(self, r: Tensor, mass_i: Tensor, mass_j: Tensor) -> tuple[Tensor, ...]:
        """strength/r."""
        return (self.strength / r,)

    def radial_terms(self, mass_i: float, mass_j: float) -> tuple[tuple[RadialTerm, ...], ...]:
        return ((RadialTerm(self.strength, -1),),)

    def terms(self) -> dict[str, Interaction]:
        return {"coulomb": self}
