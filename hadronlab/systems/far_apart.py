"""What is left of the forces where the parts of a system are far from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hadronlab.errors import ConfigError
from hadronlab.physics.forces.interaction import many_body_constant
from hadronlab.physics.quantum_numbers.spin_orbit import rank

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem

FAR = 1e6, 1e8  # fm (bohr): forces that fall off are none there, be they as slow as Coulomb's
NEGLIGIBLE = 1e-5  # GeV (Hartree)


def constant(system: FewBodySystem) -> float:
    """The constant of H in `energy_unit`: a `many_body` term that is one number, such as V_C, and what the forces of all pairs
    tend to with their distance. Between colour singlets those of colour are none.

    The pairs of different parts have that of the whole less those of the parts. Raises ConfigError where forces tend to no
    number, and nothing comes apart.
    """
    names, pairs = system.interaction.operators, len(system.pairs)
    left = torch.tensor(
        [rank(name) == 0 and "color" not in name.split("*") for name in names], dtype=torch.bool
    )
    left = left.repeat_interleave(pairs)
    radial = system.radial(torch.tensor(FAR, dtype=torch.float64).expand(pairs, 2))[left]
    nearer, farther = torch.einsum("kt,kab->tab", radial, system.couplings[left])
    number = farther.diagonal().mean()
    rest = torch.cat([farther - nearer, farther - number * torch.eye(system.n_channels)]).abs()
    if not bool((rest < NEGLIGIBLE).all()):  # nor of nan
        raise ConfigError(
            f"{type(system.interaction).__name__} holds particles together at any distance by more than colour: nothing comes apart, "
            "and there is no threshold"
        )
    return (float(number) + (many_body_constant(system.interaction, system.masses) or 0.0)) * system.to_unit
