"""Synthetic correlators kept on disk, each in a file named by the hash of everything that it depends on."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import asdict
from pathlib import Path

import torch

from hadronlab.data import r_correlator
from hadronlab.data.r_correlator import RCorrelator
from hadronlab.data.synthetic import SyntheticLattice, generate
from hadronlab.errors import DataError
from hadronlab.systems.hadrons import HadronPair

VERSION = 1  # of the generator: raise it when the same settings give other numbers
log = logging.getLogger(__name__)


def directory() -> Path:
    """HADRONLAB_CACHE, else XDG_CACHE_HOME/hadronlab, else ~/.cache/hadronlab."""
    if chosen := os.environ.get("HADRONLAB_CACHE"):
        return Path(chosen)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "hadronlab"


def key(pair: HadronPair, lattice: SyntheticLattice) -> str:
    """Hash of the settings, the masses and the potential, which counts by its values, not its name."""
    r = torch.linspace(0.01, 6.0, 120, dtype=torch.float64)
    digest = hashlib.sha256()
    settings = [VERSION, pair.name, pair.mass1, pair.mass2, pair.hbar_c, asdict(lattice)]
    digest.update(json.dumps(settings, sort_keys=True, default=list).encode())
    for name, points in (("local", (r,)), ("nonlocal_part", (r[:, None], r[None, :]))):
        part = getattr(pair.potential, name, None)
        digest.update(name.encode())
        if part is not None:
            digest.update(part(*points).numpy().tobytes())
    return digest.hexdigest()[:32]


def synthetic_correlator(pair: HadronPair, lattice: SyntheticLattice) -> RCorrelator:
    """`generate`, or what an earlier call with the same settings stored.

    A stored file that cannot be read is made again; a cache that cannot be written costs a warning, not
    the run.
    """
    path = directory() / f"synthetic-{key(pair, lattice)}.h5"
    if path.exists():
        try:
            return r_correlator.read(path)
        except DataError as error:
            log.warning("cached file is made again: %s", error)
    correlator = generate(pair, lattice)
    try:
        r_correlator.write(correlator, path)
    except DataError as error:
        log.warning("synthetic lattice is not cached: %s", error)
    return correlator
