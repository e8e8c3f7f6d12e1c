"""What the energy of a system depends on: the numbers of its interaction and its masses, each changed by a little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial
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
    for name, (value, changed) in _numbers(system.interaction).items():
        step = STEP * abs(value)
        try:
            above, below = (with_interaction(system, changed(v)) for v in (value + step, value - step))
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


def _numbers(own: Any) -> dict[str, tuple[float, Callable[[float], Any]]]:
    """Every number field of a dataclass and of the interactions within it: its value, and how to make one with another value."""

    def changed(name: str, make: Callable[[float], Any], value: float) -> Any:
        return replace(own, **{name: make(value)})

    found: dict[str, tuple[float, Callable[[float], Any]]] = {}
    for one in fields(own) if is_dataclass(own) else ():
        value = getattr(own, one.name)
        if isinstance(value, Interaction):
            inner = _numbers(value)
            found |= {name: (v, partial(changed, one.name, make)) for name, (v, make) in inner.items()}
        elif one.type in (float, "float") and value != 0:
            found[one.name] = value, partial(changed, one.name, float)
    return found


def _matters(above: FewBodySystem, below: FewBodySystem) -> bool:
    """Whether H differs."""
    scale = natural_scales(above)[0]
    distances = scale * torch.tensor([[0.4], [0.9], [1.7]], dtype=scale.dtype)
    potentials = torch.equal(above.potential(distances), below.potential(distances))
    if above.L and above.has_fine_structure:  # which is no part of `potential`
        potentials = potentials and torch.equal(above.radial(distances.T), below.radial(distances.T))
    return not (potentials and torch.equal(above.masses, below.masses))
