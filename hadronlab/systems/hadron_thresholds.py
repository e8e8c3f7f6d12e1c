"""The thresholds at which a few quarks may fall apart, computed in the same interaction.

Mesons come from the radial solver, baryons from the three-body one. A constant of the interaction is that of the whole system, not
of the parts: V_C, which is defined for baryons, is left out of a pentaquark and of its thresholds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cache
from itertools import combinations, product
from typing import TypeAlias

from hadronlab.errors import ConfigError
from hadronlab.physics.few_body.three_body import three_body_levels
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.quantum_numbers.spin import coupled_to, possible_spins
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.hadron_names import hadron_name
from hadronlab.systems.levels import pair_levels
from hadronlab.systems.threshold import Cluster, Threshold

ZERO = Fraction(0)
Hadron: TypeAlias = tuple[tuple[str, ...], Fraction, Fraction]
"""Flavours, spin and isospin of a cluster."""


def hadron_thresholds(system: FewBodySystem, make: Callable[..., FewBodySystem]) -> list[Threshold]:
    """The thresholds that the quantum numbers allow, the lowest first; none of a single hadron. `make` is quark_system.

    All splittings into mesons and baryons in relative S waves, with spins and isospins coupled to S and I; where the
    exchange of two identical clusters forbids their ground states, one of them is excited, radially or to an orbital
    P wave against the other (total L = 0): these are among them where they are the lowest. With parity −1 two clusters are in
    a relative P wave. A bound tetraquark or pentaquark is no cluster here. Raises ConfigError where the interaction has a part
    that the solvers of single hadrons do not know.
    """
    found, forbidden = [], []
    choices = {c for split in _splittings(system.flavors) if len(split) > 1 for c in _choices(split)}
    for choice in sorted(choices):
        if (system.spin, system.isospin) not in _coupled(choice):
            continue
        if _statistics_allow(system, choice):
            found.append(_threshold(system, (_cluster(system, make, *hadron) for hadron in choice)))
        else:
            forbidden.append(choice)
    for hadron, twin in forbidden:
        ground = _cluster(system, make, *hadron)
        if not found or 2 * ground.energy + system.constant < min(one.energy for one in found):
            for level in ("2S", "1P"):
                found.append(_threshold(system, [ground, _cluster(system, make, *twin, level)]))
    return sorted(found, key=lambda one: one.energy)


def cluster_energies(
    system: FewBodySystem, clusters: Iterable[Cluster], make: Callable[..., FewBodySystem]
) -> float:
    """MeV of these clusters far from each other, in the interaction of `system`."""
    parts = (_cached_mass(make, c.flavors, c.spin, c.isospin, system.interaction, c.level) for c in clusters)
    return sum(parts) + system.constant


def hadron_mass(hadron: FewBodySystem, level: str = "1S") -> float:
    """Mass in MeV of a meson or baryon (1S, 2S, 1P), to about 1e-4 and 0.02 MeV.

    Of a baryon 1P to 0.1 MeV, and 1S to 2 MeV where no spatially symmetric state is allowed, as in a nucleon of S = 3/2.
    """
    radial, wave = int(level[0]) - 1, "SP".index(level[1])
    if wave and hadron.has_fine_structure:
        raise ConfigError(
            "hadrons in P waves begin it, whose spin–orbit and tensor forces are not solved for there"
        )
    if hadron.n_particles == 3:
        energies = three_body_levels(
            hadron.channels, hadron.interaction, hadron.masses, hadron.hbar_c, angular_momentum=wave
        )
        return float(energies[radial]) * hadron.to_unit + hadron.mass_sum
    return float(pair_levels(hadron, 0.6, wave).energy[radial]) * hadron.to_unit + hadron.mass_sum


@cache
def _cached_mass(
    make: Callable[..., FewBodySystem],
    flavors: tuple[str, ...],
    spin: Fraction,
    isospin: Fraction,
    interaction: Interaction,
    level: str,
) -> float:
    """Without the constant of the part."""
    hadron = make("cluster", flavors, spin, isospin, interaction=interaction)
    return hadron_mass(hadron, level) - hadron.constant


def _splittings(flavors: tuple[str, ...]) -> set[tuple[tuple[str, ...], ...]]:
    """All ways to split particles into quark-antiquark pairs and triples of (anti)quarks, as sorted
    multisets.
    """
    if not flavors:
        return {()}
    first, rest = flavors[0], flavors[1:]
    found = set()
    for size in (1, 2):
        for partners in combinations(range(len(rest)), size):
            cluster = (first, *(rest[i] for i in partners))
            anti = [flavor.endswith("~") for flavor in cluster]
            if sum(anti) == 1 if size == 1 else len(set(anti)) == 1:
                left = tuple(flavor for i, flavor in enumerate(rest) if i not in partners)
                found |= {tuple(sorted((tuple(sorted(cluster)), *others))) for others in _splittings(left)}
    return found


def _choices(split: tuple[tuple[str, ...], ...]) -> set[tuple[Hadron, ...]]:
    """The clusters of one splitting in all their spins and isospins."""
    states = [
        [(flavors, s, i) for s in possible_spins(len(flavors)) for i in possible_spins(_n_light(flavors))]
        for flavors in split
    ]
    return {tuple(sorted(choice)) for choice in product(*states)}


def _coupled(hadrons: Iterable[Hadron]) -> set[tuple[Fraction, Fraction]]:
    """(S, I) to which the spins and isospins of hadrons couple."""
    total = {(ZERO, ZERO)}
    for _, spin, isospin in hadrons:
        total = {(s, i) for s0, i0 in total for s in coupled_to(s0, spin) for i in coupled_to(i0, isospin)}
    return total


def _statistics_allow(system: FewBodySystem, hadrons: tuple[Hadron, ...]) -> bool:
    """Whether hadrons in their ground states may have S and I of the system and its parity.

    Exchanging two identical ones gives (−1)^{2s−S} (−1)^{2i−I} and the parity of the relative motion. Three hadrons are
    always allowed: with a P wave in the pair and one of the third against it, there is an L = 0 of the same parity.
    """
    if len(hadrons) > 2 or hadrons[0] != hadrons[1] or system.parity is None:
        return True
    flavors, spin, isospin = hadrons[0]
    exchange = system.parity * (-1) ** int(2 * spin - system.spin + 2 * isospin - system.isospin)
    return exchange == (-1) ** len(flavors)


def _threshold(system: FewBodySystem, clusters: Iterable[Cluster]) -> Threshold:
    return Threshold.of(sorted(clusters, key=_order), system.constant)


def _n_light(flavors: tuple[str, ...]) -> int:
    return sum(flavor[0] == "q" for flavor in flavors)


def _cluster(
    system: FewBodySystem,
    make: Callable[..., FewBodySystem],
    flavors: tuple[str, ...],
    spin: Fraction,
    isospin: Fraction,
    level: str = "",
) -> Cluster:
    """A hadron in its lowest level, or in the given one; three equal quarks of the wrong symmetry for S waves begin with 1P."""
    if not level:
        content = make("cluster", flavors, spin, isospin, interaction=system.interaction)
        level = "1S" if content.channels.symmetric_projector.any() else "1P"
    name = hadron_name(flavors, spin, isospin, "" if level == "1S" else f"({level})")
    mass = _cached_mass(make, flavors, spin, isospin, system.interaction, level)
    return Cluster(name, flavors, spin, isospin, mass, level)


def _order(cluster: Cluster) -> tuple[int, int, float]:
    """Baryons before open-flavour mesons, hidden flavour first of all, then by mass: "eta_c Lambda_c",
    "Xi_cc* D*".
    """
    hidden = len(cluster.flavors) == 2 and cluster.flavors[0].removesuffix("~") == cluster.flavors[
        1
    ].removesuffix("~")
    return (0 if hidden else 1, -len(cluster.flavors), cluster.energy)
