"""Independent random numbers for every purpose of a run, all from its one seed."""

from __future__ import annotations

import numpy as np

from hadronlab.errors import ConfigError

STREAMS = (
    "network",
    "walkers",
    "selection",
    "evaluation",
    "timing",
    "noise",
    "bins",
    "correlation",
    "pseudo_experiments",
    "truth",
    "basis",
    "vectors",
    "values",
    "transitions",
)  # add new ones at the end


def stream_seed(seed: int, purpose: str, *which: int, bits: int = 64) -> int:
    """The seed of a generator for one of STREAMS, and within it for a rank, a restart, … given as `which`.

    Children of numpy.random.SeedSequence(seed), by their spawn keys: no two of them share random numbers, as seeds made
    by adding do (seed 1 of rank 1 is seed 2 of rank 0). bits: 64, or 32 where a
    library takes no more. Raises ConfigError for a negative seed.
    """
    if seed < 0:
        raise ConfigError(f"seed = {seed}: a seed is a whole number, 0 or more")
    child = np.random.SeedSequence(seed, spawn_key=(STREAMS.index(purpose), *which))
    return int(child.generate_state(1, np.uint64 if bits == 64 else np.uint32)[0])
