"""What a few-body system may fall apart into: clusters, and the energy of all of them far from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self


@dataclass(frozen=True)
class Cluster:
    """One hadron (or atom, or free lepton) of a threshold; energy in MeV (masses included) or Hartree, without a constant that the
    forces may have for it alone. level: 1S, 2S, 1P."""

    name: str
    flavors: tuple[str, ...]
    spin: Fraction
    isospin: Fraction
    energy: float
    level: str = "1S"


@dataclass(frozen=True)
class Threshold:
    """Energy of the separated clusters, MeV (Hartree), and their names joined by blanks: "D D*"."""

    name: str
    energy: float
    clusters: tuple[Cluster, ...]

    @classmethod
    def of(cls, clusters: Sequence[Cluster], constant: float = 0.0) -> Self:
        """Of these clusters, and the constant of the whole system."""
        return cls(
            " ".join(c.name for c in clusters), sum(c.energy for c in clusters) + constant, tuple(clusters)
        )

    def partition(self, flavors: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        """Particles that make up the clusters, one of the equivalent choices: ((0, 2), (1, 3)) for D D*."""
        parts = members(flavors, [cluster.flavors for cluster in self.clusters])
        return tuple(tuple(sorted(part)) for part in parts)


def members(flavors: Sequence[str], parts: Sequence[Sequence[str]]) -> tuple[tuple[int, ...], ...]:
    """A particle of `flavors` for every particle of the parts, none twice."""
    left = list(range(len(flavors)))
    found = []
    for part in parts:
        own = []
        for flavor in part:
            own.append(next(i for i in left if flavors[i] == flavor))
            left.remove(own[-1])
        found.append(tuple(own))
    return tuple(found)
