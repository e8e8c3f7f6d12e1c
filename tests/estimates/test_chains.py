"""Chain statistics against first-order autoregressive chains, for which every number is known."""

import pytest
import torch

from hadronlab.errors import HadronlabError
from hadronlab.estimates.chains import autocorrelation_time, blocked_error, chain_statistics, split_r_hat


def ar1(phi: float, steps: int, walkers: int, seed: int = 1) -> torch.Tensor:
    """Stationary x_{t+1} = φ x_t + √(1−φ²) ξ: unit variance, τ = ½ (1+φ)/(1−φ)."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(steps, walkers, dtype=torch.float64, generator=generator)
    x = torch.empty_like(noise)
    x[0] = noise[0]
    for t in range(1, steps):
        x[t] = phi * x[t - 1] + (1 - phi**2) ** 0.5 * noise[t]
    return x


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_autocorrelation_time_of_ar1(phi):
    expected = 0.5 * (1 + phi) / (1 - phi)
    assert autocorrelation_time(ar1(phi, 2000, 64)) == pytest.approx(expected, rel=0.08)


@pytest.mark.parametrize("phi", [0.0, 0.8])
def test_error_bars_cover_the_true_mean(phi):
    """Of 200 repetitions about 68 % must lie within one error bar of the true mean, 0."""
    pulls = []
    for seed in range(200):
        statistics = chain_statistics(ar1(phi, 60, 40, seed))
        pulls.append(statistics.mean / statistics.error)
    spread = torch.tensor(pulls)
    assert 0.80 < float(spread.std()) < 1.12
    assert 0.60 < float((spread.abs() < 1).float().mean()) < 0.82


def test_naive_error_would_be_too_small():
    chains = ar1(0.9, 400, 50)
    statistics = chain_statistics(chains)
    naive = statistics.std / chains.numel() ** 0.5
    assert statistics.error / naive == pytest.approx(19**0.5, rel=0.25)


def test_r_hat_is_one_for_one_distribution_and_large_for_two():
    chains = ar1(0.3, 400, 16)
    assert split_r_hat(chains) == pytest.approx(1.0, abs=0.02)
    chains[:, ::2] += 3.0
    assert split_r_hat(chains) > 1.5


def test_few_walkers_are_blocked_in_time():
    chains = ar1(0.5, 4000, 2)
    assert blocked_error(chains) == pytest.approx((3 / 8000) ** 0.5, rel=0.4)


def test_a_singular_sample_is_an_error():
    chains = ar1(0.0, 10, 4)
    chains[3, 2] = float("nan")
    with pytest.raises(HadronlabError, match="not finite"):
        chain_statistics(chains)
    with pytest.raises(HadronlabError, match="walkers"):
        chain_statistics(torch.zeros(5))


def test_printed_like_a_measurement():
    text = str(chain_statistics(ar1(0.0, 100, 10)))
    assert "±" in text and "τ=" in text and "R̂=" in text
