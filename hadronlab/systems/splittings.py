"""Into which parts a system can fall: those that can exist alone."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem


def possible_splits(system: FewBodySystem) -> list[tuple[int, ...]]:
    """One part of every split of the particles into two parts that can exist alone; none of a pair, which cannot come apart."""
    n = system.n_particles
    return [
        part
        for size in range(1, n // 2 + 1 if n > 2 else 1)
        for part in combinations(range(n), size)
        if (2 * size < n or 0 in part) and system.comes_apart(part)
    ]
