"""No potential at all: for fits in which nothing but the numbers of a measurement is unknown."""

from __future__ import annotations

from hadronlab.models.potentials.potential import Potential


class Free(Potential):
    """V0 = U = 0, without parameters."""

    has_nonlocal = False
