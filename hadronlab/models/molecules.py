"""How several hadrons that hold together loosely fall off: fast inside each of them, slowly between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.systems.thresholds import lowest_threshold

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem

Partition = Sequence[Sequence[int]]

BINDING_MOMENTUM = 0.5  # of the initial decay between two clusters, times the length of the system
AIRY_SHARE = 0.1  # of the initial decay, for the part that grows as r^{3/2} inside a cluster
AIRY_LEAK = 0.01  # the same between clusters, where nothing confines


def partitions_of(system: FewBodySystem, clusters: Sequence[Partition] | None) -> Sequence[Partition]:
    """`clusters`, or for None the hadrons of the lowest threshold as one partition of the particles 0 … N − 1.

    Raises ConfigError for a partition that does not hold each of the particles once.
    """
    if clusters is None:
        try:
            threshold = lowest_threshold(system)
        except (
            ConfigError
        ):  # forces that no solver of hadrons knows; the result says that its threshold is unknown
            return ()
        return () if threshold is None else (threshold.partition(system.flavors),)
    n = system.n_particles
    for partition in clusters:
        if sorted(i for cluster in partition for i in cluster) != list(range(n)):
            raise ConfigError(
                f"model.clusters: {[list(c) for c in partition]} must hold each of the particles 0 … {n - 1} once"
            )
    return clusters


def compact_decays(system: FewBodySystem, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Decays a (n_pairs,) of e^{−a r} and of the part that grows as r^{3/2}, inverse fm, of one hadron of all particles.

    e^{−r/d} with d = 2s/3 for a pair alone, shared among the pairs of a particle.
    """
    decay = 3.0 / (scale * system.n_particles)
    return decay, AIRY_SHARE * decay


def molecular_decays(
    system: FewBodySystem, scale: Tensor, length: float, partition: Partition
) -> tuple[Tensor, Tensor]:
    """The same for hadrons that are the clusters of `partition`: e^{−κR} between two of them, κ = ½/length, shared
    among the pairs of particles in different clusters.
    """
    cluster_of = {i: k for k, cluster in enumerate(partition) for i in cluster}
    inside = torch.tensor([cluster_of[i] == cluster_of[j] for i, j in system.pairs])
    size = torch.tensor([len(partition[cluster_of[i]]) for i, _ in system.pairs])
    decay = 3.0 / (scale * size)
    between = torch.full_like(decay, BINDING_MOMENTUM / length) / (~inside).sum().clamp(min=1)
    return torch.where(inside, decay, between), torch.where(inside, AIRY_SHARE * decay, AIRY_LEAK * between)
