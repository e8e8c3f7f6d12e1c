"""Where a training of loosely held hadrons begins: their tails, and the channels in which they stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions.orbits import Orbit, orbit_of
from hadronlab.models.wavefunctions.symmetry import generating_channels, orthonormal, signed

if TYPE_CHECKING:
    from hadronlab.physics.quantum_numbers.channels import PermutationElement
    from hadronlab.systems.few_body import FewBodySystem

Partition = Sequence[Sequence[int]]
Part = tuple[Orbit, tuple[Tensor, Tensor], Tensor | None]
"""An orbit, its decays and those that grow as r^{3/2}, and the channels in which it begins; None: in all alike."""

OF_BARYONS = 0.2  # `binding` of two baryons, which are loosely bound if at all
APART, BARYONS_APART = 0.025, 0.05  # `binding` of hadrons, and of two baryons, that begin ten sizes apart
TAIL_SHARE = 0.1  # of slow envelopes in all channels alike, lest the walkers disperse at first
FAR = 100.0  # distance of clusters that no longer see each other, over the largest natural scale
AIRY_SHARE = 0.1  # of the initial decay, for the part that grows as r^{3/2} inside a cluster
AIRY_LEAK = 0.01  # the same between clusters, where nothing confines


def partitions_of(
    system: FewBodySystem, clusters: Sequence[Partition] | None, binding: float | None = None
) -> Sequence[Partition]:
    """`clusters`, or for None the hadrons of the lowest threshold as one partition of the particles 0 … N − 1.

    Raises ConfigError for a partition that does not hold each of the particles once, and for a `binding` where there is none.
    """
    none = "model.clusters=[] names none; null means the hadrons of the lowest threshold"
    if clusters is None:
        try:
            threshold = system.lowest_threshold()
            clusters = [] if threshold is None else [threshold.partition(system.flavors)]
            none = f"{system.name} does not fall apart"
        except ConfigError as error:  # forces that no solver of hadrons knows, as the result says too
            clusters, none = [], f"the threshold of {system.name} is not known ({error})"
    if binding is not None and not clusters:
        raise ConfigError(f"model.binding={binding} has no clusters to act between: {none}; leave it out")
    n = system.n_particles
    for partition in clusters:
        if sorted(i for cluster in partition for i in cluster) != list(range(n)):
            raise ConfigError(
                f"model.clusters: {[list(c) for c in partition]} must hold each of the particles 0 … {n - 1} once"
            )
    return clusters


def first_bindings(binding: float | None, partitions: Sequence[Partition]) -> list[float]:
    """`binding` of each as it is given, or by default."""
    return [binding or (OF_BARYONS if _of_baryons(partition) else 1.0) for partition in partitions]


def apart_binding(partitions: Sequence[Partition]) -> float:
    """`binding` of hadrons that nothing holds together."""
    return min(BARYONS_APART if _of_baryons(partition) else APART for partition in partitions)


def _of_baryons(partition: Partition) -> bool:
    return all(len(cluster) > 2 for cluster in partition)


def least_mass(system: FewBodySystem, partitions: Sequence[Partition]) -> float:
    """The least reduced mass of two clusters of a partition, in the unit of the masses."""
    masses = [[float(system.masses[list(c)].sum()) for c in partition] for partition in partitions]
    return min(a * b / (a + b) for some in masses for a, b in combinations(some, 2))


def compact_decays(system: FewBodySystem, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Decays a (n_pairs,) of e^{−a r} and of the part that grows as r^{3/2}, inverse fm, of one hadron of all particles.

    e^{−r/d} with d = 2s/3 for a pair alone, shared among the pairs of a particle.
    """
    decay = 3.0 / (scale * system.n_particles)
    return decay, AIRY_SHARE * decay


def molecular_decays(
    system: FewBodySystem, scale: Tensor, momentum: float, partition: Partition
) -> tuple[Tensor, Tensor]:
    """The same for hadrons that are the clusters of `partition`: e^{−κR} between two of them, κ = `momentum` in inverse
    fm, shared among the pairs of particles in different clusters.
    """
    cluster_of = {i: k for k, cluster in enumerate(partition) for i in cluster}
    inside = _inside(system, partition)
    size = torch.tensor([len(partition[cluster_of[i]]) for i, _ in system.pairs])
    decay = 3.0 / (scale * size)
    between = torch.full_like(decay, momentum) / (~inside).sum().clamp(min=1)
    return torch.where(inside, decay, between), torch.where(inside, AIRY_SHARE * decay, AIRY_LEAK * between)


def one_tail(system: FewBodySystem, partitions: Sequence[Partition], n_outputs: int) -> Tensor:
    """Which decays stay alike, (n_outputs · (1 + n_partitions), n_pairs) of indices: those between the clusters of a partition.

    What hadrons are far apart does not depend on how far: with tails that differ by channel it would.
    """
    n_envelopes, n_pairs = 1 + len(partitions), len(system.pairs)
    index = torch.arange(n_outputs * n_envelopes * n_pairs).reshape(n_outputs, n_envelopes, n_pairs)
    for k, partition in enumerate(partitions, 1):
        index[:, k, ~_inside(system, partition)] = -k
    return index.unique(return_inverse=True)[1].flatten(0, 1)


def starting_amplitudes(system: FewBodySystem, scale: Tensor, partitions: Sequence[Partition]) -> Tensor:
    """Amplitudes (n_channels, 1 + n_partitions) of a compact hadron in all channels and of every molecule in its own."""
    ones = torch.ones(system.n_channels, dtype=torch.float64)
    molecules = [molecular_channels(system, scale, partition) for partition in partitions]
    return torch.stack([ones, *(TAIL_SHARE * ones if m is None else m for m in molecules)], 1)


def molecular_channels(system: FewBodySystem, scale: Tensor, partition: Partition) -> Tensor | None:
    """Amplitudes (n_channels,), Σ c² = n_channels, of the hadrons that are the clusters of `partition`, side by side.

    The lowest of `free_channels` among those that survive the antisymmetrisation over the permutations that map the
    clusters to one another. None where confinement holds even that one together: then no hadrons in their ground states
    stand there.
    """
    projector = torch.stack([signed(g) for g in _keeping(system, partition)]).mean(0)
    eigenvalue, vectors = torch.linalg.eigh(projector)
    free = free_channels(system, scale, partition, vectors[:, eigenvalue > 0.5])
    return free[:, 0] * system.n_channels**0.5 if free.shape[1] else None


def molecular_generators(system: FewBodySystem, scale: Tensor, partition: Partition) -> Tensor:
    """Channel vectors (n_channels, ·), the lowest molecule among them, that give all of `free_channels` by permutations
    within and of the clusters: what hadrons side by side need to be more than their leading channels.
    """
    every = torch.eye(system.n_channels, dtype=torch.float64)
    free, first = free_channels(system, scale, partition, every), molecular_channels(system, scale, partition)
    if first is None:
        return free[:, :0]
    return generating_channels(_keeping(system, partition), free, first[:, None])


def hadron_orbits(system: FewBodySystem, scale: Tensor, momentum: float, partition: Partition) -> list[Part]:
    """Orbits of the hadrons that are the clusters of `partition`, with tails that begin with `momentum`, inverse fm."""
    decays = molecular_decays(system, scale, momentum, partition)
    whole, none = orbit_of(system, partition), torch.zeros(system.n_channels, dtype=torch.float64)
    first: list[Part] = [(whole, decays, molecular_channels(system, scale, partition))]
    inner = inner_orbits(system, scale, partition)
    return [*first * bool(whole.vectors.shape[2]), *((orbit, decays, none) for orbit in inner)]


def inner_orbits(system: FewBodySystem, scale: Tensor, partition: Partition) -> list[Orbit]:
    """Orbits of the same hadrons with a pair singled out in one of them, or in each of several, in the channels that hadrons have with
    functions of other symmetry than their own: a Λ with its light quarks in spin 1, a nucleon that is not symmetric in space.

    Their vectors are those of `own_channels` that orbits before them do not have. Where two hadrons have such channels they have them at
    once too: without, the energy of both together would be above the sum of theirs.
    """
    own, group = own_channels(system, scale, partition), [signed(g) for g in _keeping(system, partition)]
    if not own.shape[1]:
        return []
    eigenvalue, whole = torch.linalg.eigh(own.T @ sum(group) @ own / len(group))
    spanned, found = own @ whole[:, eigenvalue > 0.5], []
    inner = [[None, *combinations(cluster, 2)] if len(cluster) > 2 else [None] for cluster in partition]
    choices = [[pair for pair in choice if pair is not None] for choice in product(*inner)]
    for pairs in sorted(choices, key=len)[1:]:
        if spanned.shape[1] == own.shape[1]:
            break
        orbit = orbit_of(system, [*partition, *pairs])
        fixed = orbit.vectors[0]
        left, size, _ = torch.linalg.svd(fixed.T @ (own - spanned @ (spanned.T @ own)), full_matrices=False)
        chosen = left[:, size > 0.5]  # sizes are 0 and 1
        if chosen.shape[1]:
            found.append(replace(orbit, vectors=orbit.vectors @ chosen))
            spanned = orthonormal(torch.cat([spanned, *(g @ fixed @ chosen for g in group)], 1))
    return found


def own_channels(system: FewBodySystem, scale: Tensor, partition: Partition) -> Tensor:
    """Orthonormal channel vectors (n_channels, m) of the hadrons that are the clusters of `partition`: what the forces within
    clusters make of `molecular_channels`, all that these hadrons have when they are alone.
    """
    first = molecular_channels(system, scale, partition)
    if first is None:
        return torch.zeros(system.n_channels, 0, dtype=torch.float64)
    of_pairs = system.couplings.unflatten(0, (-1, len(system.pairs)))
    forces = of_pairs[:, _inside(system, partition)].flatten(0, 1)
    space, size = orthonormal(first[:, None]), 0
    while space.shape[1] > size:
        size = space.shape[1]
        space = orthonormal(torch.cat([space, *(force @ space for force in forces)], 1))
    return space


def free_channels(system: FewBodySystem, scale: Tensor, partition: Partition, among: Tensor) -> Tensor:
    """Orthonormal channel vectors (n_channels, m), lowest energy first, in the span of `among` (n_channels, ·), of
    clusters that nothing holds together: V does not rise with the distance between them.

    Energies are those of V at pair distances of d = 2s/3 inside the clusters and far between them.
    """
    inside = _inside(system, partition)
    near, far = (
        among.T @ system.potential(torch.where(inside, scale / 1.5, FAR * k * scale.max())) @ among
        for k in (1, 2)
    )
    rise, states = torch.linalg.eigh(far - near)
    free = states[:, rise < 0.1 * torch.linalg.eigvalsh(near)[:1].abs()]
    return among @ free @ torch.linalg.eigh(free.T @ near @ free)[1]


def free_projector(system: FewBodySystem, scale: Tensor, partition: Partition) -> Tensor:
    """(n_channels, n_channels), on the channels in which these clusters stand far apart: another colour costs the more the
    farther; 1 where there is none.
    """
    every = torch.eye(system.n_channels, dtype=torch.float64)
    free = free_channels(system, scale, partition, every)
    return free @ free.T if free.shape[1] else every


def _keeping(system: FewBodySystem, partition: Partition) -> list[PermutationElement]:
    """The permutations that map the clusters to one another."""
    clusters = {frozenset(cluster) for cluster in partition}
    return [
        g for g in system.group if {frozenset(g.perm[i] for i in cluster) for cluster in clusters} == clusters
    ]


def _inside(system: FewBodySystem, partition: Partition) -> Tensor:
    """Which pairs are of one cluster, (n_pairs,)."""
    return torch.tensor([any(i in c and j in c for c in partition) for i, j in system.pairs])
