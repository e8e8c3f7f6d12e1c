"""What of spin–orbit and tensor forces is computed, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hadronlab.errors import ConfigError

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem


def check_fine_structure(system: FewBodySystem) -> None:
    """Raises ConfigError for a P wave whose channels lack the spins that such forces mix."""
    if system.L and system.has_fine_structure and not (system.interaction.first_order or system.totals):
        raise ConfigError(
            f"spin–orbit and tensor forces mix the spins of system {system.name!r}, whose channels have one in a P wave: "
            "only systems of quarks have all"
        )


def left_out(system: FewBodySystem) -> list[str]:
    """What is not computed, a line for a result; none where there are no such forces."""
    if not system.has_fine_structure:
        return []
    if not system.L:
        return [
            "spin–orbit and tensor forces vanish within S waves: the D waves that they mix in are left out"
        ]
    if system.interaction.first_order:
        return [
            "spin–orbit and tensor forces are taken to first order: energies are no upper bounds, and their errors those of the "
            "central forces"
        ]
    return ["the waves other than L = 1 that spin–orbit and tensor forces mix in are left out"]
