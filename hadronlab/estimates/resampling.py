"""Errors from resampled data. Everywhere index 0 of the first axis is the mean and 1…B are the bins."""

from __future__ import annotations

import torch
from torch import Tensor

from hadronlab.errors import DataError
from hadronlab.estimates.streams import stream_seed

KINDS = ("jackknife", "bootstrap")


def make_bins(samples: Tensor, n_bins: int, kind: str = "jackknife", seed: int = 0) -> Tensor:
    """Mean and bins (1+B, ...) of `samples` (n_configurations, ...).

    Jackknife bin b leaves out the b-th of B nearly equal consecutive blocks (consecutive, so that
    autocorrelation inside a block does not shrink the error); a bootstrap bin draws configurations with
    replacement. Raises DataError for fewer than two bins, or more jackknife bins than configurations.
    """
    _check_kind(kind)
    count = samples.shape[0]
    if n_bins < 2 or (kind == "jackknife" and n_bins > count):
        raise DataError(
            f"resampling: {n_bins} {kind} bins out of {count} configurations; ask for 2 to {count}"
        )
    mean = samples.mean(0, keepdim=True)
    if kind == "bootstrap":
        generator = torch.Generator().manual_seed(stream_seed(seed, "bins"))
        draw = torch.randint(count, (n_bins, count), generator=generator)
        return torch.cat([mean, torch.stack([samples[index].mean(0) for index in draw])])
    total = samples.sum(0)
    blocks = torch.tensor_split(samples, n_bins)
    return torch.cat([mean, torch.stack([(total - b.sum(0)) / (count - len(b)) for b in blocks])])


def deviations(values: Tensor, kind: str = "jackknife") -> Tensor:
    """Deviations d (B, ...) of the bins of `values` (1+B, ...), scaled: Σ_b d_b d_bᵀ is the covariance.

    The scale is sqrt((B−1)/B) for the jackknife, 1/sqrt(B−1) for the bootstrap. The covariance has a rank below B: to
    weight a fit with it makes the errors collapse, for every bin lies in its span. DataError with fewer than two bins.
    """
    return deviation_scale(kind, values.shape[0] - 1) * (values[1:] - values[1:].mean(0))


def deviation_scale(kind: str, n_bins: int) -> float:
    """What multiplies the deviations of bins from their mean, so that their squares sum to a variance.

    Raises DataError for an unknown kind and for fewer than two bins.
    """
    _check_kind(kind)
    if n_bins < 2:
        raise DataError(f"resampling: an error needs at least two bins, got {n_bins}")
    return ((n_bins - 1) / n_bins if kind == "jackknife" else 1 / (n_bins - 1)) ** 0.5


def resampled_error(values: Tensor, kind: str = "jackknife") -> Tensor:
    """One-σ error (...) of the means of `values` (1+B, ...)."""
    return deviations(values, kind).square().sum(0).sqrt()


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise DataError(f"resampling: unknown kind {kind!r}; choose one of {', '.join(KINDS)}")
