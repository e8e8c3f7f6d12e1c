"""The lowest threshold of a few leptons, computed in the same interaction."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations

from hadronlab.errors import ConfigError
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.levels import pair_levels
from hadronlab.systems.threshold import Cluster, Threshold


def lepton_threshold(system: FewBodySystem, make: Callable[..., FewBodySystem]) -> Threshold | None:
    """The lowest threshold of leptons; `make` is lepton_system, which makes an atom of two.

    Atoms of one negative and one positive lepton and what is left over.

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
                candidates.append(
                    (
                        _atom(
                            make(name="atom", leptons=[labels[i], labels[j]], interaction=system.interaction)
                        ),
                        *best(rest),
                    )
                )
        return min(candidates, key=lambda clusters: sum(c.energy for c in clusters))

    if system.n_particles < 3:
        return None
    clusters = best(system.labels)
    if len(clusters) == 2 and clusters[0].flavors == clusters[1].flavors:
        exchange = next(g for g in system.group if g.perm == (1, 0, 3, 2))  # of the atoms, R → −R
        if system.parity not in (None, round(exchange.sign * exchange.matrix[0, 0])):
            raise ConfigError("one of two equal atoms is excited, for the spins forbid both ground states")
    return Threshold.of(clusters, system.constant)


def _atom(pair: FewBodySystem) -> Cluster:
    first, second = pair.labels
    found = pair_levels(pair, 2 * float((1 / pair.masses).sum()))
    name = "Ps" if {first, second} == {"e-", "e+"} else f"({first} {second})"
    return Cluster(name, (first, second), Fraction(0), Fraction(0), float(found.energy[0]) - pair.constant)
