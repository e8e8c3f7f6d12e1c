"""Resampling errors against the exact error of the mean."""

from __future__ import annotations

import pytest
import torch

from hadronlab.errors import DataError
from hadronlab.estimates.resampling import deviations, make_bins, resampled_error


def samples(n: int = 400) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(n, 5, generator=generator, dtype=torch.float64) * torch.arange(1, 6) + 7


def test_jackknife_of_every_configuration_is_the_error_of_the_mean() -> None:
    x = samples(60)
    exact = x.std(0, correction=1) / 60**0.5
    torch.testing.assert_close(resampled_error(make_bins(x, 60)), exact, rtol=1e-10, atol=0)


def test_binned_jackknife_and_bootstrap_agree_with_the_error_of_the_mean() -> None:
    x = samples()
    exact = x.std(0) / len(x) ** 0.5
    for kind, bins in (("jackknife", 40), ("bootstrap", 800)):
        error = resampled_error(make_bins(x, bins, kind), kind)
        torch.testing.assert_close(error, exact, rtol=0.35, atol=0)
    # A bootstrap read as a jackknife would be off by the square root of the number of bins.
    wrong = resampled_error(make_bins(x, 800, "bootstrap"), "jackknife")
    assert (wrong > 10 * exact).all()


def test_unequal_blocks_use_every_configuration() -> None:
    x = samples(11)
    bins = make_bins(x, 4)
    torch.testing.assert_close(bins[0], x.mean(0))
    torch.testing.assert_close(bins[1], x[3:].mean(0))  # blocks of 3, 3, 3, 2
    torch.testing.assert_close(bins[4], x[:9].mean(0))


def test_covariance_has_the_errors_on_its_diagonal_and_a_rank_below_the_bins() -> None:
    bins = make_bins(samples(), 4)
    d = deviations(bins)
    C = d.T @ d
    torch.testing.assert_close(C.diagonal().sqrt(), resampled_error(bins))
    assert torch.linalg.matrix_rank(C, rtol=1e-8) == 3  # the others are rounding, 1e-16 of the largest


@pytest.mark.parametrize("bins", [0, 1, 61])
def test_impossible_numbers_of_bins_are_refused(bins: int) -> None:
    with pytest.raises(DataError, match="bins out of 60"):
        make_bins(samples(60), bins)
    with pytest.raises(DataError, match="at least two bins"):
        resampled_error(torch.ones(2, 3))
    with pytest.raises(DataError, match="jackknife, bootstrap"):
        resampled_error(torch.ones(4, 3), "other")
