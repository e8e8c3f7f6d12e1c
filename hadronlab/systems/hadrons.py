"""Two hadrons on a lattice (or in the separable toy): masses, units, the truth where it is known, references."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor

from hadronlab.errors import ConfigError, HadronlabError
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.femtoscopy.pair import PairWeights, channel_weights, pair_weights
from hadronlab.physics.forces.known import ClosedForm, LocalPart, NonlocalPart


@dataclass(frozen=True)
class HadronPair:
    """A pair of hadrons in the S-wave.

    Masses in MeV and hbar_c in MeV fm; the separable toy has hbar_c = 1 and units of μ. A mass of None is that of
    the data file. `potential` is the truth, a LocalPart or a NonlocalPart or both, or None where it is unknown.
    `references` holds published numbers, name → {"value": …, "source": …}. Raises ConfigError for a bad mass.

    What a correlation of their momenta needs, and a lattice without electromagnetism does not know; None where it is not
    said (an R-correlator file may say it):
    charges: of both, in units of e; spins: of both; spin: the total spin S of this channel; identical: whether the two are
    the same hadron, fermions or bosons as their spin says.
    """

    name: str
    mass1: float | None
    mass2: float | None
    hbar_c: float = HBAR_C
    potential: Any = None
    references: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    charges: Sequence[int] | None = None
    spins: Sequence[float] | None = None
    spin: float | None = None
    identical: bool | None = None

    def __post_init__(self) -> None:
        for label in ("mass1", "mass2", "hbar_c"):
            value = getattr(self, label)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ConfigError(f"system {self.name}: {label} must be a positive number, got {value}")
        for label, entry in self.references.items():
            if not {"value", "source"} <= set(entry):
                raise ConfigError(f"system {self.name}: reference {label} needs both a value and a source")
        for label in ("charges", "spins"):
            values = getattr(self, label)
            if values is not None and len(values) != 2:
                raise ConfigError(
                    f"system {self.name}: {label} are two numbers, of one hadron each, got {values}"
                )

    @property
    def charge_product(self) -> int:
        """Z1 Z2; 0 where the charges are not known."""
        return 0 if self.charges is None else int(self.charges[0]) * int(self.charges[1])

    @property
    def channel_spin(self) -> float:
        """The total spin S of this channel; 0 where it is not known."""
        return 0.0 if self.spin is None else float(self.spin)

    @property
    def weights(self) -> PairWeights:
        """What spins and statistics make of its momentum correlations; of this channel alone where the spins are not known.

        Raises ConfigError where spins, statistics and the total spin do not go together.
        """
        identical = bool(self.identical)
        if self.spins is None:
            return channel_weights(self.channel_spin, identical)
        try:
            found = pair_weights(float(self.spins[0]), float(self.spins[1]), identical)
        except HadronlabError as error:
            raise ConfigError(f"system {self.name}: {error}") from error
        if self.channel_spin not in found.change:
            raise ConfigError(
                f"system {self.name}: spin={self.channel_spin:g} has no S wave, which there is for "
                f"{', '.join(f'{S:g}' for S in found.change)}: give system.spin"
            )
        return found

    def completed(self, reduced_mass: float, known: Mapping[str, Any]) -> HadronPair:
        """With the masses (each twice `reduced_mass`, MeV) and whatever else of `known` was left open."""
        found = {name: value for name, value in known.items() if getattr(self, name) is None}
        if self.mass1 is None or self.mass2 is None:
            found |= {"mass1": 2 * reduced_mass, "mass2": 2 * reduced_mass}
        return replace(self, **found)

    @property
    def local(self) -> Callable[[Tensor], Tensor] | None:
        """V0 of the known potential, None without one."""
        return self.potential.local if isinstance(self.potential, LocalPart) else None

    @property
    def nonlocal_part(self) -> Callable[[Tensor, Tensor], Tensor] | None:
        """U of the known potential, None without one."""
        return self.potential.nonlocal_part if isinstance(self.potential, NonlocalPart) else None

    @property
    def reduced_mass(self) -> float:
        """m1 m2 / (m1 + m2) in MeV: half the baryon mass for two equal ones (`m` of [Wang, Eq. 1])."""
        if self.mass1 is None or self.mass2 is None:
            raise ConfigError(f"system {self.name}: a mass is missing; give system.mass1=… in MeV")
        return self.mass1 * self.mass2 / (self.mass1 + self.mass2)

    @property
    def closed_form(self) -> ClosedForm | None:
        """The known potential, where its scattering needs no solver."""
        return self.potential if isinstance(self.potential, ClosedForm) else None
