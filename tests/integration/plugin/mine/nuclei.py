"""A kind of few-body system of one's own: nucleons, counted in MeV and fm, with spin and isospin and no colour."""

from fractions import Fraction

import torch

from hadronlab.errors import ConfigError
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.quantum_numbers.channels import ChannelBasis
from hadronlab.physics.quantum_numbers.couplings import coupling_tree
from hadronlab.physics.quantum_numbers.isospin import isospin_basis
from hadronlab.physics.quantum_numbers.spin import half_integer, spin_basis
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.threshold import Cluster, Threshold

HALF = Fraction(1, 2)


class Nucleus(FewBodySystem):
    """What is known of nuclei beyond what every few-body system says: at the worst they fall into single nucleons."""

    def lowest_threshold(self) -> Threshold:
        nucleon = Cluster("N", ("N",), HALF, HALF, float(self.masses[0]) * self.to_unit)
        return Threshold(" ".join("N" * self.n_particles), self.mass_sum, (nucleon,) * self.n_particles)


def nucleus(
    name: str, nucleons: int, spin: float, isospin: float, interaction: Interaction, parity: int = 1
) -> Nucleus:
    """`nucleons` of them with total spin and isospin; `interaction` says their mass and force in MeV and fm."""
    if nucleons < 2:
        raise ConfigError(f"system.nucleons={nucleons}: a nucleus here has 2 or more")
    everybody = list(range(nucleons))
    total, iso = half_integer("spin", spin), half_integer("isospin", isospin)
    channels = ChannelBasis(
        kinds=("N",) * nucleons,
        color=isospin_basis((), (), nucleons, Fraction(0)),  # none
        spin=spin_basis(nucleons, total, coupling_tree(everybody, [])),
        isospin=isospin_basis(everybody, (), nucleons, iso),
    )
    return Nucleus(
        name=name,
        labels=("N",) * nucleons,
        flavors=("N",) * nucleons,
        masses=torch.full((nucleons,), interaction.mass("N"), dtype=torch.float64),
        hbar_c=HBAR_C,
        energy_unit="MeV",
        to_unit=1.0,
        channels=channels,
        interaction=interaction,
        spin=total,
        isospin=iso,
        parity=parity,
    )
