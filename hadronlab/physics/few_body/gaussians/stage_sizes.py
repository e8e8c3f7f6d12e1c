"""How many Gaussians the stages of a basis have."""

from __future__ import annotations

import os

from hadronlab.errors import ConfigError
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian

FIRST, GROWTH = 10, 1.5  # Gaussians of the first stage, and how many more in the next
COPIES = 8  # matrices of the size of H, and of the curvature, at a time


def stage_sizes(hamiltonian: Hamiltonian, states: int, size: int | None) -> list[int]:
    """Of the stages; the last is the wanted one (None: what a quarter of the memory holds).

    Raises ConfigError where the first or the wanted one is beyond the memory.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    n, parameters = hamiltonian.n_functions, hamiltonian.dimension * (hamiltonian.dimension + 1) // 2
    numbers = COPIES * (n**2 + parameters**2) + (states + 3) * n * parameters  # for a pair of Gaussians
    largest = int((memory / 4 / (8 * numbers)) ** 0.5)
    sizes, target = [], max(FIRST, 2 * states)
    if (size or target) > largest:
        raise ConfigError(
            f"{size or target} Gaussians in {n} channels need more than a quarter of this machine's memory: "
            f"{largest} fit"
        )
    while target < (size or largest):
        sizes.append(target)
        target = int(GROWTH * target)
    return [*sizes, size or largest]
