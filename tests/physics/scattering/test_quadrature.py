"""Every rule integrates what its order promises, and refuses grids that it cannot serve."""

from __future__ import annotations

import math

import pytest
import torch

from hadronlab.errors import HadronlabError
from hadronlab.physics.scattering.quadrature import gauss_legendre, line_weights, radial_weights


def grid(n: int) -> torch.Tensor:
    return torch.linspace(0.2, 2.0, n, dtype=torch.float64)


@pytest.mark.parametrize("n_points", [9, 10, 14, 31])
@pytest.mark.parametrize(
    ("rule", "degree"), [("rectangle", -1), ("trapezoid", 1), ("simpson", 3), ("gregory", 7)]
)
def test_exact_up_to_its_degree(rule: str, degree: int, n_points: int) -> None:
    r = grid(n_points)
    for p in range(degree + 1):
        exact = (2.0 ** (p + 1) - 0.2 ** (p + 1)) / (p + 1)
        assert float(line_weights(rule, r) @ r**p) == pytest.approx(exact, rel=1e-12)
    p = degree + 2  # even orders come free for simpson: the degree after next must fail
    exact = (2.0 ** (p + 1) - 0.2 ** (p + 1)) / (p + 1)
    assert abs(float(line_weights(rule, r) @ r**p) - exact) > 1e-9 * exact


@pytest.mark.parametrize(("rule", "order"), [("trapezoid", 2), ("simpson", 4), ("gregory", 8)])
def test_order_of_convergence(rule: str, order: int) -> None:
    exact = math.exp(2.0) - math.exp(0.2)
    errors = [abs(float(line_weights(rule, grid(n)) @ torch.exp(grid(n))) - exact) for n in (13, 25)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.8)


def test_trapezoid_takes_an_uneven_grid() -> None:
    r = torch.tensor([0.1, 0.2, 0.5, 1.1], dtype=torch.float64)
    assert float(line_weights("trapezoid", r) @ (3 * r + 1)) == pytest.approx(1.5 * 1.2 + 1.0, rel=1e-13)


def test_radial_weights_carry_the_sphere() -> None:
    r = torch.linspace(0.0, 9.0, 181, dtype=torch.float64)
    assert float(radial_weights("gregory", r) @ torch.exp(-(r**2))) == pytest.approx(math.pi**1.5, rel=1e-8)


def test_gauss_legendre() -> None:
    r, dr = gauss_legendre(1.0, 3.0, 5)
    assert float(dr @ r**9) == pytest.approx((3.0**10 - 1) / 10, rel=1e-13)


@pytest.mark.parametrize(
    ("rule", "r", "message"),
    [
        ("bode", [1.0, 2.0], "choose one of rectangle"),
        ("trapezoid", [2.0, 1.0], "strictly increasing"),
        ("simpson", [1.0, 2.0, 4.0], "evenly spaced"),
        ("gregory", [1.0, 2.0, 3.0], "8 radii or more"),
    ],
)
def test_refusals(rule: str, r: list[float], message: str) -> None:
    with pytest.raises(HadronlabError, match=message):
        line_weights(rule, torch.tensor(r, dtype=torch.float64))
