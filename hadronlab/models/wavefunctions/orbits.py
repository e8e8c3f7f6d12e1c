"""Groups of particles that permutations of identical ones map to one another, and the channels that go with each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.models.wavefunctions.symmetry import pair_order, signed

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem

Clusters = Sequence[Sequence[int]]
"""Groups of particles, those of one size alike: ((0, 1),) a pair, ((0, 1, 2), (3, 4, 5)) two baryons."""

SHAPES: tuple[Clusters, ...] = (
    ((0, 1),),
    ((0, 1, 2),),
    ((0, 1), (2, 3), (4, 5)),
    ((0, 1), (2, 3)),
    ((0, 1), (0, 1, 2)),
)
MEMBERS = 15  # an orbit of more costs more than its channels are worth, unless there is no other


@dataclass(frozen=True)
class Orbit:
    """All images s of a set of clusters, the set itself first.

    members: the images; order (n_s, n_pairs): pair p of the point permuted to s is order[s, p]; vectors (n_s, n_channels, m):
    of the channels that permutations of the first member to itself leave alone (with their sign), an orthonormal basis, and its images;
    ties (n_pairs,): number of the class of each pair under those permutations.

    A function f invariant under those permutations gives Σ_π sgn(π) D(π) V f(πr) = const. Σ_s V_s f(r from s): as many terms as
    there are members instead of permutations.
    """

    members: list[Clusters]
    order: Tensor
    vectors: Tensor
    ties: Tensor


def orbit_of(system: FewBodySystem, clusters: Clusters) -> Orbit:
    order, images = pair_order(system), [_as_set(clusters, element.perm) for element in system.group]
    first: dict[frozenset[frozenset[int]], int] = {}
    for k, found in enumerate(images):
        first.setdefault(found, k)
    keeping = [k for k, found in enumerate(images) if found == images[0]]
    matrices = {k: signed(system.group[k]) for k in {*keeping, *first.values()}}
    eigenvalue, basis = torch.linalg.eigh(sum(matrices[k] for k in keeping) / len(keeping))
    return Orbit(
        members=[_sorted(found) for found in first],
        order=order[list(first.values())],
        vectors=torch.stack([matrices[k] @ basis[:, eigenvalue > 0.5] for k in first.values()]),
        ties=order[keeping].amin(0).unique(return_inverse=True)[1],
    )


def generating_orbits(system: FewBodySystem) -> list[Orbit]:
    """The orbit of all particles together, and those of `SHAPES` that reach channels not reached before.

    An orbit reaches every antisymmetric ψ in the channels that its vectors span: where these are all, nothing is left out. Where no
    shape reaches any, the last resort is the order of all particles: a member for every permutation.
    """
    n = system.n_particles
    orbits = [orbit_of(system, [range(n)])]
    for shape in SHAPES:
        for orbit in sorted(_orbits_of_shape(system, shape), key=lambda o: len(o.members)):
            before = reached(orbits)
            if (len(orbit.members) <= MEMBERS or not before) and reached([*orbits, orbit]) > before:
                orbits.append(orbit)
    if not reached(orbits):
        orbits.append(orbit_of(system, [range(k) for k in range(1, n)]))
    return [orbit for orbit in orbits if orbit.vectors.shape[2]]


def _orbits_of_shape(system: FewBodySystem, shape: Clusters) -> list[Orbit]:
    n, seen, found = system.n_particles, set(), []
    for chosen in permutations(range(n), 1 + max(map(max, shape))) if n > max(map(max, shape)) else ():
        clusters = _as_set(shape, chosen)
        if clusters not in seen:
            found.append(orbit_of(system, _sorted(clusters)))
            seen |= {_as_set(member, range(n)) for member in found[-1].members}
    return found


def _as_set(clusters: Clusters, names: Sequence[int]) -> frozenset[frozenset[int]]:
    return frozenset(frozenset(names[i] for i in cluster) for cluster in clusters)


def _sorted(clusters: Iterable[Iterable[int]]) -> Clusters:
    return sorted(sorted(cluster) for cluster in clusters)


def reached(orbits: Sequence[Orbit]) -> int:
    """The number of channels that the vectors span."""
    every = torch.cat([v for orbit in orbits for v in orbit.vectors], 1)
    return int(torch.linalg.matrix_rank(every, rtol=1e-8)) if every.shape[1] else 0
