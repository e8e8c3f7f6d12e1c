"""The convex fit: recovers what it can represent, and on the real data predicts another volume."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from hadronlab.data.separable import separable_wave_data
from hadronlab.data.sources import LatticeFile
from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError
from hadronlab.losses.equations import RCorrelator, Schrodinger
from hadronlab.losses.regularisers import Ridge
from hadronlab.models.potentials.hybrid import Hybrid
from hadronlab.models.potentials.local import LocalGaussians
from hadronlab.models.potentials.low_rank import LowRank
from hadronlab.observables.convex_baseline import convex_fit
from hadronlab.optim.jacobian import LeastSquares
from hadronlab.physics.scattering.rmatrix import RMatrix
from hadronlab.systems.hadrons import HadronPair

DATA = Path(os.environ.get("HADRONLAB_DATA", Path(__file__).parents[3] / "shared" / "data"))
LOCAL, KERNEL = (0.3, 1.0), (0.2, 0.8)


def made_of(model: Hybrid, waves: WaveData) -> WaveData:
    """The same waves, with the left side that `model` gives them."""
    rows = torch.arange(len(waves.r))
    with torch.no_grad():
        left = -Schrodinger(waves).residual(model.on_grid(waves.r, waves.r), model.local(waves.r), rows)
    return replace(waves, lhs=(left + waves.lhs[0])[None])


def truth() -> Hybrid:
    model = Hybrid(LocalGaussians(LOCAL), LowRank(KERNEL, support=8.0), 8.0)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.linspace(-0.3, 0.2, p.numel()))
    return model


def test_it_recovers_what_it_can_represent() -> None:
    waves = made_of(truth(), separable_wave_data())
    (found,) = convex_fit(waves, LOCAL, KERNEL, support=8.0, ridge=0.0)
    for a, b in zip(found.parameters(), truth().parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0.0, atol=1e-4)


def test_it_is_the_minimum_of_loss_and_ridge() -> None:
    waves = made_of(truth(), separable_wave_data())
    (found,) = convex_fit(waves, (0.5,), (0.4,), support=8.0, ridge=0.02)
    squares = LeastSquares(found, {"data": RCorrelator(waves), "ridge": Ridge(waves, 0.02)})
    slope, _ = squares.gradient(squares.theta())
    start, _ = squares.gradient(torch.zeros_like(squares.theta()))
    assert float(slope.norm()) < 1e-8 * float(start.norm())
    with pytest.raises(ConfigError, match="ridge = -1"):
        convex_fit(waves, ridge=-1.0)


def predicted(model: Hybrid, data: WaveData, label: str) -> float:
    """|K R − V0 R − ∫U R| / |K R| over the equations of one wave."""
    rows, k = data.rows, data.labels.index(label)
    with torch.no_grad():
        U, V = model.on_grid(data.r[rows], data.r), model.local(data.r[rows])
        left: Tensor = Schrodinger(data).residual(U, V, rows)[k]
    return float(left.norm() / data.lhs[0, k, rows].norm())


@pytest.mark.data
@pytest.mark.skipif(not (DATA / "xixi_1s0_L64.h5").exists(), reason="the public lattice files are absent")
def test_real_data_predict_another_volume() -> None:
    pair = HadronPair("xixi", 1459.0, 1459.0)

    def load(length: int) -> WaveData:
        return LatticeFile(str(DATA / f"xixi_1s0_L{length}.h5"), ["wall", "smeared"], [13]).load(pair)

    large, small = load(64), load(48)
    models = convex_fit(large)
    assert len(models) == 21
    assert predicted(models[0], small, "smeared t=13") < 0.03
    local_only = convex_fit(large, ridge=1e12)
    assert predicted(local_only[0], small, "smeared t=13") > 0.08  # a local V0 cannot serve both sources
    matrix = RMatrix(float(large.r[-1]), 60, large.reduced_mass, large.hbar_c)
    k = torch.tensor([0.45, 1.0, 1.5], dtype=torch.float64)
    with torch.no_grad():
        U = torch.stack([m.on_grid(matrix.r, matrix.r) for m in models])
        V = torch.stack([m.local(matrix.r) for m in models])
    delta = matrix.phase_shifts(U, V, k)
    error = (19 / 20 * (delta[1:] - delta[1:].mean(0)).square().sum(0)).sqrt()
    # at k = 0.447 fm⁻¹ the published leading order of the wall source is 0.361(28) (Phys. Rev. D 99, 014514)
    assert float(delta[0, 0]) == pytest.approx(0.361, abs=0.028)
    assert (error > 0.003).all() and (error < 0.06).all()
