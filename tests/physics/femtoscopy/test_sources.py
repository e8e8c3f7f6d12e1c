"""Sources: normalised, known closed forms, differentiable in their parameters, bad ones refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.femtoscopy.sources import CoreHalo, Gaussian, Levy, Source, Table
from hadronlab.physics.scattering.quadrature import panels


def held(source: Source, reach: float | None = None) -> float:
    """The share of the pairs up to a radius."""
    r, dr = panels(0.0, reach or source.reach, 0.5, 0.5)
    return float((4 * math.pi * r**2 * dr) @ source.density(r))


@pytest.mark.parametrize("source", [Gaussian(1.3), CoreHalo(1.0, 4.0, 0.7), Levy(0.8, 2.0)])
def test_all_pairs_come_from_within_reach(source: Source) -> None:
    assert held(source) == pytest.approx(1.0, abs=1e-12)


def test_core_and_halo_are_two_gaussians() -> None:
    r = torch.linspace(0.1, 9.0, 30, dtype=torch.float64)
    mixed = 0.7 * Gaussian(1.0).density(r) + 0.3 * Gaussian(4.0).density(r)
    torch.testing.assert_close(CoreHalo(1.0, 4.0, 0.7).density(r), mixed, rtol=1e-14, atol=0)


def test_levy_is_gaussian_at_two_and_cauchy_at_one() -> None:
    r, R = torch.linspace(0.0, 12.0, 40, dtype=torch.float64), 1.3
    torch.testing.assert_close(Levy(R, 2.0).density(r), Gaussian(R).density(r), rtol=0, atol=1e-15)
    cauchy = R / (math.pi**2 * (r**2 + R**2) ** 2)
    torch.testing.assert_close(Levy(R, 1.0).density(r), cauchy, rtol=1e-11, atol=0)


def test_the_tail_of_a_levy_source_is_a_power() -> None:
    """2π² r³ S → Σ_n (−1)^{n+1}/n! Γ(2 + nα) sin(nπα/2) (R/r)^{nα}: an asymptotic series."""
    alpha, r = 1.4, 40.0
    terms = [
        (-1) ** (n + 1)
        / math.factorial(n)
        * math.gamma(2 + n * alpha)
        * math.sin(n * math.pi * alpha / 2)
        / r ** (n * alpha)
        for n in (1, 2, 3)
    ]
    found = 2 * math.pi**2 * r**3 * float(Levy(1.0, alpha).density(torch.tensor([r], dtype=torch.float64)))
    assert found == pytest.approx(sum(terms), rel=abs(terms[-1] / terms[0]))
    assert held(Levy(1.0, alpha)) == pytest.approx(1.0, abs=1e-2)


@pytest.mark.parametrize(
    "build, parameters",
    [
        (lambda p: Gaussian(p[0]), [1.2]),
        (lambda p: CoreHalo(p[0], p[1], p[2]), [1.2, 3.0, 0.8]),
        (lambda p: Levy(p[0], p[1]), [1.2, 1.5]),
    ],
)
def test_density_is_differentiable(build, parameters: list[float]) -> None:
    r = torch.tensor([0.3, 2.0, 5.0], dtype=torch.float64)
    p = torch.tensor(parameters, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: build(x).density(r), (p,), atol=1e-9)


def test_a_radius_for_every_bin() -> None:
    radii, r = torch.tensor([1.0, 1.5], dtype=torch.float64), torch.linspace(0.1, 5.0, 7, dtype=torch.float64)
    for many, one in ((Gaussian(radii), Gaussian), (Levy(radii, 1.6), lambda R: Levy(R, 1.6))):
        expected = torch.stack([one(float(R)).density(r) for R in radii])
        torch.testing.assert_close(many.density(r), expected, rtol=1e-9, atol=1e-14)
    assert Gaussian(radii).reach == 13 * 1.5


def test_a_table_of_a_gaussian_is_that_gaussian() -> None:
    r = np.linspace(0.05, 12.0, 200)
    table = Table(r, 1.02 * Gaussian(1.1).density(torch.as_tensor(r)).numpy())  # 2 % off: normalised
    fine = torch.linspace(0.0, 14.0, 500, dtype=torch.float64)
    assert isinstance(table, Source)
    torch.testing.assert_close(table.density(fine), Gaussian(1.1).density(fine), rtol=0, atol=5e-6)
    assert held(table) == pytest.approx(1.0, abs=1e-9)


def test_bad_tables_are_refused() -> None:
    r = np.linspace(0.0, 12.0, 100)
    S = Gaussian(1.1).density(torch.as_tensor(r)).numpy()
    with pytest.raises(HadronlabError, match="without 4πr²"):
        Table(r, 4 * math.pi * r**2 * S)
    with pytest.raises(HadronlabError, match="go far enough"):
        Table(r[:20], S[:20])
    with pytest.raises(HadronlabError, match="radii increasing"):
        Table(r[::-1], S)
    with pytest.raises(HadronlabError, match="NaN"):
        Table(r, np.where(r > 3, np.nan, S))


@pytest.mark.parametrize(
    "source, name",
    [
        (Gaussian(0.0), "radius=0.0"),
        (Gaussian(math.nan), "radius=nan"),
        (CoreHalo(1.0, -2.0, 0.5), "halo=-2.0"),
        (CoreHalo(1.0, 2.0, 1.1), "fraction=1.1"),
        (Levy(1.0, 2.1), "alpha=2.1"),
        (Levy(1.0, 0.3), "alpha=0.3"),
    ],
)
def test_bad_parameters_are_refused(source: Source, name: str) -> None:
    with pytest.raises(HadronlabError, match=name):
        source.density(torch.ones(1, dtype=torch.float64))


def test_a_source_of_ones_own() -> None:
    class Shell:
        reach = 3.0

        def density(self, r: Tensor) -> Tensor:
            return torch.exp(-((r - 2.0) ** 2) * 9.0)

    assert isinstance(Shell(), Source)
