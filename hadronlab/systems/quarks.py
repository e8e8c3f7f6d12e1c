"""Systems of two to six quarks, made from a content that a physicist writes: "c c u~ d~"."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from fractions import Fraction

import torch

from hadronlab.errors import ConfigError
from hadronlab.physics.constants import HBAR_C_GEV
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.forces.quark_models import AL1
from hadronlab.physics.quantum_numbers.channels import quark_channels
from hadronlab.physics.quantum_numbers.isospin import THIRD_COMPONENT
from hadronlab.physics.quantum_numbers.permutations import identical_groups
from hadronlab.physics.quantum_numbers.spin import as_list, coupled_to, half_integer, possible_spins
from hadronlab.physics.quantum_numbers.spin_orbit import rank
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.hadron_thresholds import cluster_energies, hadron_thresholds
from hadronlab.systems.orbital import orbital
from hadronlab.systems.threshold import Cluster, Threshold

MAX_PARTICLES = 6
FLAVORS = ("u", "d", "q", "s", "c", "b")


class QuarkSystem(FewBodySystem):
    """A colour singlet of quarks and antiquarks; energies in MeV."""

    @property
    def intrinsic_parity(self) -> int:
        return (-1) ** sum(flavor.endswith("~") for flavor in self.flavors)

    def comes_apart(self, part: Sequence[int]) -> bool:
        """Both parts must hold colour singlets."""
        return sum(-1 if self.flavors[i].endswith("~") else 1 for i in part) % 3 == 0

    def thresholds(self) -> list[Threshold]:
        return hadron_thresholds(self, quark_system)

    def threshold_energy(self, threshold: Threshold) -> float:
        return cluster_energies(self, threshold.clusters, quark_system)

    def cluster_system(self, cluster: Cluster, L: int = 0) -> FewBodySystem:
        return quark_system(
            cluster.name, cluster.flavors, cluster.spin, cluster.isospin, L=L, interaction=self.interaction
        )


def quark_system(
    name: str,
    quarks: str | Sequence[str],
    spin: float | str | Fraction,
    isospin: float | str | Fraction,
    parity: int | str | None = "natural",
    L: int = 0,
    J: float | str | Fraction | None = None,
    interaction: Interaction = AL1,
) -> QuarkSystem:
    """A colour singlet of two to six quarks, such as quark_system("tcc", "c c u~ d~", spin=1, isospin=0).

    quarks: u, d (or q for either), s, c, b, with a trailing ~ for an antiquark; spin, isospin: total S and I
    (0, 0.5, "3/2"); parity: the spatial one to project on, 'natural' is (−1)^L; L, J: total orbital angular momentum, 0 or 1, and
    the total one of it and the spin (None: all). Spin–orbit and tensor forces mix all spins in the states of these J, unless they
    are of first order. Raises ConfigError for an unknown
    flavour, a content without colour singlets, and an S or I that the content does not allow.
    """
    labels = quarks.split() if isinstance(quarks, str) else list(quarks)
    if not 2 <= len(labels) <= MAX_PARTICLES:
        raise ConfigError(
            f"system {name!r} has {len(labels)} quarks: give 2 to {MAX_PARTICLES}, with blanks: 'c c u~ d~'"
        )
    for label in labels:
        if label.removesuffix("~") not in FLAVORS:
            raise ConfigError(
                f"unknown quark {label!r} in {' '.join(labels)!r}: use {' '.join(FLAVORS)}, ~ for anti"
            )
    if (len(labels) - 2 * sum(label.endswith("~") for label in labels)) % 3:
        raise ConfigError(
            f"{' '.join(labels)!r} has no colour singlet: quarks minus antiquarks must be a multiple of 3"
        )
    labels = _coupling_order(labels)
    flavors = [_flavor(label) for label in labels]
    anti = tuple(label.endswith("~") for label in labels)
    total_spin, total_isospin = half_integer("spin", spin), half_integer("isospin", isospin)
    _check_quantum_numbers(name, labels, total_spin, total_isospin)
    if not isinstance(interaction, Hashable):
        raise ConfigError(
            f"interaction {type(interaction).__name__} cannot be hashed: make it a frozen dataclass"
        )
    interaction = interaction.for_content(anti)
    bare = [f.removesuffix("~") for f in flavors]
    state, totals = orbital(parity, L, J), []
    if L == 1 and not interaction.first_order and any(map(rank, interaction.operators)):
        multiplet = coupled_to(L, total_spin)
        totals = [state["J"]] if state["J"] in multiplet else multiplet
    return QuarkSystem(
        name=name,
        labels=tuple(labels),
        flavors=tuple(flavors),
        masses=torch.tensor([interaction.mass(f) for f in bare], dtype=torch.float64),
        hbar_c=HBAR_C_GEV,
        energy_unit="MeV",
        to_unit=1000.0,
        channels=quark_channels(bare, anti, total_spin, total_isospin, totals),
        interaction=interaction,
        spin=total_spin,
        isospin=total_isospin,
        **state,
    )


def _flavor(label: str) -> str:
    """u and d are one flavour q with isospin."""
    return "q" + label[1:] if label[0] in "ud" else label


def _coupling_order(labels: list[str]) -> list[str]:
    """Quarks before antiquarks, identical ones together, even groups first: equal pairs are coupled first."""
    ordered = []
    for anti in (False, True):
        part = [label for label in labels if label.endswith("~") == anti]
        groups = identical_groups([_flavor(label) for label in part])
        groups.sort(key=lambda group: (len(group) % 2, -len(group)))
        ordered += [part[i] for group in groups for i in group]
    return ordered


def _check_quantum_numbers(name: str, labels: list[str], spin: Fraction, isospin: Fraction) -> None:
    light = [label for label in labels if label[0] in "udq"]
    spins, isospins = possible_spins(len(labels)), possible_spins(len(light))
    if all(label in THIRD_COMPONENT for label in light):  # u and d are named: I_z is known
        third = abs(sum((THIRD_COMPONENT[label] for label in light), Fraction(0)))
        isospins = [i for i in isospins if i >= third]
    for what, value, allowed in (("spin", spin, spins), ("isospin", isospin, isospins)):
        if value not in allowed:
            raise ConfigError(
                f"{what}={float(value):g} is impossible for {name} = {' '.join(labels)!r}: "
                f"spin may be {as_list(spins)} and isospin {as_list(isospins)}"
            )
