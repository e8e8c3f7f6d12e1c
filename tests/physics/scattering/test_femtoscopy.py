"""Koonin–Pratt against an exact wave function, the free case, and the Lednický–Lyuboshitz limit."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.special import dawsn

from hadronlab.errors import HadronlabError
from hadronlab.physics.forces.local_potentials import Gaussians
from hadronlab.physics.forces.separable import Separable
from hadronlab.physics.scattering.femtoscopy import correlation_function, gaussian_source
from hadronlab.physics.scattering.quadrature import gauss_legendre
from hadronlab.physics.scattering.rmatrix import RMatrix


def test_source_is_normalised() -> None:
    r, dr = gauss_legendre(0.0, 30.0, 200)
    assert float((4 * math.pi * r**2 * gaussian_source(r, 1.3)) @ dr) == pytest.approx(1.0, rel=1e-12)


def test_free_hadrons_are_uncorrelated() -> None:
    k = torch.tensor([0.05, 0.5, 2.0], dtype=torch.float64)
    found = correlation_function(RMatrix(5.0, 40, 600.0).solve(), k, 1.2)
    torch.testing.assert_close(found, torch.ones(3, dtype=torch.float64), atol=1e-10, rtol=0)


def test_separable_against_its_exact_wave_function() -> None:
    truth = Separable()
    rmatrix = RMatrix(35.0, 60, truth.reduced_mass, 1.0)
    k = torch.tensor([0.05, 0.3, 0.9], dtype=torch.float64)
    found = correlation_function(rmatrix.solve(truth.nonlocal_part(rmatrix.r[:, None], rmatrix.r)), k, 4.0)
    r, dr = gauss_legendre(0.0, 80.0, 400)
    change = truth.wave_function(k, r).square() - torch.sinc(k[:, None] * r / math.pi).square()
    exact = 1 + (change * 4 * math.pi * r**2 * gaussian_source(r, 4.0)) @ dr
    torch.testing.assert_close(found, exact, atol=1e-9, rtol=0)
    half = correlation_function(
        rmatrix.solve(truth.nonlocal_part(rmatrix.r[:, None], rmatrix.r)), k, 4.0, fraction=0.5
    )
    torch.testing.assert_close(half - 1, 0.5 * (found - 1), atol=1e-13, rtol=0)


def test_large_source_sees_only_the_amplitude() -> None:
    """C = 1 + |f|²/2R² (1 − r_eff/(2√π R)) + 2 Re f/(√π R) F1(2kR) − Im f/R F2(2kR) for R ≫ the range."""
    rmatrix = RMatrix(5.0, 50, 600.0)
    solution = rmatrix.solve(V=Gaussians(strengths=(-60.0,), exponents=(1.0,))(rmatrix.r))
    radius, k = 8.0, torch.tensor([0.02, 0.05, 0.1], dtype=torch.float64)
    delta = solution.phase_shifts(k)
    f = torch.exp(1j * delta) * torch.sin(delta) / k
    x = 2 * k * radius
    f1 = torch.as_tensor(dawsn(x.numpy())) / x
    f2 = -torch.expm1(-(x**2)) / x
    r_eff = float(solution.effective_range())
    expected = 1 + f.abs() ** 2 / (2 * radius**2) * (1 - r_eff / (2 * math.sqrt(math.pi) * radius))
    expected = expected + 2 * f.real / (math.sqrt(math.pi) * radius) * f1 - f.imag / radius * f2
    torch.testing.assert_close(correlation_function(solution, k, radius), expected, atol=3e-4, rtol=0)
    assert float((expected - 1).abs().min()) > 0.05


def test_bad_source_is_refused() -> None:
    with pytest.raises(HadronlabError, match="source_radius"):
        correlation_function(RMatrix(5.0, 20, 600.0).solve(), torch.ones(1), 0.0)
