"""Rank and Hermiticity, on data whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hadronlab.data.diagnostics import effective_rank, hermiticity, signal_to_noise
from hadronlab.data.separable import separable_wave_data
from hadronlab.data.wave_data import WaveData
from hadronlab.errors import DataError
from hadronlab.estimates.resampling import resampled_error


def noisy(rank: int, noise: float, n_waves: int = 4, n_bins: int = 30) -> WaveData:
    """`n_waves` mixtures of `rank` orthogonal functions on 40 radii, with independent noise in every bin."""
    random = torch.Generator().manual_seed(2)
    r = torch.linspace(0.1, 4.0, 40, dtype=torch.float64)
    modes = torch.cos(torch.outer(torch.arange(1.0, rank + 1, dtype=torch.float64), torch.pi * r / 4))
    mixture = torch.randn(n_waves, rank, generator=random, dtype=torch.float64)
    clean = mixture @ modes
    block = noise * n_bins**0.5 * torch.randn(n_bins, n_waves, 40, generator=random, dtype=torch.float64)
    mean = block.mean(0, keepdim=True)
    amplitude = clean + torch.cat([mean, (n_bins * mean - block) / (n_bins - 1)])
    return WaveData(
        r=r,
        weight=torch.ones(40, dtype=torch.float64),
        amplitude=amplitude,
        lhs=amplitude * r,
        error=None,
        equation=torch.ones(40, dtype=torch.bool),
        labels=tuple("abcd"[:n_waves]),
        sources=("x",) * n_waves,
        times=(None,) * n_waves,
        momenta=None,
        reduced_mass=500.0,
        hbar_c=197.3,
    )


def test_separable_singular_values() -> None:
    """1, .78, .73, .35, .17, .026, 1.3e-3, 3e-5: about seven usable directions of ten."""
    expected = torch.tensor([1, 0.78, 0.73, 0.35, 0.17, 0.026, 1.3e-3, 3.4e-5]).double()
    found = signal_to_noise(separable_wave_data(quadrature="gregory"))
    torch.testing.assert_close(found[:8], expected, rtol=0.02, atol=0)
    data = separable_wave_data()
    assert effective_rank(data) == 7
    assert effective_rank(separable_wave_data(n_momenta=1)) == 1


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_rank_above_the_noise(rank: int) -> None:
    assert effective_rank(noisy(rank, 1e-3)) == rank
    assert effective_rank(noisy(rank, 10.0)) == 1  # nothing but noise still counts as one


def test_signal_to_noise_does_not_depend_on_scales_or_mixing() -> None:
    data = noisy(3, 1e-2)
    mixing = torch.tensor([[1.0, 2, 0, 0], [0, 1, 0, 3], [1, 0, 1e3, 0], [0, 0, 0, 1e-3]]).double()
    mixed = replace(data, amplitude=torch.einsum("kl,blr->bkr", mixing, data.amplitude))
    torch.testing.assert_close(signal_to_noise(mixed), signal_to_noise(data), rtol=1e-6, atol=1e-6)
    halved = signal_to_noise(noisy(3, 5e-3))
    torch.testing.assert_close(halved[:3], 2 * signal_to_noise(data)[:3], rtol=0.05, atol=0)


def test_bins_without_spread_do_not_divide_by_zero() -> None:
    data = noisy(2, 0.0)
    assert torch.isfinite(signal_to_noise(data)).all() and effective_rank(data) >= 2


def test_hermiticity_of_a_local_potential_and_of_a_potential_that_depends_on_the_wave() -> None:
    data = noisy(2, 1e-3)
    local = hermiticity(data, 0, 1)  # lhs = r φ: the difference cancels in every bin
    assert local.shape == (31,) and float(local.abs().max()) < 1e-12
    factors = torch.tensor([1.0, 1.5, 1.0, 1.0]).double()[:, None]
    other = hermiticity(replace(data, lhs=factors * data.lhs), 0, 1)
    overlap = (data.amplitude[0, 0] * data.lhs[0, 1]).sum()
    norm = (data.amplitude[0, 0].norm() * data.amplitude[0, 1].norm()).item()
    assert float(other[0]) == pytest.approx(0.5 * float(overlap) / norm, rel=1e-9)
    assert abs(other[0]) > 5 * resampled_error(other)
    assert hermiticity(separable_wave_data(), 0, 9).shape == (1,)
    with pytest.raises(DataError, match="the data hold 4"):
        hermiticity(data, 0, 4)
