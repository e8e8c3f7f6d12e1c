"""What two sources in one box say of another box: the honest test of a nonlocal potential on real data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch import Tensor

from hadronlab.data.sources import LatticeFile
from hadronlab.data.wave_data import WaveData
from hadronlab.losses.equations import RCorrelator, Schrodinger
from hadronlab.losses.regularisers import Ridge
from hadronlab.models.potentials.hybrid import Hybrid
from hadronlab.models.potentials.local import LocalGaussians
from hadronlab.models.potentials.low_rank import LowRank
from hadronlab.models.potentials.potential import Potential
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.systems.hadrons import HadronPair

DATA = Path(os.environ.get("HADRONLAB_DATA", Path(__file__).parents[3] / "shared" / "data"))
LOCAL_FM2 = (1.1, 2.5, 5.6, 12.0, 27.0, 62.0, 150.0)
NONLOCAL_FM2 = (0.9, 1.5, 2.5, 4.0, 6.5, 11.0, 18.0, 30.0, 50.0, 80.0, 130.0)


def fitted(model: Potential, data: WaveData) -> Potential:
    """A convex fit, with the smallest U that explains the data."""
    losses = {"data": RCorrelator(data), "ridge": Ridge(data, 1e-2)}
    GaussNewton(LeastSquares(model, losses), DampedSolver(1e-12, relative=True)).run(6)
    return model


def predicted(model: Potential, data: WaveData, label: str) -> float:
    """|K R − V0 R − ∫U R| / |K R| over the equations of one wave."""
    rows, k = data.rows, data.labels.index(label)
    with torch.no_grad():
        U = model.on_grid(data.r[rows], data.r) if model.has_nonlocal else None
        V = model.local(data.r[rows])
        left: Tensor = Schrodinger(data).residual(U, V, rows)[k]
    return float(left.norm() / data.lhs[0, k, rows].norm())


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "xixi_1s0_L64.h5").exists(), reason="the public lattice files are absent")
def test_real_data_predict_another_volume() -> None:
    pair = HadronPair("xixi", 1459.0, 1459.0)

    def load(length: int) -> WaveData:
        file = str(DATA / f"xixi_1s0_L{length}.h5")
        return LatticeFile(file, ["wall", "smeared"], [13]).load(pair)

    large, small = load(64), load(48)
    assert large.ensemble == "lattice:L64" and small.ensemble == "lattice:L48"
    local = LocalGaussians(LOCAL_FM2)
    both = Hybrid(LocalGaussians(LOCAL_FM2), LowRank(NONLOCAL_FM2, support=2.0), 2.0)
    assert predicted(fitted(both, large), small, "smeared t=13") < 0.03
    # a local V0 cannot serve both sources
    assert predicted(fitted(local, large), small, "smeared t=13") > 0.08
