"""Where continua begin: the thresholds of a few-body system with the excited states of its parts."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from hadronlab.errors import ConfigError
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.spectra import solve_system
from hadronlab.systems.threshold import Cluster, Threshold

LEVELS = 6  # of a part in each partial wave
SAME = 1e-6  # of the energy: the ground state of a part comes from two solvers
SIZE = {2: 22, 3: 49}  # Gaussians of a meson or atom, and of a baryon


def beginnings(system: FewBodySystem, thresholds: Iterable[Threshold], highest: float) -> list[float]:
    """Energies below `highest`, in the unit of the system, from which continua of S- and P-wave parts rise; the lowest first.

    All combinations of the parts that thresholds name: two equal ones that may not both be in their ground state may where one
    is excited. One too many does no harm.
    """
    thresholds = list(thresholds)
    levels: dict[tuple[str, ...], list[float]] = {}
    for cluster in {cluster for threshold in thresholds for cluster in threshold.clusters}:
        levels.setdefault(cluster.flavors, []).extend([cluster.energy, *_levels(system, cluster)])
    found: set[float] = set()
    for content in {tuple(cluster.flavors for cluster in threshold.clusters) for threshold in thresholds}:
        sums = (
            sum(choice) + system.constant for choice in product(*(levels[flavors] for flavors in content))
        )
        found |= {energy for energy in sums if energy < highest}
    starts = sorted(found)
    return [e for k, e in enumerate(starts) if k == 0 or e - starts[k - 1] > SAME * abs(e)]


def _levels(system: FewBodySystem, cluster: Cluster) -> list[float]:
    energies = []
    for L in (0, 1):
        try:
            part = system.cluster_system(cluster, L)
            if part is None:
                return [cluster.energy]
            found = solve_system(part, LEVELS, size=SIZE.get(part.n_particles))
            energies += (found.energies - part.constant).tolist()
        except ConfigError:  # no state of that symmetry
            continue
    return energies
