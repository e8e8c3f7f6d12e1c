"""The potential of the system itself, as it is: nothing of it is learned."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.models.potentials.potential import Potential
from hadronlab.physics.forces.known import LocalPart, NonlocalPart


class Known(Potential):
    """V0 and U of `potential` (see physics.forces.known); without parameters, so that a fit is one of the nuisance parameters."""

    def __init__(self, potential: Any) -> None:
        super().__init__()
        local, nonlocal_part = isinstance(potential, LocalPart), isinstance(potential, NonlocalPart)
        if not (local or nonlocal_part):
            raise ConfigError(
                f"model=known: {potential!r:.60} is no potential: choose a system that has one, or give system.potential"
            )
        self.has_local, self.has_nonlocal = local, nonlocal_part
        self._potential = potential

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        U: Tensor = self._potential.nonlocal_part(r, rp)
        return U

    def local(self, r: Tensor) -> Tensor:
        V: Tensor = self._potential.local(r)
        return V
