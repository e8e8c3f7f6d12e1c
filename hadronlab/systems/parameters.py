"""What the energy of a system depends on: the numbers of its interaction and its masses, each changed by a little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property, partial
from typing import Any

import torch

from hadronlab.errors import ConfigError
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.length_scales import natural_scales

STEP = 1e-4  # relative to the parameter; a derivative by a central difference is wrong by the square of that


@dataclass(frozen=True)
class Change:
    """A parameter of the system: its value, and the system `of` another one.

    within: whether it is one of the interaction, from which thresholds follow, and not a mass beside it.
    """

    value: float
    of: Callable[[float], FewBodySystem]
    within: bool = True

    @property
    def step(self) -> float:
        return STEP * abs(self.value)

    @cached_property
    def above(self) -> FewBodySystem:
        return self.of(self.value + self.step)

    @cached_property
    def below(self) -> FewBodySystem:
        return self.of(self.value - self.step)

    def derivative(self, function: Callable[[FewBodySystem], Any]) -> Any:
        """∂f/∂p of a number or an array."""
        return (function(self.above) - function(self.below)) / (2 * self.step)


def changes(system: FewBodySystem) -> dict[str, Change]:
    """Of every parameter on which H of the system depends, by its name: the number fields of an interaction that is a
    dataclass, and m_q, m_c, … of the masses of which these say nothing. A parameter that is 0, and so switched off, has none.
    """
    found = {}
    for name, (value, changed) in _numbers(system.interaction).items():
        change = Change(value, partial(_of_interaction, system, changed))
        try:
            matters = _matters(change.above, change.below)
        except ConfigError:
            continue  # one that must not be changed
        if matters:
            found[name] = change
    for flavor, mass in dict(zip(map(bare, system.flavors), system.masses.tolist(), strict=True)).items():
        if f"m_{flavor}" not in found:
            found[f"m_{flavor}"] = Change(mass, partial(_of_mass, system, flavor), within=False)
    return found


def parameter_called(system: FewBodySystem, name: str, setting: str) -> tuple[str, Change]:
    """The name in `changes` and the parameter that `name` means: m_Q is the mass of the heavy quark, c or b, where there is
    one of the two. Raises ConfigError, about `setting`, where there is no such parameter.
    """
    found, about = changes(system), f"there is no {name!r}"
    if name == "m_Q":
        heavy = sorted({bare(flavor) for flavor in system.flavors} & {"c", "b"})
        about = (
            f"m_Q is the mass of c or b, of which {' '.join(system.labels)} has {'both' if heavy else 'none'}"
        )
        name = f"m_{heavy[0]}" if len(heavy) == 1 else name
    if name not in found:
        raise ConfigError(f"{setting}: {about}; energies of {system.name} depend on {', '.join(found)}")
    return name, found[name]


def _of_interaction(
    system: FewBodySystem, changed: Callable[[float], Interaction], value: float
) -> FewBodySystem:
    return with_interaction(system, changed(value))


def _of_mass(system: FewBodySystem, flavor: str, value: float) -> FewBodySystem:
    masses = [
        value if bare(f) == flavor else m for f, m in zip(system.flavors, system.masses.tolist(), strict=True)
    ]
    return replace(system, masses=torch.tensor(masses, dtype=system.masses.dtype))


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
