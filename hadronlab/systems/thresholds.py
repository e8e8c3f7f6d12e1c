"""The lowest threshold into which a few-body system may fall apart, computed in the same interaction.

Mesons come from the radial solver, baryons from the three-body one; V_C, being defined for baryons only, is
left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import combinations, product
from typing import TypeAlias

from hadronlab.errors import ConfigError
from hadronlab.physics.few_body.three_body import three_body_levels
from hadronlab.physics.few_body.two_body import Levels, two_body_levels
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.quantum_numbers.spin import possible_spins
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.hadron_names import hadron_name
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system

ZERO = Fraction(0)
Hadron: TypeAlias = tuple[tuple[str, ...], Fraction, Fraction]
"""Flavours, spin and isospin of a cluster."""


@dataclass(frozen=True)
class Cluster:
    """One hadron (or atom, or free lepton) of a threshold; energy in MeV (masses included) or Hartree."""

    name: str
    flavors: tuple[str, ...]
    spin: Fraction
    isospin: Fraction
    energy: float


@dataclass(frozen=True)
class Threshold:
    """Energy of the separated clusters, MeV (Hartree), and their names joined by blanks: "D D*"."""

    name: str
    energy: float
    clusters: tuple[Cluster, ...]

    def partition(self, flavors: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        """Particles that make up the clusters, one of the equivalent choices: ((0, 2), (1, 3)) for D D*."""
        left = list(range(len(flavors)))
        parts = []
        for cluster in self.clusters:
            part = []
            for flavor in cluster.flavors:
                part.append(next(i for i in left if flavors[i] == flavor))
                left.remove(part[-1])
            parts.append(tuple(sorted(part)))
        return tuple(parts)


def lowest_threshold(system: FewBodySystem) -> Threshold | None:
    """The lowest threshold that the quantum numbers allow, or None for a single hadron or atom.

    All splittings into mesons and baryons in relative S waves, with spins and isospins coupled to S and I; where the
    exchange of two identical clusters forbids their ground states, one of them is excited, radially or to an orbital
    P wave against the other (total L = 0). With parity −1 two clusters are in a relative P wave. A bound tetraquark or
    pentaquark is no cluster here. Raises ConfigError where the interaction has a part that the solvers of single
    hadrons do not know, and for leptons whose lowest threshold may hold an ion or a molecule.
    """
    if system.energy_unit == "Ha":
        return _lepton_threshold(system)
    best: Threshold | None = None
    forbidden = []
    choices = {c for split in _splittings(system.flavors) if len(split) > 1 for c in _choices(split)}
    for choice in sorted(choices):
        if (system.spin, system.isospin) not in _coupled(choice):
            continue
        if _statistics_allow(system, choice):
            best = _lower(best, _threshold(_cluster(system, *hadron) for hadron in choice))
        else:
            forbidden.append(choice)
    for hadron, twin in forbidden:
        ground = _cluster(system, *hadron)
        if best is None or 2 * ground.energy < best.energy:
            for level in ("2S", "1P"):
                best = _lower(best, _threshold([ground, _cluster(system, *twin, level)]))
    return best


def hadron_mass(
    flavors: tuple[str, ...], spin: Fraction, isospin: Fraction, interaction: Interaction, level: str = "1S"
) -> float:
    """Mass in MeV of a meson or baryon (1S, 2S, 1P) without V_C, to about 1e-4 and 0.02 MeV.

    Of a baryon 1P to 0.1 MeV, and 1S to 2 MeV where no spatially symmetric state is allowed, as in a nucleon of S = 3/2.
    """
    system = quark_system("cluster", flavors, spin, isospin, interaction=interaction)
    radial, wave = int(level[0]) - 1, "SP".index(level[1])
    if len(flavors) == 3:
        energies = three_body_levels(
            system.channels, interaction, system.masses, system.hbar_c, angular_momentum=wave
        )
        return float(energies[radial]) * system.to_unit + system.mass_sum
    return float(_pair_levels(system, 0.6, wave).energy[radial]) * system.to_unit + system.mass_sum


def _pair_levels(system: FewBodySystem, size: float, wave: int = 0) -> Levels:
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


_cached_mass = cache(hadron_mass)


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
        total = {(s, i) for s0, i0 in total for s in _sums(s0, spin) for i in _sums(i0, isospin)}
    return total


def _sums(a: Fraction, b: Fraction) -> list[Fraction]:
    return [abs(a - b) + k for k in range(int(a + b - abs(a - b)) + 1)]


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


def _threshold(clusters: Iterable[Cluster]) -> Threshold:
    ordered = tuple(sorted(clusters, key=_order))
    return Threshold(" ".join(c.name for c in ordered), sum(c.energy for c in ordered), ordered)


def _lower(best: Threshold | None, other: Threshold) -> Threshold:
    return other if best is None or other.energy < best.energy else best


def _n_light(flavors: tuple[str, ...]) -> int:
    return sum(flavor[0] == "q" for flavor in flavors)


def _cluster(
    system: FewBodySystem, flavors: tuple[str, ...], spin: Fraction, isospin: Fraction, level: str = ""
) -> Cluster:
    """A hadron in its lowest level, or in the given one; three equal quarks of the wrong symmetry for S waves begin with 1P."""
    if not level:
        content = quark_system("cluster", flavors, spin, isospin, interaction=system.interaction)
        level = "1S" if content.channels.symmetric_projector.any() else "1P"
    name = hadron_name(flavors, spin, isospin, "" if level == "1S" else f"({level})")
    mass = _cached_mass(flavors, spin, isospin, system.interaction, level)
    return Cluster(name, flavors, spin, isospin, mass)


def _order(cluster: Cluster) -> tuple[int, int, float]:
    """Baryons before open-flavour mesons, hidden flavour first of all, then by mass: "eta_c Lambda_c",
    "Xi_cc* D*".
    """
    hidden = len(cluster.flavors) == 2 and cluster.flavors[0].removesuffix("~") == cluster.flavors[
        1
    ].removesuffix("~")
    return (0 if hidden else 1, -len(cluster.flavors), cluster.energy)


def _lepton_threshold(system: FewBodySystem) -> Threshold | None:
    """Atoms of one negative and one positive lepton and what is left over.

    Raises ConfigError where something else may lie lower (ions, molecules), and where two equal atoms in their ground
    states have the wrong symmetry.
    """
    positive = sum(label.endswith("+") for label in system.labels)
    negative = system.n_particles - positive
    if system.n_particles > 3 and positive and negative and {positive, negative} != {2}:
        raise ConfigError("it may hold an ion or a molecule, whose energies are not computed")

    def best(labels: tuple[str, ...]) -> tuple[Cluster, ...]:
        free = tuple(Cluster(label, (label,), Fraction(1, 2), Fraction(0), 0.0) for label in labels)
        candidates = [free]
        for i, j in combinations(range(len(labels)), 2):
            if labels[i][-1] != labels[j][-1]:
                rest = tuple(label for k, label in enumerate(labels) if k not in (i, j))
                candidates.append((_atom(labels[i], labels[j], system.interaction), *best(rest)))
        return min(candidates, key=lambda clusters: sum(c.energy for c in clusters))

    if system.n_particles < 3:
        return None
    clusters = best(system.labels)
    if len(clusters) == 2 and clusters[0].flavors == clusters[1].flavors:
        exchange = next(g for g in system.group if g.perm == (1, 0, 3, 2))  # of the atoms, R → −R
        if system.parity not in (None, round(exchange.sign * exchange.matrix[0, 0])):
            raise ConfigError("one of two equal atoms is excited, for the spins forbid both ground states")
    return Threshold(" ".join(c.name for c in clusters), sum(c.energy for c in clusters), clusters)


def _atom(first: str, second: str, interaction: Interaction) -> Cluster:
    pair = lepton_system("atom", [first, second], interaction=interaction)
    found = _pair_levels(pair, 2 * float((1 / pair.masses).sum()))
    name = "Ps" if {first, second} == {"e-", "e+"} else f"({first} {second})"
    return Cluster(name, (first, second), Fraction(0), Fraction(0), float(found.energy[0]))
