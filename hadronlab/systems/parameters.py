"""What the energy of a system depends on: the numbers of its interaction and its masses, each changed by a little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import torch

from hadronlab.errors import ConfigError
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.length_scales import natural_scales

STEP = 1e-4  # relative to the parameter; a derivative by a central difference is wrong by the square of that


@dataclass(frozen=True)
class Change:
    """The system with a parameter above and below its value, both by `step`.

    within: whether it is one of the interaction, from which thresholds follow, and not a mass beside it.
    """

    above: FewBodySystem
    below: FewBodySystem
    step: float
    within: bool = True

    def derivative(self, function: Callable[[FewBodySystem], Any]) -> Any:
        """∂f/∂p of a number or an array."""
        return (function(self.above) - function(self.below)) / (2 * self.step)


def changes(system: FewBodySystem) -> dict[str, Change]:
    """Of every parameter on which H of the system depends, by its name: the number fields of an interaction that is a
    dataclass, and m_q, m_c, … of the masses of which these say nothing. A parameter that is 0, and so switched off, has none.
    """
    found = {}
    for name, value in _numbers(system.interaction).items():
        step = STEP * abs(value)
        try:
            above, below = (_with_number(system, name, v) for v in (value + step, value - step))
        except ConfigError:
            continue  # one that must not be changed
        if _matters(above, below):
            found[name] = Change(above, below, step)
    for flavor, mass in dict(zip(map(bare, system.flavors), system.masses.tolist(), strict=True)).items():
        if f"m_{flavor}" not in found:
            step = STEP * mass
            moved = step * torch.tensor([bare(other) == flavor for other in system.flavors])
            above, below = (replace(system, masses=system.masses + sign * moved) for sign in (1, -1))
            found[f"m_{flavor}"] = Change(above, below, step, within=False)
    return found


def with_interaction(system: FewBodySystem, interaction: Interaction) -> FewBodySystem:
    """The same particles in another interaction, with the masses that it gives them."""
    try:
        masses = [interaction.mass(bare(flavor)) for flavor in system.flavors]
    except ConfigError:  # a system that has masses of its own
        return replace(system, interaction=interaction)
    return replace(system, interaction=interaction, masses=torch.tensor(masses, dtype=system.masses.dtype))


def bare(flavor: str) -> str:
    """The name by which an interaction knows the mass: c of c~, e of e+."""
    return flavor.rstrip("~+-")


def _numbers(interaction: Interaction) -> dict[str, float]:
    own: Any = interaction
    numbers = [one.name for one in fields(own) if one.type in (float, "float")] if is_dataclass(own) else []
    return {name: getattr(own, name) for name in numbers if getattr(own, name) != 0}


def _with_number(system: FewBodySystem, name: str, value: float) -> FewBodySystem:
    own: Any = system.interaction
    return with_interaction(system, replace(own, **{name: value}))


def _matters(above: FewBodySystem, below: FewBodySystem) -> bool:
    """Whether H differs."""
    scale = natural_scales(above)[0]
    distances = scale * torch.tensor([[0.4], [0.9], [1.7]], dtype=scale.dtype)
    potentials = torch.equal(above.potential(distances), below.potential(distances))
    if above.L and above.has_fine_structure:  # which is no part of `potential`
        potentials = potentials and torch.equal(above.radial(distances.T), below.radial(distances.T))
    return not (potentials and torch.equal(above.masses, below.masses))
