"""Systems of a few leptons with Coulomb forces, in atomic units."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import torch

from hadronlab.errors import ConfigError
from hadronlab.physics.forces.coulomb import Coulomb
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.quantum_numbers.channels import lepton_channels
from hadronlab.physics.quantum_numbers.permutations import identical_groups
from hadronlab.physics.quantum_numbers.spin import as_list, half_integer, possible_spins
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.lepton_thresholds import lepton_threshold
from hadronlab.systems.orbital import orbital
from hadronlab.systems.threshold import Cluster, Threshold

MAX_PARTICLES = 6


class LeptonSystem(FewBodySystem):
    """Leptons; energies in Hartree, without rest masses."""

    @property
    def intrinsic_parity(self) -> int:
        return (-1) ** sum(label.endswith("+") for label in self.labels)

    @property
    def quantum_numbers(self) -> str:
        """P alone, for a Coulomb force is blind to how the spins of the kinds are coupled."""
        return f"P = {self.parity_label or 'any'}"

    def comes_apart(self, part: Sequence[int]) -> bool:
        """The charges of the parts must be as small as that of the whole permits."""
        charges = [1 if label.endswith("+") else -1 for label in self.labels]
        total, charge = sum(charges), sum(charges[i] for i in part)
        return abs(charge) + abs(total - charge) <= abs(total)

    def thresholds(self) -> list[Threshold]:
        lowest = lepton_threshold(self, lepton_system)
        return [] if lowest is None else [lowest]

    def cluster_system(self, cluster: Cluster, L: int = 0) -> FewBodySystem | None:
        if len(cluster.flavors) == 1:
            return None
        return lepton_system(cluster.name, cluster.flavors, L=L, interaction=self.interaction)


def lepton_system(
    name: str,
    leptons: str | Sequence[str],
    spins: dict[str, float] | None = None,
    parity: int | str | None = "natural",
    L: int = 0,
    J: float | str | Fraction | None = None,
    interaction: Interaction | None = None,
) -> LeptonSystem:
    """Two to six leptons with Coulomb forces, such as lepton_system("ps2", "e- e- e+ e+").

    spins: total spin of the identical particles of each kind, {"e-": 0}; by default the lowest (singlets). parity, L, J: as of
    `quark_system`.
    Raises ConfigError for an unknown lepton or an impossible spin.
    """
    labels = leptons.split() if isinstance(leptons, str) else list(leptons)
    if not 2 <= len(labels) <= MAX_PARTICLES:
        raise ConfigError(
            f"system {name!r} has {len(labels)} leptons: give 2 to {MAX_PARTICLES}, for example 'e- e- e+'"
        )
    for label in labels:
        if not label.endswith(("+", "-")):
            raise ConfigError(f"unknown lepton {label!r} in {' '.join(labels)!r}: use e-, e+, mu-, mu+")
    labels = sorted(labels, key=lambda label: (label[-1] == "+", label))
    groups = identical_groups(labels)
    force = interaction or Coulomb()
    total: dict[str, Fraction] = {}
    for group in groups:
        kind = labels[group[0]]
        allowed = possible_spins(len(group))
        total[kind] = half_integer(f"spins.{kind}", (spins or {}).get(kind, float(allowed[0])))
        if total[kind] not in allowed:
            raise ConfigError(
                f"spins.{kind}={total[kind]} is impossible for {len(group)}: choose {as_list(allowed)}"
            )
    unknown = set(spins or {}) - set(total)
    if unknown:
        raise ConfigError(
            f"spins.{sorted(unknown)[0]} of system {name!r} names no particle of {' '.join(labels)!r}"
        )
    state = orbital(parity, L, J)
    parity = state["parity"]
    if len(labels) == 2 and len(groups) == 1 and parity not in (None, 1 - 2 * int(total[labels[0]])):
        raise ConfigError(
            f"spins.{labels[0]}={total[labels[0]]} is impossible for {' '.join(labels)!r} with parity={parity}: "
            f"choose {(1 - parity) // 2}"
        )
    charges = [1.0 if label.endswith("+") else -1.0 for label in labels]
    force = force.for_content(tuple(charge > 0 for charge in charges))
    return LeptonSystem(
        name=name,
        labels=tuple(labels),
        flavors=tuple(labels),
        masses=torch.tensor([force.mass(label[:-1]) for label in labels], dtype=torch.float64),
        hbar_c=1.0,
        energy_unit="Ha",
        to_unit=1.0,
        channels=lepton_channels(labels, charges, total),
        interaction=force,
        spin=sum(total.values(), Fraction(0)),
        isospin=Fraction(0),
        **state,
        length_unit="bohr",
        counts_masses=False,
    )
