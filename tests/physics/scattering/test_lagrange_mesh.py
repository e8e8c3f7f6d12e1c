"""The mesh differentiates, integrates and interpolates polynomials exactly."""

from __future__ import annotations

import pytest
import torch

from hadronlab.errors import HadronlabError
from hadronlab.physics.scattering.lagrange_mesh import LagrangeMesh


def test_stiffness_and_curvature_of_a_polynomial() -> None:
    mesh = LagrangeMesh(2.0, 8)
    u = mesh.r**3 - 2 * mesh.r  # ∫₀² u'² = ∫ (3r² − 2)² = 9·32/5 − 12·8/3 + 4·2
    c = u * mesh.dr.sqrt()
    assert float(c @ mesh.stiffness @ c) == pytest.approx(9 * 32 / 5 - 32 + 8, rel=1e-12)
    curvature = mesh.second_derivative @ c
    torch.testing.assert_close(curvature, 6 * mesh.r, atol=1e-11, rtol=0)
    assert float(mesh.edge @ c) == pytest.approx(4.0, rel=1e-12)


@pytest.mark.parametrize("closed", [False, True])
def test_interpolation(closed: bool) -> None:
    mesh = LagrangeMesh(3.0, 40, closed=closed)

    def u(r: torch.Tensor) -> torch.Tensor:
        return torch.sin(torch.pi * r / 3.0) * torch.exp(-r)

    r = torch.cat([torch.linspace(0, 3, 50, dtype=torch.float64), mesh.r[3:5]])
    torch.testing.assert_close(mesh.interpolate(u(mesh.r)[None], r)[0], u(r), atol=1e-13, rtol=0)


def test_weights_are_those_of_the_ball() -> None:
    mesh = LagrangeMesh(1.5, 10)
    assert float(mesh.weight.sum()) == pytest.approx(4 / 3 * torch.pi * 1.5**3, rel=1e-13)


def test_no_extrapolation() -> None:
    mesh = LagrangeMesh(1.0, 5)
    with pytest.raises(HadronlabError, match=r"\[0, 1\] fm"):
        mesh.interpolate(mesh.r, torch.tensor([1.1]))
