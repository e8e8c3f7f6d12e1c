"""The closed forms of the separable potential, against independent numbers and against each other."""

from __future__ import annotations

import pytest
import torch

from hadronlab.errors import HadronlabError
from hadronlab.physics.forces.separable import Separable
from hadronlab.physics.scattering.quadrature import gauss_legendre, radial_weights

K = torch.linspace(0.01, 1.0, 10, dtype=torch.float64)
GRID = torch.linspace(0.01, 12.5, 100, dtype=torch.float64)  # [Wang, Sec. 4.1]


def test_wave_function_and_left_side_at_three_radii() -> None:
    truth = Separable()
    r = torch.tensor([0.01, 1.0, 5.0], dtype=torch.float64)
    torch.testing.assert_close(
        truth.wave_function(K[:1], r)[0],
        torch.tensor([2.69524147, 2.31245331, 0.44363851], dtype=torch.float64),
        atol=6e-9,
        rtol=0,
    )
    torch.testing.assert_close(
        truth.equation_lhs(K[:1], r[:2])[0],
        torch.tensor([-0.55407979, -0.20588314], dtype=torch.float64),
        atol=6e-9,
        rtol=0,
    )


@pytest.mark.parametrize(
    ("k", "k_cot_delta", "delta"),
    [
        (0.1, -0.11858246647421114, 2.4410040949361296),
        (0.5, 0.3752725994685245, 0.9269463819848663),
        (1.0, 3.8369865078769223, 0.25494982949112777),
    ],
)
def test_phase_shift(k: float, k_cot_delta: float, delta: float) -> None:
    momentum = torch.tensor(k, dtype=torch.float64)
    assert float(Separable().k_cot_delta(momentum)) == pytest.approx(k_cot_delta, abs=1e-12)
    assert float(Separable().phase_shift(momentum)) == pytest.approx(delta, abs=1e-12)


def test_threshold_and_bound_state() -> None:
    truth = Separable()
    assert truth.scattering_length == pytest.approx(7.397087469988644, rel=1e-12)
    assert truth.effective_range == pytest.approx(3.293493253938461, rel=1e-12)
    assert truth.binding_momentum == pytest.approx(0.1971752374832216, rel=1e-11)
    assert truth.binding_energy == pytest.approx(0.0058906173146310355, rel=1e-11)
    assert truth.rms_radius == pytest.approx(5.3354636516014375, rel=1e-11)
    assert truth.critical_omega == pytest.approx(-0.009645754126781566, rel=1e-12)


def test_bound_state_is_the_pole_of_the_phase_shift() -> None:
    """k cot δ is a polynomial in k²; continued to k = iκ it must equal −κ."""
    truth = Separable(omega=-0.06, mu=1.3, reduced_mass=2.7)
    kappa = truth.binding_momentum
    assert kappa is not None
    k = torch.tensor(1j * kappa, dtype=torch.complex128)
    assert complex(truth.k_cot_delta(k)).real == pytest.approx(-kappa, rel=1e-10)


def test_no_bound_state_below_the_critical_strength() -> None:
    weak = Separable(omega=-0.009)
    assert weak.binding_energy is None
    assert weak.rms_radius is None
    assert weak.scattering_length < 0


def test_the_wave_functions_solve_the_equation() -> None:
    """Eq. 4 with the integral to 60/μ by Gauss–Legendre: left and right agree to rounding."""
    truth = Separable(omega=-0.02, mu=1.1, reduced_mass=2.0)
    r, dr = gauss_legendre(0.0, 60.0, 200)
    k = torch.tensor([0.05, 0.25, 1.5], dtype=torch.float64)
    integral = (truth.wave_function(k, r) * 4 * torch.pi * r**2 * dr) @ truth.nonlocal_part(r[:, None], r)
    torch.testing.assert_close(truth.equation_lhs(k, r), integral, atol=1e-13, rtol=1e-10)


def test_equation_is_the_differential_equation_of_the_wave_function() -> None:
    """(E − H0)φ = (φ'' r + …)/(2m r): autograd differentiates r φ twice, independently of the closed form."""
    truth = Separable()
    r = torch.linspace(0.3, 8.0, 9, dtype=torch.float64, requires_grad=True)
    k = torch.tensor([0.4], dtype=torch.float64)
    u = r * truth.wave_function(k, r)[0]
    slope = torch.autograd.grad(u.sum(), r, create_graph=True)[0]
    curvature = torch.autograd.grad(slope.sum(), r)[0]
    expected = (k**2 * u + curvature) / (2 * truth.reduced_mass * r)
    torch.testing.assert_close(truth.equation_lhs(k, r)[0], expected, atol=1e-12, rtol=1e-10)


def test_loss_of_the_truth_on_the_printed_grid() -> None:
    """3.1e-8 for the exact U and 3.78 for U = 0, with the rectangle rule of [Wang, Eq. 4]."""
    truth = Separable()
    lhs = truth.equation_lhs(K, GRID)
    weight = radial_weights("rectangle", GRID)
    right = (truth.wave_function(K, GRID) * weight) @ truth.nonlocal_part(GRID[:, None], GRID)
    assert float((lhs - right).square().sum()) == pytest.approx(3.1e-8, rel=0.02)
    assert float(lhs.square().sum()) == pytest.approx(3.78, abs=0.005)


def test_bad_parameters_are_refused() -> None:
    with pytest.raises(HadronlabError, match="omega not zero"):
        Separable(omega=0.0)
    with pytest.raises(HadronlabError, match="must be positive"):
        Separable(mu=-1.0)
