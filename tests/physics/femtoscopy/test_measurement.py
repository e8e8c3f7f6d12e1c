"""From C to what is published: bins, resolution, feed-down, purity and baseline."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.femtoscopy.measurement import binned, feed_down, measured
from hadronlab.physics.femtoscopy.pair import pair_weights
from hadronlab.physics.femtoscopy.sources import Gaussian

LAMBDA, PROTON, PION = (m / HBAR_C for m in (1115.683, 938.27208816, 139.57039))


def bins(borders: Tensor) -> Tensor:
    """[low, high] of adjacent bins, (B, 2)."""
    return torch.stack([borders[:-1], borders[1:]], 1)


def test_published_correlation() -> None:
    k, C, other = (torch.tensor(x, dtype=torch.float64) for x in ([0.1, 0.4], [3.0, 1.2], [2.0, 1.1]))
    found = measured(k, C, 0.4, [(0.2, other)], 1.05, (0.03, -0.2))
    expected = 1.05 * (1 + 0.03 * k - 0.2 * k**2) * (1 + 0.4 * (C - 1) + 0.2 * (other - 1))
    torch.testing.assert_close(found, expected, rtol=1e-14, atol=0)
    purity = torch.tensor([0.4, 0.7], dtype=torch.float64)
    for i, row in enumerate(measured(k, C, purity, normalisation=purity, baseline=(purity,))):
        p = float(purity[i])
        torch.testing.assert_close(row, measured(k, C, p, normalisation=p, baseline=(p,)), rtol=1e-14, atol=0)


def test_differentiable_in_all_nuisances() -> None:
    k = torch.linspace(0.1, 0.5, 3, dtype=torch.float64)
    p = torch.tensor([0.5, 0.1, 1.01, 0.02], dtype=torch.float64, requires_grad=True)
    torch.autograd.gradcheck(lambda p: measured(k, 1 + k, p[0], [(p[1], 1 - k)], p[2], (p[3],)), (p,))


def test_bins_average_with_k_squared() -> None:
    edges = torch.tensor([0.0, 0.1, 0.3], dtype=torch.float64)
    response = binned(bins(edges))
    low, high = edges[:-1], edges[1:]
    torch.testing.assert_close(response(torch.ones_like(response.k)), torch.ones(2, dtype=torch.float64))
    expected = 3 / 5 * (high**5 - low**5) / (high**3 - low**3)
    torch.testing.assert_close(response(response.k**2), expected, rtol=1e-13, atol=0)


def test_resolution_is_its_expansion() -> None:
    """C + σ²(½C″ + 2C′/k) for a narrow bin: of C = 1 + cos 3k at k = 1."""
    width, sigma, at = 1e-3, 0.02, 1.0
    response = binned(bins(torch.tensor([at - width, at + width], dtype=torch.float64)), sigma)
    expected = 1 + math.cos(3.0) + sigma**2 * (-4.5 * math.cos(3.0) - 6 * math.sin(3.0))
    assert float(response(1 + torch.cos(3 * response.k))) == pytest.approx(expected, abs=30 * sigma**4)
    assert abs(expected - 1 - math.cos(3.0)) > 1e-3


def test_resolution_does_not_depend_on_its_panels() -> None:
    edges = torch.tensor([0.0, 0.05, 0.2, 0.5], dtype=torch.float64)
    few, many = (binned(bins(edges), 0.015, points) for points in (4, 12))
    torch.testing.assert_close(few(torch.cos(6 * few.k)), many(torch.cos(6 * many.k)), rtol=0, atol=2e-6)


@pytest.mark.parametrize(("sigma", "shift"), [(2.0, -0.024), (4.0, -0.085)])
def test_what_a_resolution_does_to_two_protons(protons, momenta, sigma: float, shift: float) -> None:
    """At the peak of C, 19.4 MeV/c for R = 2.8 fm; bins of 2.5 MeV/c alone shift it by −0.003."""
    source, weights = Gaussian(2.8), pair_weights(0.5, 0.5, identical=True)

    def C(k: Tensor) -> Tensor:
        calculation = protons.koonin_pratt(source, k)
        change = calculation.change(protons.resolvent, source.density)
        return weights(*calculation.background(source.density), {0.0: change})

    peak = float(C(momenta([19.42])))
    seen, alone = binned(bins(momenta([19.37, 19.47])), sigma / HBAR_C), binned(bins(momenta([18.17, 20.67])))
    assert float(seen(C(seen.k))) - peak == pytest.approx(shift, abs=1e-3)
    assert float(alone(C(alone.k))) - peak == pytest.approx(-0.003, abs=5e-4)


def test_feed_down_is_the_kinematics_of_the_decay(momenta) -> None:
    """Against decays drawn at random and boosted, p–Λ among p–p."""
    edges = momenta([0.0, 20.0, 60.0, 120.0, 200.0])
    response = feed_down(bins(edges), LAMBDA, PROTON, PION, PROTON, 500 / HBAR_C)
    torch.testing.assert_close(
        response(torch.ones_like(response.k)), torch.ones(4, dtype=torch.float64), rtol=1e-13, atol=0
    )
    n = 200_000
    k = 500 / HBAR_C * torch.rand(n, dtype=torch.float64) ** (1 / 3)  # ∝ k²
    cosine = 2 * torch.rand(n, dtype=torch.float64) - 1
    energy = (LAMBDA**2 + PROTON**2 - PION**2) / (2 * LAMBDA)
    q = math.sqrt(energy**2 - PROTON**2)
    parent = (k**2 + LAMBDA**2).sqrt()
    along = (parent * q * cosine + k * energy) / LAMBDA  # the daughter, in the frame of the pair
    moved = (parent * energy + k * q * cosine) / LAMBDA
    spectator = (k**2 + PROTON**2).sqrt()
    s = (moved + spectator) ** 2 - (along - k) ** 2 - q**2 * (1 - cosine**2)
    seen = (s / 4 - PROTON**2).clamp(min=0).sqrt()
    for bin, found in enumerate(response(response.k)):
        mothers = k[(seen > edges[bin]) & (seen < edges[bin + 1])]
        assert float(mothers.mean()) == pytest.approx(
            float(found), abs=5 * float(mothers.std()) / len(mothers) ** 0.5
        )


def test_what_makes_no_sense_is_refused(momenta) -> None:
    with pytest.raises(HadronlabError, match="increase from k ≥ 0"):
        binned(bins(momenta([10.0, 5.0])))
    with pytest.raises(HadronlabError, match="resolution=-1"):
        binned(bins(momenta([0.0, 5.0])), -1.0)
    with pytest.raises(HadronlabError, match="cannot decay"):
        feed_down(bins(momenta([0.0, 5.0])), PROTON, PROTON, PION, PROTON, 2.0)
    with pytest.raises(HadronlabError, match="no mother pair reaches"):
        feed_down(bins(momenta([0.0, 5.0, 900.0, 905.0])), LAMBDA, PROTON, PION, PROTON, 1.0)
