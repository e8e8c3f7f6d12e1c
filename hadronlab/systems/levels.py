"""Levels of two particles of a few-body system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hadronlab.physics.few_body.two_body import Levels, two_body_levels

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem


def pair_levels(system: FewBodySystem, size: float, wave: int = 0) -> Levels:
    """Levels of two particles in a partial wave, on a mesh made for `size` (fm, bohr), or larger if the state is."""
    reduced = 1 / float((1 / system.masses).sum())
    for _ in range(6):  # enough for forces a thousand times weaker; what is not bound would fill any mesh
        found = two_body_levels(
            lambda r: system.potential(r[:, None])[:, 0, 0], reduced, system.hbar_c, size, wave
        )
        if float(found.rms[0]) < 2 * size:
            break
        size = float(found.rms[0])
    return found
