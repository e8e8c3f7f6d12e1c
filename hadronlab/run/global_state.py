"""What a run changes of the process that it shares with somebody else's program, and what is put back after it."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig

LIBRARIES = ("pytorch_lightning", "lightning_fabric")  # whose loggers a run quietens


@contextlib.contextmanager
def global_state_kept() -> Iterator[None]:
    """Put back, afterwards, the random generators, Hydra's own state, logging, warnings, threads and the environment."""
    _import_matplotlib()
    from pytorch_lightning.utilities import rank_zero_only

    rank_of_lightning: Any = rank_zero_only
    generators = random.getstate(), np.random.get_state(), torch.get_rng_state()
    on_gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    hydra, config = GlobalHydra.instance().hydra, HydraConfig.instance().cfg
    root, raises = logging.getLogger(), logging.raiseExceptions
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in LIBRARIES}
    environment, threads, rank = dict(os.environ), torch.get_num_threads(), rank_of_lightning.rank
    flushes = not bool(
        torch.tensor(1e-310, dtype=torch.float64) * 1.0
    )  # numbers too small to be normal become zero
    try:
        with warnings.catch_warnings():
            yield
    finally:
        random.setstate(generators[0])
        np.random.set_state(generators[1])
        torch.set_rng_state(generators[2])
        if on_gpus:
            torch.cuda.set_rng_state_all(on_gpus)
        GlobalHydra.instance().hydra, HydraConfig.instance().cfg = hydra, config
        logging.raiseExceptions = raises
        root.handlers[:] = handlers
        root.setLevel(level)
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)
        torch.set_flush_denormal(flushes)
        torch.set_num_threads(threads)
        rank_of_lightning.rank = rank
        os.environ.clear()
        os.environ.update(environment)


def _import_matplotlib() -> None:
    """Import matplotlib as MPLBACKEND wants it, but where that names a backend which this version does not know."""
    named = os.environ.pop("MPLBACKEND", None)
    known = "matplotlib" in sys.modules
    import matplotlib

    if named is not None:
        os.environ["MPLBACKEND"] = named
        if not known:
            with contextlib.suppress(ValueError):
                matplotlib.rcParams["backend"] = named
