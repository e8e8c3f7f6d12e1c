"""What an observable of a few-body state sees where levels are known in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.physics.few_body.gaussians.spectrum import Spectrum
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.threshold import Threshold


@dataclass(frozen=True)
class Levels:
    """Levels of a system in correlated Gaussians, energies in its unit; `thresholds`, the lowest first.

    accuracy: how much may remain of an energy, in the unit of the system.
    """

    system: FewBodySystem
    found: Spectrum
    thresholds: Sequence[Threshold] = ()
    accuracy: float = 0.0

    @property
    def energy(self) -> Estimate:
        """Of the lowest level."""
        return self.energies[0]

    @property
    def energies(self) -> list[Estimate]:
        """Upper bounds; what is expected to remain, the part `convergence` of their errors, where it is known."""
        found, unit = self.found, self.system.energy_unit
        remains = np.maximum(found.remaining, found.rounding)
        return [
            Estimate(
                energy,
                unit,
                {"convergence": Part(np.array([energy - rest]), "systematic")} if np.isfinite(rest) else {},
            )
            for energy, rest in zip(found.energies, remains, strict=True)
        ]

    @property
    def threshold(self) -> Threshold | None:
        """The lowest one."""
        return next(iter(self.thresholds), None)
