"""Local fits on potentials that are known."""

from __future__ import annotations

import pytest
import torch

from hadronlab.data.lattice import kinetic
from hadronlab.data.noise import Noise
from hadronlab.data.synthetic import SyntheticLattice, generate
from hadronlab.errors import DataError
from hadronlab.estimates.resampling import resampled_error
from hadronlab.observables.leading_order import fit_gaussians
from hadronlab.physics.forces.local_potentials import omega_ccc
from hadronlab.physics.scattering.rmatrix import RMatrix
from hadronlab.systems.hadrons import HadronPair

R = torch.linspace(0.05, 3.0, 200, dtype=torch.float64)


def test_gaussians_are_found_exactly() -> None:
    V = 2000 * torch.exp(-((R / 0.12) ** 2)) + 600 * torch.exp(-((R / 0.25) ** 2)) - 60 * torch.exp(-(R**2))
    fit = fit_gaussians(R, V[None], ranges_fm=(0.1, 0.3, 0.8))
    torch.testing.assert_close(fit.range_fm[0], torch.tensor([0.12, 0.25, 1.0]).double(), rtol=1e-6, atol=0)
    torch.testing.assert_close(fit.local(R)[0], V, rtol=1e-6, atol=1e-6)


def test_points_count_by_their_errors_and_shells_may_repeat() -> None:
    """Doubling a point is the same as halving its variance; a point with a large error does not matter."""
    generator = torch.Generator().manual_seed(0)
    V = (-60 * torch.exp(-(R**2)))[None] + 0.1 * torch.randn(
        21, 200, generator=generator, dtype=torch.float64
    )
    twice = fit_gaussians(torch.cat([R, R]), torch.cat([V, V], 1), ranges_fm=(0.8,))
    torch.testing.assert_close(
        twice.local(R), fit_gaussians(R, V, ranges_fm=(0.8,)).local(R), rtol=1e-4, atol=1e-4
    )
    outlier = V.clone()
    outlier[:, 50] = 1e4 * (1 + torch.arange(21.0).double())
    fit = fit_gaussians(R, outlier, ranges_fm=(0.8,))
    assert float((fit.local(R)[0] - V[0]).abs().max()) < 1


def test_phase_shifts_of_the_truth_from_a_noisy_lattice() -> None:
    pair = HadronPair("omega_ccc", 4796.0, 4796.0, potential=omega_ccc())
    lattice = SyntheticLattice(grid="sites", length=64, noise=Noise(relative=2e-4, bins=10))
    correlator = generate(pair, lattice)
    inside = correlator.distance * correlator.spacing_fm <= 2.5
    R, KR = kinetic(correlator, "wall", 26)
    r = torch.from_numpy(correlator.distance[inside] * correlator.spacing_fm)
    V = torch.from_numpy((KR / R)[:, inside])
    keep = r > 0.15  # nearer, the lattice Laplacian is off by 5 MeV and more
    mesh = RMatrix(6.0, 60, pair.reduced_mass)
    k = torch.tensor([0.1, 0.5, 1.0, 2.0], dtype=torch.float64)
    exact = mesh.phase_shifts(None, omega_ccc()(mesh.r), k)
    delta = mesh.phase_shifts(None, fit_gaussians(r[keep], V[:, keep]).local(mesh.r), k)
    assert delta.shape == (11, 4)
    error = resampled_error(delta)
    assert float(error.max()) < 0.06
    # five errors out of ten bins, and 10 mrad of what the lattice Laplacian leaves: for other seeds of the noise too
    assert bool(((delta[0] - exact).abs() < 5 * error + 0.01).all())


def test_too_few_points_are_refused() -> None:
    with pytest.raises(DataError, match="4 Gaussians need 8 radii, got 5"):
        fit_gaussians(R[:5], torch.ones(1, 5).double())
    with pytest.raises(DataError, match="no spread over the bins"):
        fit_gaussians(R, torch.ones(4, 200).double())
