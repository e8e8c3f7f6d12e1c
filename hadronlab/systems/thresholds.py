"""The lowest threshold into which a few-body system may fall apart, computed in the same interaction.

Mesons come from the radial solver, baryons from the three-body one; V_C, being defined for baryons only, is
left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import combinations, combinations_with_replacement, product

from hadronlab.errors import ConfigError
from hadronlab.physics.interaction import Interaction
from hadronlab.physics.spin import possible_spins
from hadronlab.physics.three_body import three_body_levels
from hadronlab.physics.two_body import Levels, two_body_levels
from hadronlab.systems.hadron_names import hadron_name
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import FewBodySystem, quark_system

ZERO = Fraction(0)


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

    All splittings into mesons and baryons in relative S waves, with spins and isospins coupled to S and I and
    identical clusters (anti)symmetric; where that forbids the ground states, one cluster is excited: a meson
    radially or to an orbital P wave against the rest (total L = 0), a baryon radially. With parity −1 two
    clusters are in a relative P wave. A bound tetraquark or pentaquark is no cluster here. Raises ConfigError where
    the interaction has a part that the solvers of single hadrons do not know, and for leptons whose lowest threshold
    may hold an ion or a molecule.
    """
    if system.energy_unit == "Ha":
        return _lepton_threshold(system)
    options = [split for split in _splittings(system.flavors) if len(split) > 1]
    return min(
        (
            Threshold(" ".join(c.name for c in clusters), sum(c.energy for c in clusters), clusters)
            for split in options
            for clusters in _allowed(system, split)
        ),
        key=lambda threshold: threshold.energy,
        default=None,
    )


def hadron_mass(
    flavors: tuple[str, ...], spin: Fraction, isospin: Fraction, interaction: Interaction, level: str = "1S"
) -> float:
    """Mass in MeV of a meson (1S, 2S, 1P) or baryon (1S, 2S) without V_C, to about 1e-4 and 0.02 MeV."""
    system = quark_system("cluster", flavors, spin, isospin, interaction=interaction)
    radial, wave = int(level[0]) - 1, "SP".index(level[1])
    if len(flavors) == 3:
        if wave:
            raise ConfigError(f"baryon level {level}: only L = 0 levels are computed, choose 1S or 2S")
        energies = three_body_levels(system.channels, interaction, system.masses, system.hbar_c)
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


def _allowed(system: FewBodySystem, split: tuple[tuple[str, ...], ...]) -> Iterator[tuple[Cluster, ...]]:
    """Clusters of one splitting, in all spins, isospins and levels, that couple to S and I of the system."""
    states = [
        [(flavors, s, i) for s in possible_spins(len(flavors)) for i in possible_spins(_n_light(flavors))]
        for flavors in split
    ]
    target = (system.spin, system.isospin)
    for choice in set(tuple(sorted(c)) for c in product(*states)):
        relative = [1, -1] if system.parity is None else [system.parity]
        if any(target in _coupled(Counter(choice), sign) for sign in relative):
            yield tuple(sorted((_cluster(system, *hadron) for hadron in choice), key=_order))
        elif len(set(choice)) < len(choice):
            for k in range(len(choice)):  # symmetry forbids it: excite one of the identical clusters
                for level in ("2S", "1P") if len(choice[k][0]) == 2 else ("2S",):
                    others = Counter(choice[:k] + choice[k + 1 :])
                    if target in _couple(_coupled(others, 1), _coupled(Counter([choice[k]]), 1)):
                        hadrons = [_cluster(system, *h) for j, h in enumerate(choice) if j != k]
                        yield tuple(sorted([*hadrons, _cluster(system, *choice[k], level)], key=_order))


def _coupled(hadrons: Counter, relative: int) -> set[tuple[Fraction, Fraction]]:
    """(S, I) of hadrons (flavors, S, I) in relative S waves (−1: two in a P wave), identical ones with their
    statistics.
    """
    total = {(ZERO, ZERO)}
    for (flavors, spin, isospin), count in hadrons.items():
        fermions = len(flavors) % 2 == 1
        odd = relative == -1 and count == 2 and len(hadrons) == 1
        total = _couple(total, _identical(spin, isospin, count, fermions != odd))
    return total


def _identical(
    spin: Fraction, isospin: Fraction, count: int, antisymmetric: bool
) -> set[tuple[Fraction, Fraction]]:
    """(S, I) of identical hadrons in (anti)symmetric spin-isospin states, by counting weights."""
    states = [(m, t) for m in _projections(spin) for t in _projections(isospin)]
    choose = combinations if antisymmetric else combinations_with_replacement
    weights = Counter(
        (sum((m for m, _ in c), ZERO), sum((t for _, t in c), ZERO)) for c in choose(states, count)
    )
    return {
        (s, i)
        for s, i in weights
        if s >= 0 <= i and weights[s, i] - weights[s + 1, i] - weights[s, i + 1] + weights[s + 1, i + 1] > 0
    }


def _couple(
    left: set[tuple[Fraction, Fraction]], right: set[tuple[Fraction, Fraction]]
) -> set[tuple[Fraction, Fraction]]:
    return {(s, i) for a, b in product(left, right) for s in _sums(a[0], b[0]) for i in _sums(a[1], b[1])}


def _sums(a: Fraction, b: Fraction) -> list[Fraction]:
    return [abs(a - b) + Fraction(k) for k in range(int(a + b - abs(a - b)) + 1)]


def _projections(j: Fraction) -> list[Fraction]:
    return [Fraction(k) - j for k in range(int(2 * j) + 1)]


def _n_light(flavors: tuple[str, ...]) -> int:
    return sum(flavor[0] == "q" for flavor in flavors)


def _cluster(
    system: FewBodySystem, flavors: tuple[str, ...], spin: Fraction, isospin: Fraction, level: str = "1S"
) -> Cluster:
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
