"""Point Coulomb beside the strong force: against an independent calculation, closed forms and an ODE solver."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import psi
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.constants import FINE_STRUCTURE, HBAR_C
from hadronlab.physics.forces.local_potentials import (
    LocalPotential,
    nucleon_omega,
    omega_ccc,
    omega_omega,
)
from hadronlab.physics.scattering.coulomb_waves import coulomb_waves
from hadronlab.physics.scattering.derivative_expansion import non_hermitian_resolvent
from hadronlab.physics.scattering.effective_range import threshold_parameters
from hadronlab.physics.scattering.rmatrix import Resolvent, RMatrix

MASS = 600.0  # MeV, reduced


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def folded(x: Tensor) -> Tensor:
    """Modulo π, about 0."""
    return x - math.pi * (x / math.pi).round()


def gaussian_well(charges: int, depth: float, radius: float = 7.0, n_points: int = 90) -> Resolvent:
    rmatrix = RMatrix(radius, n_points, MASS, charges=charges)
    return rmatrix.solve(V=depth * torch.exp(-(rmatrix.r**2)))


@pytest.mark.parametrize(
    ("potential", "masses", "charges", "radius", "a_c", "r_c", "phases"),
    [
        (omega_ccc(), (4796.0, 4796.0), 4, 4.0, -12.016150415452186, 0.46157046941457486,
         {5: 1.6910971286932474e-37, 10: 2.1420444444372806e-18, 40: 0.0005151778370782652,
          80: 0.28124723334006024, 150: -1.0598595950894658, 300: -1.5225448462118474}),
        (omega_omega(), (1712.0, 1712.0), 1, 8.0, 13.616746870288049, 1.2076502801141964,
         {5: -0.001010987094915764, 10: -0.04572078646981921, 40: -0.7371767437678949,
          80: -1.268373872109711, 150: 1.377462219632239, 300: 0.7803962730697388}),
        (nucleon_omega(), (954.7, 1711.5), -1, 14.0, 3.1963172163092644, 1.2893088481169959,
         {5: -0.4357081707389621, 10: -0.4792663330258678, 40: -0.9250632295110766,
          80: -1.359326255073955, 150: 1.3555414666842434, 300: 0.9109142980002414}),
    ],
)  # fmt: skip
def test_published_potentials_with_charges(
    potential: LocalPotential,
    masses: tuple[float, float],
    charges: int,
    radius: float,
    a_c: float,
    r_c: float,
    phases: dict[float, float],
) -> None:
    rmatrix = RMatrix(radius, 120, masses[0] * masses[1] / sum(masses), charges=charges)
    solution = rmatrix.solve(V=potential(rmatrix.r))
    expected = tensor(*phases.values())
    delta = folded(solution.phase_shifts(tensor(*phases) / HBAR_C))
    torch.testing.assert_close(delta, expected, atol=1e-9, rtol=0)
    small = expected.abs() < 0.05  # down to 1e-37 under the barrier
    torch.testing.assert_close(delta[small], expected[small], atol=0, rtol=1e-8)
    assert float(solution.scattering_length()) == pytest.approx(a_c, rel=1e-9)
    assert float(solution.effective_range()) == pytest.approx(r_c, rel=1e-7)


def test_two_protons_with_the_reid_potential() -> None:
    """V ∝ 1/r at the origin, as Coulomb is: the mesh takes both."""
    rmatrix = RMatrix(40.0, 200, 938.27208816 / 2, charges=1)
    x = 0.7 * rmatrix.r
    reid = (-10.463 * torch.exp(-x) - 1650.6 * torch.exp(-4 * x) + 6484.2 * torch.exp(-7 * x)) / x
    solution = rmatrix.solve(V=reid)
    delta = solution.phase_shifts(tensor(5, 20, 60, 300) / HBAR_C)
    expected = [0.012193335593685082, 0.5113273999088681, 0.9733503234782847]
    assert delta[:3].tolist() == pytest.approx(expected, abs=1e-9)
    assert float(solution.scattering_length()) == pytest.approx(-7.748502568493646, rel=1e-8)
    assert float(solution.effective_range()) == pytest.approx(2.7287213574126175, rel=1e-6)


@pytest.mark.parametrize("charges", [-4, -1, 1, 4])
def test_charges_alone_scatter_by_coulomb_alone(charges: int) -> None:
    solution = RMatrix(8.0, 60, MASS, charges=charges).solve()
    k = torch.linspace(0.03, 3.0, 40, dtype=torch.float64)
    torch.testing.assert_close(solution.phase_shifts(k), torch.zeros_like(k), atol=1e-10, rtol=0)
    assert float(solution.scattering_length()) == pytest.approx(0.0, abs=1e-9)
    assert math.isnan(float(solution.effective_range()))
    assert int(solution.bound_states().count) == 0  # the atom is wider than the mesh: 23 fm or more


def test_hydrogen() -> None:
    """E_n = −(Zα)²μ/2n², √⟨r²⟩ = a_B n √((5n² + 1)/2): the levels that the mesh holds, with tails far beyond it."""
    rmatrix = RMatrix(400.0, 120, MASS, charges=-1)
    bohr_radius = 2.0 / abs(rmatrix.bohr)
    states = rmatrix.solve().bound_states()
    assert 2 <= int(states.count) <= rmatrix.radius / bohr_radius
    for n, (energy, radius) in enumerate(zip(states.energies, states.rms_radius, strict=True), 1):
        assert float(energy) == pytest.approx(-(FINE_STRUCTURE**2) * MASS / (2 * n**2), rel=1e-10)
        assert float(radius) == pytest.approx(bohr_radius * n * math.sqrt((5 * n**2 + 1) / 2), rel=1e-7)


def ode_bound_state(V0: float, edge: float, rmatrix: RMatrix, low: float, high: float) -> tuple[float, float]:
    """E and √⟨r²⟩ of a square well and Coulomb: u outward and the decaying u inward, matched at the edge."""
    c, b = rmatrix.kinetic, rmatrix.bohr

    def half(energy: float, start: float, u: float, slope: float, depth: float) -> np.ndarray:
        def rate(r: float, y: np.ndarray) -> list[float]:
            density = y[0] ** 2
            return [y[1], ((depth - energy) / c + b / r) * y[0], density, density * r**2]

        return solve_ivp(
            rate, (start, edge), [u, slope, 0.0, 0.0], method="DOP853", rtol=1e-12, atol=1e-25
        ).y[:, -1]

    def both(energy: float) -> tuple[np.ndarray, np.ndarray]:
        kappa = math.sqrt(-energy / c)
        far = edge + 25.0 / kappa
        inner = half(energy, 1e-9, 1e-9, 1.0, V0)
        return inner, half(energy, far, 1e-12, -1e-12 * (kappa + b / (2 * kappa * far)), 0.0)

    def mismatch(energy: float) -> float:
        inner, outer = both(energy)
        return float(inner[1] * outer[0] - inner[0] * outer[1]) / float(np.hypot(*outer[:2]))

    energy = brentq(mismatch, low, high, xtol=1e-13, rtol=1e-14)
    inner, outer = both(energy)
    weight = np.array([1 / inner[0] ** 2, 1 / outer[0] ** 2])
    norm, square = (weight @ [inner[i], -outer[i]] for i in (2, 3))
    return energy, math.sqrt(square / norm)


@pytest.mark.parametrize(("charges", "low", "high"), [(0, -9.0, -2.0), (1, -8.0, -1.0), (-3, -14.0, -5.0)])
def test_square_well_and_coulomb_against_an_ode(charges: int, low: float, high: float) -> None:
    """The mesh ends at the edge of the well: nothing but the tail is left outside."""
    rmatrix = RMatrix(2.0, 40, MASS, charges=charges)
    states = rmatrix.bound_states(V=torch.full_like(rmatrix.r, -40.0))
    energy, radius = ode_bound_state(-40.0, 2.0, rmatrix, low, high)
    assert states.energies.tolist() == pytest.approx([energy], rel=1e-9)
    assert states.rms_radius.tolist() == pytest.approx([radius], rel=1e-8)


@pytest.mark.parametrize("charges", [-20, -1, 1, 4])
def test_the_length_of_the_mesh_does_not_matter(charges: int) -> None:
    """Nuclear states and phases; of atomic levels a longer mesh holds more."""
    short, long = gaussian_well(charges, -120.0), gaussian_well(charges, -120.0, 14.0, 160)
    k = torch.linspace(0.1, 2.0, 15, dtype=torch.float64)
    torch.testing.assert_close(short.phase_shifts(k), long.phase_shifts(k), atol=1e-9, rtol=0)
    one, two = short.bound_states(), long.bound_states()
    n = int(one.count)
    assert n == {-20: 2, -1: 1, 1: 1, 4: 0}[charges]
    torch.testing.assert_close(one.energies, two.energies[:n], atol=0, rtol=1e-9)
    torch.testing.assert_close(one.rms_radius, two.rms_radius[:n], atol=0, rtol=1e-8)  # of eigh


@pytest.mark.parametrize("charges", [-20, -1, 1, 4])
@pytest.mark.parametrize("depth", [300.0, -30.0, -140.0, -700.0])
def test_phase_shifts_are_continuous_and_begin_where_they_should(charges: int, depth: float) -> None:
    """Repulsion: δ(0) = π n_bound. Attraction: π |b| cot δ(0) = −1/a_c, the quantum defect of the atom."""
    solution = gaussian_well(charges, depth)
    k = torch.linspace(0.03 + 0.01 * max(charges, 0), 4.0, 4000, dtype=torch.float64)
    delta = solution.phase_shifts(k)
    assert float(delta.diff().abs().max()) < 0.3  # a narrow resonance behind the barrier at most
    first = float(solution.phase_shifts(k[:1] / 30)) if charges < 0 else float(delta[0])
    if charges > 0:
        resonance = float(solution.scattering_length()) < -20.0
        assert resonance or first == pytest.approx(math.pi * int(solution.bound_states().count), abs=0.05)
    else:
        cot = -1.0 / (float(solution.scattering_length()) * math.pi * abs(solution.bohr))
        assert float(folded(tensor(first - math.atan2(1.0, cot)))) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("charges", [-2, 2])
def test_threshold_parameters_are_the_expansion_of_the_phase_shifts(charges: int) -> None:
    """A k cot δ + 2kη h(η) = −1/a_c + ½ r_c k² + …, fitted up to k⁶."""
    solution = gaussian_well(charges, -70.0)
    k = torch.linspace(0.05, 0.16, 12, dtype=torch.float64)
    eta = (0.5 * solution.bohr / k).numpy()
    gamow = 2 * math.pi * eta / np.expm1(2 * math.pi * eta)
    h = psi(1j * eta).real - np.log(np.abs(eta))
    left = k * torch.as_tensor(gamow) / torch.tan(solution.phase_shifts(k)) + solution.bohr * torch.as_tensor(
        h
    )
    powers = torch.stack([k ** (2 * n) for n in range(4)], dim=-1)
    minus_inverse, half_range = torch.linalg.lstsq(powers, left[:, None]).solution[:2, 0]
    assert float(solution.scattering_length()) == pytest.approx(-1 / float(minus_inverse), rel=1e-6)
    assert float(solution.effective_range()) == pytest.approx(2 * float(half_range), rel=1e-5)


def test_threshold_parameters_join_those_of_the_neutral_pair() -> None:
    solution = gaussian_well(0, -120.0)
    values = [
        torch.stack(threshold_parameters(solution.poles, solution.edge, 7.0, solution.kinetic, b))
        for b in (-1e-5, 0.0, 1e-5)
    ]
    torch.testing.assert_close(values[0], values[2], atol=0, rtol=3e-3)
    torch.testing.assert_close(0.5 * (values[0] + values[2]), values[1], atol=0, rtol=1e-6)


@pytest.mark.parametrize("charges", [-1, 1, 4])
def test_wave_functions_reach_the_coulomb_waves(charges: int) -> None:
    solution = gaussian_well(charges, -90.0)
    k, outer = tensor(0.1, 0.5, 1.1, 2.0), solution.mesh.r > 6.4
    delta = solution.phase_shifts(k)[:, None]
    waves = coulomb_waves(k, solution.mesh.r[outer], solution.bohr)
    expected = torch.cos(delta) * waves.F + torch.sin(delta) * waves.G
    torch.testing.assert_close(solution.wave_functions(k)[:, outer], expected, atol=1e-9, rtol=0)


@pytest.mark.parametrize("charges", [0, -1, 2])
def test_a_momentum_on_a_pole(charges: int) -> None:
    """ρ is infinite there; nothing that one measures is."""
    solution = gaussian_well(charges, -90.0)
    k = tensor(0.7)
    poles = solution.poles.clone()
    at = int(torch.searchsorted(poles, solution.kinetic * k**2))
    k = (poles[at : at + 1] / solution.kinetic).sqrt()
    for off in (0.0, 1e-15, -1e-15, 3e-14):
        poles[at] = (solution.kinetic * k**2)[0] * (1 + off)
        hit = dataclasses.replace(solution, poles=poles)
        sides = k * tensor(1 - 1e-6, 1 + 1e-6)
        for name, tolerance in (("phase_shifts", 1e-10), ("wave_functions", 1e-9)):
            found, around = getattr(hit, name)(k), getattr(hit, name)(sides).mean(0, keepdim=True)
            torch.testing.assert_close(found, around, atol=tolerance, rtol=0)


def test_batch_equals_loop_with_charges() -> None:
    rmatrix = RMatrix(6.0, 50, MASS, charges=1)
    V = tensor(-20.0, -150.0, -700.0)[:, None] * torch.exp(-(rmatrix.r**2))
    k = tensor(0.1, 0.8)
    batch = rmatrix.solve(V=V)
    states = batch.bound_states()
    for b in range(3):
        one = rmatrix.solve(V=V[b])
        torch.testing.assert_close(batch.phase_shifts(k)[b], one.phase_shifts(k), atol=1e-12, rtol=0)
        torch.testing.assert_close(batch.effective_range()[b], one.effective_range(), rtol=1e-8, atol=0)
        single = one.bound_states()
        n = int(single.count)
        assert n == int(states.count[b])
        torch.testing.assert_close(states.energies[b, :n], single.energies, rtol=1e-10, atol=0)
        torch.testing.assert_close(states.rms_radius[b, :n], single.rms_radius, rtol=1e-9, atol=0)


def test_charged_phase_shifts_can_be_differentiated() -> None:
    rmatrix = RMatrix(5.0, 30, MASS, charges=2)
    depth = torch.tensor(-60.0, dtype=torch.float64, requires_grad=True)

    def delta(strength: Tensor) -> Tensor:
        return rmatrix.phase_shifts(None, strength * torch.exp(-(rmatrix.r**2)), tensor(0.4))

    assert torch.autograd.gradcheck(delta, (depth,), atol=1e-6)


def test_the_expansion_that_is_not_hermitian_takes_charges() -> None:
    rmatrix = RMatrix(6.0, 50, MASS, charges=-1)
    V0 = -80.0 * torch.exp(-(rmatrix.r**2))
    k = tensor(0.2, 0.9)
    found = non_hermitian_resolvent(rmatrix, V0, torch.zeros_like(V0)).phase_shifts(k)
    torch.testing.assert_close(found, rmatrix.phase_shifts(None, V0, k), atol=1e-10, rtol=0)


def test_refused_below_the_range_of_floating_point() -> None:
    with pytest.raises(HadronlabError, match="too far below the Coulomb barrier"):
        gaussian_well(4, -90.0).phase_shifts(tensor(1e-5))
