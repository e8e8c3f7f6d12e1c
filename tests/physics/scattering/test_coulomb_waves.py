"""Coulomb functions against independent numbers, arbitrary precision, and what any solution must fulfil."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.scattering.coulomb_waves import bohr_constant, coulomb_waves

K = 0.37  # fm^-1: the functions know η and ρ alone


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def relative(found: Tensor, expected: Tensor) -> float:
    return float((found / expected - 1).abs().max())


@pytest.mark.parametrize(
    ("eta", "rho", "F", "G", "dF", "dG"),
    [
        # by an ODE and by partial waves, which agree to their last digits
        (0.02, 0.05, 0.04846594596183472, 1.0253324158151362, 0.9694804185561529, -0.12297914005524281),
        (0.02, 30.0, -0.9984457755204584, 0.06142472414929256, 0.061394873592576844, 0.9977796103209435),
        (0.5, 1.0, 0.5166015003141816, 1.1974869707984857, 0.5929245553607208, -0.5613235155389483),
        (2.0, 5.0, 1.1433373924277674, 0.7944454706418513, 0.2937960375289605, -0.6704889333364692),
        (5.0, 0.05, 5.368936915659859e-08, 527405.3297028147, 1.3215325281415915e-06, -5643886.416297145),
        (5.0, 5.0, 0.027673011668558373, 18.193495159010812, 0.03036001204887868, -16.176239620128626),
        (-0.5, 0.05, 0.08831857145142764, 0.6167769261835327, 1.7203485466894124, 0.6914886369622817),
        (-0.5, 30.0, 0.7641773050291749, 0.6322816884988961, 0.6429329989307814, -0.7766329017344064),
        (-3.0, 1.0, -0.5721855336123383, -0.2361081855001001, -0.734623438327558, 1.444547868472731),
    ],
)
def test_independent_numbers(eta: float, rho: float, F: float, G: float, dF: float, dG: float) -> None:
    waves = coulomb_waves(tensor(K), tensor(rho / K), 2 * eta * K)
    found = [float(x) for x in (waves.F, waves.G, waves.dF, waves.dG)]
    assert found == pytest.approx([F, G, dF, dG], rel=1e-12)


@pytest.mark.parametrize("eta", [-40.0, -3.0, -0.1, 0.1, 3.0, 14.0, 50.0])
def test_arbitrary_precision(eta: float) -> None:
    mpmath = pytest.importorskip("mpmath")
    rho = tensor(40.0, 0.003, 0.05, 1.0, 6.0)
    waves = coulomb_waves(tensor(K), rho / K, 2 * eta * K)
    F, G = (tensor(*(float(f(0, eta, float(x))) for x in rho)) for f in (mpmath.coulombf, mpmath.coulombg))
    size = torch.where(rho < 2 * eta, 0.0, torch.hypot(F, G))  # under the barrier each has a scale of its own
    assert float(((waves.F[0] - F) / torch.maximum(size, F.abs())).abs().max()) < 1e-12
    assert float(((waves.G[0] - G) / torch.maximum(size, G.abs())).abs().max()) < 1e-12


@pytest.mark.parametrize("bohr", [-0.71, -0.045, -1e-6, 0.0, 1e-6, 0.035, 0.71])
def test_wronskian_for_many_momenta_and_radii(bohr: float) -> None:
    k = torch.linspace(0.025, 3.0, 20, dtype=torch.float64)
    r = torch.cat([torch.linspace(40.0, 0.1, 99, dtype=torch.float64), tensor(1e-4)])
    waves = coulomb_waves(k, r, bohr)
    wronskian = waves.dF * waves.G - waves.F * waves.dG
    assert waves.F.shape == (20, 100)
    torch.testing.assert_close(wronskian, torch.ones_like(wronskian), atol=1e-12, rtol=0)
    one = coulomb_waves(k[:1], r[50:51], bohr)
    torch.testing.assert_close(waves.G[:1, 50:51], one.G, atol=0, rtol=1e-12)


def test_gamow_factor() -> None:
    """F → √A kr and G → 1/√A at the origin, A = 2πη/(e^{2πη} − 1): also where F is 4e-19 and its square no float32."""
    for eta in (-20.0, -1e-8, 1e-8, 0.7, 14.0):
        x = 2 * math.pi * eta
        gamow = x / math.expm1(x)
        waves = coulomb_waves(tensor(K), tensor(1e-9 / K), 2 * eta * K)
        assert float(waves.F) / 1e-9 == pytest.approx(math.sqrt(gamow), rel=1e-7)  # + O(ηρ)
        assert float(waves.G) == pytest.approx(1 / math.sqrt(gamow), rel=1e-6)  # + O(ηρ ln ρ)


def test_weak_charges_join_the_neutral_pair() -> None:
    rho, eta = tensor(10.0), 1e-8
    above, none, below = (coulomb_waves(tensor(K), rho / K, 2 * x * K) for x in (eta, 0.0, -eta))
    assert float((above.F - torch.sin(rho)).abs()) == pytest.approx(2.97e-8, rel=2e-3)
    for name in ("F", "dF", "G", "dG"):
        around = 0.5 * (getattr(above, name) + getattr(below, name))
        torch.testing.assert_close(around, getattr(none, name), atol=1e-13, rtol=0)
    torch.testing.assert_close(none.F, torch.sin(tensor(K)[:, None] * (rho / K)), atol=0, rtol=0)


def test_bohr_constant_of_two_protons() -> None:
    eta = bohr_constant(1, 938.27208816 / 2) * 197.3269804 / (2 * 5.0)  # at 5 MeV/c
    assert eta == pytest.approx(0.6846902233221653, rel=1e-12)
    assert bohr_constant(-2, 500.0) == -2 * bohr_constant(1, 500.0)


@pytest.mark.parametrize(("k", "r"), [(0.0, 1.0), (-1.0, 1.0), (1.0, 0.0), (float("nan"), 1.0)])
def test_refused_without_a_wave(k: float, r: float) -> None:
    with pytest.raises(HadronlabError, match="k > 0 and radii r > 0"):
        coulomb_waves(tensor(k), tensor(r), 0.1)


def test_refused_far_below_the_barrier() -> None:
    with pytest.raises(HadronlabError, match="too far below the Coulomb barrier"):
        coulomb_waves(tensor(1e-4), tensor(1.0), 0.7)
