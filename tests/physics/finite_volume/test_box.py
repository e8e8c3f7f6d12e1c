"""Levels in a spherical box: the reference spectrum, exact free levels, and what ψ and ∇²ψ must satisfy."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.finite_volume.box import BoxSpectrum, box_spectrum, sphere_radius
from hadronlab.physics.forces.local_potentials import Gaussians, omega_ccc
from hadronlab.physics.forces.nonlocal_potentials import PereyBuck

RADIUS = sphere_radius(96 * 0.0846)
# Ω_ccc three-Gaussian potential, Neumann, MeV, from an independent solver
LEVELS = [
    -5.644487437069951,
    0.5677473385323849,
    11.201442924640988,
    29.122326362398613,
    53.87798988403178,
    85.22128749265231,
    123.03030874358515,
    167.2566162153279,
]


def curvature(spectrum: BoxSpectrum, r: Tensor) -> Tensor:
    """∇²ψ by a sixth-order difference of rψ: independent of the equation."""
    h = 0.02
    stencil = [-49 / 18, 3 / 2, -3 / 20, 1 / 90]
    total = stencil[0] * spectrum.wavefunctions(r) * r
    for j, c in enumerate(stencil[1:], start=1):
        for s in (-1, 1):
            total = total + c * spectrum.wavefunctions(r + s * j * h) * (r + s * j * h)
    return total / h**2 / r


def test_the_sphere_has_the_volume_of_the_lattice() -> None:
    assert sphere_radius(96 * 0.0846) == pytest.approx(5.038238546888568, rel=1e-14)


def test_omega_ccc_levels() -> None:
    spectrum = box_spectrum(RADIUS, 4796.0 / 2, local=omega_ccc(), n_levels=8)
    assert spectrum.energies.tolist() == pytest.approx(LEVELS, abs=1e-8)


def test_free_levels() -> None:
    neumann = box_spectrum(2.0, 500.0, n_points=60, n_levels=4)
    roots = [0.0, 4.493409457909064, 7.725251836937707, 10.904121659428899]  # tan x = x
    exact = [neumann.kinetic * (x / 2.0) ** 2 for x in roots]
    assert neumann.energies.tolist() == pytest.approx(exact, abs=1e-7)
    dirichlet = box_spectrum(2.0, 500.0, n_points=60, boundary="dirichlet", n_levels=4)
    exact = [dirichlet.kinetic * (n * math.pi / 2.0) ** 2 for n in range(1, 5)]
    assert dirichlet.energies.tolist() == pytest.approx(exact, rel=1e-10)
    r = torch.linspace(0.0, 2.0, 21, dtype=torch.float64)
    expected = torch.sinc(r / 2.0) * math.pi / 2.0 / math.sqrt(4 * math.pi)  # √(2/R) sin(πr/R)/(r √4π)
    torch.testing.assert_close(dirichlet.wavefunctions(r)[0], expected, atol=1e-9, rtol=0)


@pytest.mark.parametrize("boundary", ["neumann", "dirichlet"])
def test_orthonormal_and_at_the_wall(boundary: str) -> None:
    spectrum = box_spectrum(RADIUS, 2398.0, local=omega_ccc(), boundary=boundary, n_levels=6)
    psi = spectrum.wavefunctions(spectrum.mesh.r)
    overlap = (psi * spectrum.mesh.weight) @ psi.T
    torch.testing.assert_close(overlap, torch.eye(6, dtype=torch.float64), atol=1e-10, rtol=0)
    wall = torch.tensor([RADIUS - 1e-4, RADIUS - 5e-5, RADIUS], dtype=torch.float64)
    last = spectrum.wavefunctions(wall)
    if boundary == "dirichlet":
        assert float(last[:, 2].abs().max()) < 1e-13 * float(psi.abs().max())
    else:  # one-sided difference, second order
        slope = (3 * last[:, 2] - 4 * last[:, 1] + last[:, 0]) / 1e-4
        assert float(slope.abs().max()) < 1e-6


@pytest.mark.parametrize("nonlocal_range", [None, 0.5])
def test_laplacian(nonlocal_range: float | None) -> None:
    """The Laplacian read off the equation is that of ψ, for a local and for a nonlocal potential."""
    form = Gaussians(strengths=(-80.0,), exponents=(1.0,))
    buck = None if nonlocal_range is None else PereyBuck(form, nonlocal_range).nonlocal_part
    local = form if buck is None else Gaussians(strengths=(30.0,), exponents=(0.7,))
    spectrum = box_spectrum(5.0, 600.0, local=local, nonlocal_part=buck, n_points=80, n_levels=4)
    r = torch.linspace(0.1, 4.9, 25, dtype=torch.float64)
    torch.testing.assert_close(spectrum.laplacian(r), curvature(spectrum, r), atol=3e-7, rtol=0)


def test_origin_is_regular() -> None:
    spectrum = box_spectrum(RADIUS, 2398.0, local=omega_ccc(), n_levels=5)
    near = spectrum.wavefunctions(torch.tensor([0.0, 1e-9, 1e-5], dtype=torch.float64))
    torch.testing.assert_close(near, near[:, 2:].expand(-1, 3), atol=0, rtol=1e-7)
    assert bool(torch.isfinite(spectrum.laplacian(torch.zeros(1, dtype=torch.float64))).all())


def test_refusals() -> None:
    with pytest.raises(HadronlabError, match="choose 'neumann' or 'dirichlet'"):
        box_spectrum(1.0, 500.0, boundary="periodic")
    with pytest.raises(HadronlabError, match="n_levels=9"):
        box_spectrum(1.0, 500.0, n_points=8, n_levels=9)
    with pytest.raises(HadronlabError, match="must lie in"):
        box_spectrum(1.0, 500.0, n_points=8).wavefunctions(torch.tensor([1.2]))
