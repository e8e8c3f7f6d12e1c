"""The public lattice files, where they are present, and a small file to damage."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hadronlab.data import r_correlator
from hadronlab.data.r_correlator import RCorrelator
from hadronlab.data.wedge import wedge_sites

DATA = Path(os.environ.get("HADRONLAB_DATA", Path(__file__).parents[3] / "shared" / "data"))


def _small_correlator(n_bins: int = 3) -> RCorrelator:
    """L = 4, t = 5…8, two sources, random positive R."""
    random = np.random.default_rng(1)
    site = wedge_sites(4)

    def values() -> np.ndarray:
        R = 1 + 0.1 * random.random((4, max(n_bins, 1), len(site)))
        return R.swapaxes(0, 1) if not n_bins else np.concatenate([R.mean(1)[None], R.swapaxes(0, 1)])

    return RCorrelator(
        t=np.arange(5, 9),
        values={name: values() for name in ("wall", "smeared")},
        mass=0.6,
        mass2=0.6,
        inverse_spacing=2000.0,
        site=site,
        length=4,
        attributes={"title": "test"},
    )


@pytest.fixture(scope="session")
def small_correlator() -> Callable[..., RCorrelator]:
    """Makes a small correlator with n_bins bins."""
    return _small_correlator


@pytest.fixture(scope="session")
def small_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A valid file."""
    path = tmp_path_factory.mktemp("small") / "small.h5"
    r_correlator.write(_small_correlator(), path)
    return path


def _xixi(length: int) -> RCorrelator:
    path = DATA / f"xixi_1s0_L{length}.h5"
    if not path.exists():
        pytest.skip(f"the public file {path.name} is not here")
    return r_correlator.read(path)


@pytest.fixture(scope="session")
def xixi48() -> RCorrelator:
    """ΞΞ(¹S₀), L = 48."""
    return _xixi(48)


@pytest.fixture(scope="session")
def xixi64() -> RCorrelator:
    """ΞΞ(¹S₀), L = 64."""
    return _xixi(64)
