"""Eq. 5 whitened with the covariance of the bins: χ² against its definition, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hadronlab.data.separable import separable_wave_data
from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError
from hadronlab.losses.equations import RCorrelator
from hadronlab.losses.terms import Terms
from hadronlab.models.potentials.low_rank import LowRank
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.natural_gradient import DampedSolver


def noisy(bins: int = 8) -> WaveData:
    """Two waves on twelve radii with `bins` jackknife bins of random noise in the left side."""
    data = separable_wave_data(n_momenta=2, n_radii=12)
    generator = torch.Generator().manual_seed(4)
    noise = torch.randn(bins, 2, 12, generator=generator, dtype=torch.float64) * 0.01
    lhs = torch.cat([data.lhs, data.lhs + noise - noise.mean(0)])
    return replace(data, lhs=lhs, amplitude=data.amplitude.expand(bins + 1, -1, -1))


def test_the_loss_is_chi_squared() -> None:
    data, shrinkage = noisy(), 0.3
    loss = RCorrelator(data, weighting="covariance", shrinkage=shrinkage)
    expected = 0.0
    for k in range(2):
        spread = data.lhs[1:, k] - data.lhs[1:, k].mean(0)
        covariance = 7 / 8 * spread.T @ spread
        covariance = (1 - shrinkage) * covariance + shrinkage * torch.diag(covariance.diagonal())
        expected += float(data.lhs[0, k] @ torch.linalg.solve(covariance, data.lhs[0, k]))
    assert float(loss.zero()) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("resampling", "factor"), [("jackknife", 7 / 8), ("bootstrap", 1 / 7)])
def test_full_shrinkage_is_the_diagonal(resampling: str, factor: float) -> None:
    data = replace(noisy(), resampling=resampling)
    spread = data.lhs[1:] - data.lhs[1:].mean(0)
    error = (factor * spread.square().sum(0)).sqrt()
    diagonal = RCorrelator(replace(data, error=error), weighting="error")
    whole = RCorrelator(data, weighting="covariance", shrinkage=1.0)
    torch.testing.assert_close(
        whole.residual(None, None, data.rows), diagonal.residual(None, None, data.rows)
    )


def test_gauss_newton_takes_all_rows_at_once() -> None:
    """However small the chunks of other losses are: the gradient of the normal equations is that of the loss."""
    data = noisy()
    squares = LeastSquares(
        LowRank([0.1, 0.3], scale=-0.01), {"data": RCorrelator(data, weighting="covariance")}, memory=1
    )
    theta = torch.linspace(-1.0, 1.0, squares.size, dtype=torch.float64)
    _, force, loss = (x[0] for x in squares.normal(theta))
    slope, value = squares.gradient(theta)
    torch.testing.assert_close(loss, value)
    torch.testing.assert_close(force, slope)
    refitted = GaussNewton(squares, DampedSolver(1e-12, relative=True)).refit_bins([1, 2]).theta
    assert float(squares.gradient(refitted[1], 2)[0].norm()) < 1e-6 * float(slope.norm())


def test_what_it_refuses() -> None:
    with pytest.raises(ConfigError, match="needs resampling bins"):
        RCorrelator(separable_wave_data(n_momenta=2, n_radii=12), weighting="covariance")
    with pytest.raises(ConfigError, match="singular"):
        RCorrelator(noisy(5), weighting="covariance", shrinkage=0.0)
    with pytest.raises(ConfigError, match="all rows at once"):
        loss = RCorrelator(noisy(), weighting="covariance")
        loss.residual(None, None, torch.arange(3))
    with pytest.raises(ConfigError, match="cannot be split over processes"):
        Terms({"r_correlator": RCorrelator(noisy(), weighting="covariance")}, 0, 2)
