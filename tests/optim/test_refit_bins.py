"""Bins refitted from the central fit reach what each would reach alone; the damping and its state."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hadronlab.data.separable import separable_wave_data
from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError
from hadronlab.losses.equations import Schrodinger
from hadronlab.losses.regularisers import Ridge
from hadronlab.models.potentials.low_rank import LowRank
from hadronlab.models.potentials.sdnn import sdnn_joint
from hadronlab.optim import side_by_side
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.natural_gradient import DampedSolver


def binned(n_bins: int = 4) -> WaveData:
    """Separable waves whose bins differ by half a per cent of the left side."""
    data = separable_wave_data(n_momenta=4, n_radii=24)
    factor = 1.0 + 0.005 * torch.linspace(-1, 1, n_bins, dtype=torch.float64)[:, None, None]
    lhs = torch.cat([data.lhs, data.lhs * factor])
    return replace(data, lhs=lhs, amplitude=data.amplitude.expand(n_bins + 1, -1, -1))


def test_a_convex_refit_is_exact() -> None:
    data = binned()
    losses = {"data": Schrodinger(data), "ridge": Ridge(data, 1e-3)}
    model = LowRank([0.05, 0.1, 0.3], scale=-0.01)
    squares = LeastSquares(model, losses)
    GaussNewton(squares, DampedSolver(1e-14, relative=True)).run(5)
    centre = squares.theta()
    # a run that has converged ends with rejected steps, and a damping raised by them
    found = GaussNewton(squares, DampedSolver(1e-14, relative=True)).refit_bins(range(1, 5))
    thetas, loss = found.theta, found.loss
    assert bool(found.converged.all())
    torch.testing.assert_close(squares.theta(), centre)  # the model keeps the central parameters
    for b in range(4):
        slope, value = squares.gradient(thetas[b], b + 1)
        scale = squares.gradient(torch.zeros_like(centre), b + 1)[0].norm()
        assert float(slope.norm()) < 1e-7 * float(scale)
        assert float(loss[b]) == pytest.approx(float(value), rel=1e-9)
    # the data scale with 1 + ε, and so does a fit that is linear in them
    ratio = squares.potential(thetas[3], data.r, data.r)[0] / squares.potential(centre, data.r, data.r)[0]  # type: ignore[operator]
    torch.testing.assert_close(ratio, torch.full_like(ratio, 1.005), rtol=1e-6, atol=0.0)


def test_processes_change_no_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "WORTH", 0.0)
    data = binned()
    model = LowRank([0.1, 0.3], scale=-0.01)
    newton = GaussNewton(LeastSquares(model, {"data": Schrodinger(data), "ridge": Ridge(data, 1e-3)}))
    newton.run(3)
    alone, beside = newton.refit_bins(range(1, 5)), newton.refit_bins(range(1, 5), processes=2)
    for name in ("theta", "loss", "steps", "converged"):
        assert torch.equal(getattr(alone, name), getattr(beside, name)), name


@pytest.mark.slow
def test_a_network_refit_beats_the_centre_and_nears_the_bin_s_own_minimum() -> None:
    torch.manual_seed(2)
    data = binned()
    model = sdnn_joint([6, 6], [6], scale=-0.017, length=3.0)
    squares = LeastSquares(model, {"data": Schrodinger(data)})
    newton = GaussNewton(squares)
    newton.run(60)
    centre = squares.theta()
    loss = newton.refit_bins([1, 4]).loss
    for position, bin in enumerate((1, 4)):
        before = float(squares.loss(centre, bin))
        squares.assign(centre)
        alone = GaussNewton(squares)
        for _ in range(30):
            alone.step(bin)
        own = alone.report.loss
        assert float(loss[position]) < before
        # steps with the central metric close nine tenths of the gap
        assert float(loss[position]) - own < 0.1 * (before - own)


def test_the_relative_shift_is_the_same_in_both_forms() -> None:
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(6, 10, generator=generator, dtype=torch.float64) * 100
    residual = torch.randn(6, generator=generator, dtype=torch.float64)
    a, b = DampedSolver(1e-2, relative=True), DampedSolver(1e-2, relative=True)
    torch.testing.assert_close(a.solve_gram(rows.T @ rows, rows.T @ residual), b.solve_kernel(rows, residual))
    assert a.shift_used == pytest.approx(1e-2 * float(rows.square().sum()) / 10)


def test_the_state_continues_the_momentum() -> None:
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(8, 5, generator=generator, dtype=torch.float64)
    residual = torch.randn(8, generator=generator, dtype=torch.float64)
    whole, first = DampedSolver(0.1, momentum=0.9), DampedSolver(0.1, momentum=0.9)
    whole.solve_kernel(rows, residual)
    first.solve_kernel(rows, residual)
    resumed = DampedSolver(0.5, momentum=0.9)
    resumed.load_state_dict(first.state_dict())
    # one and the same computation, once with what was saved
    assert torch.equal(whole.solve_kernel(rows, residual), resumed.solve_kernel(rows, residual))


def test_settings_out_of_range_are_refused() -> None:
    for settings in ({"shift": -1.0}, {"momentum": 1.0}, {"cap": 0.0}, {"raises": -1}):
        with pytest.raises(ConfigError, match="need shift"):
            DampedSolver(**settings)  # type: ignore[arg-type]
    squares = LeastSquares(LowRank([0.1]), {"data": Schrodinger(binned())})
    with pytest.raises(ConfigError, match="takes no momentum"):
        GaussNewton(squares, DampedSolver(1e-3, momentum=0.9))
    with pytest.raises(ConfigError, match="need up > 1"):
        GaussNewton(squares, up=0.5)
