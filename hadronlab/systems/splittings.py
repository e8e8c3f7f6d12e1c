"""Into which parts a system can fall: those that can exist alone."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem


def possible_splits(system: FewBodySystem) -> list[tuple[int, ...]]:
    """One part of every split of the particles into two parts that can exist alone.

    Quarks: both parts hold colour singlets. Leptons: the charges of the parts are as small as that of the system
    permits. Empty for mesons, baryons and atoms of two.
    """
    n = system.n_particles
    if system.energy_unit == "MeV":
        charges = [-1 if flavor.endswith("~") else 1 for flavor in system.flavors]
    else:
        charges = [1 if label.endswith("+") else -1 for label in system.labels]
    splits = []
    for size in range(1, n // 2 + 1):
        for part in combinations(range(n), size):
            if 2 * size == n and 0 not in part:
                continue  # the other part of a split that is listed already
            charge = sum(charges[i] for i in part)
            rest = sum(charges) - charge
            alone = (
                charge % 3 == 0
                if system.energy_unit == "MeV"
                else abs(charge) + abs(rest) <= abs(sum(charges))
            )
            if alone and n > 2:
                splits.append(part)
    return splits
