"""Coupled channels against closed forms, an ODE solver, and the R-matrix of one channel.

Tolerances hold on any processor: the rounding of H, whose norm is 1e5 MeV and more, is 1e-10 MeV in an energy and some 1e-11 in a
phase, and sums in another order move that by an order of magnitude.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.special import spherical_jn, spherical_yn
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.constants import kinetic_constant
from hadronlab.physics.forces.coupled_separable import CoupledSeparable
from hadronlab.physics.forces.local_potentials import Gaussians
from hadronlab.physics.scattering.channels import Channel, hadron_channels, momenta
from hadronlab.physics.scattering.coupled_channels import CoupledRMatrix
from hadronlab.physics.scattering.coupled_resolvent import CoupledResolvent
from hadronlab.physics.scattering.quadrature import gauss_legendre
from hadronlab.physics.scattering.rmatrix import RMatrix

MASSES = ((1115.7, 1115.7), (938.9, 1318.3))  # ΛΛ, NΞ
LAMBDA_XI = hadron_channels(MASSES)
SEPARABLE = CoupledSeparable(strengths=((-95.0, 70.0), (70.0, -210.0)), ranges=(1.9, 2.3))


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def degrees(angle: Tensor) -> Tensor:
    return torch.rad2deg(angle)


def separable(radius: float = 14.0, n_points: int = 70) -> CoupledResolvent:
    rmatrix = CoupledRMatrix(radius, n_points, LAMBDA_XI)
    return rmatrix.solve(SEPARABLE.nonlocal_part(rmatrix.r[:, None], rmatrix.r))


# E, MeV; δ1, δ2, deg, modulo 180; η. Independent code, physics_finite_volume F5
SEPARABLE_PHASES = (
    (1.0, -28.89531691, None, 1.0),
    (10.0, -76.50478159, None, 1.0),
    (25.0, -31.43111712, None, 1.0),
    (27.0, 31.01593166, -50.56260447, 0.4721057813),
    (40.0, 39.92057415, 72.23840959, 0.7445039799),
    (100.0, 18.09677991, 32.03758444, 0.95156804),
)


def test_separable_s_matrix_in_closed_form() -> None:
    energy = tensor(0.5, 9.0, 25.0, 25.79, 25.81, 27.0, 60.0, 150.0)
    S = separable().s_matrix(energy)
    kinetic = tensor(*(channel.kinetic for channel in LAMBDA_XI))
    exact = SEPARABLE.s_matrix(momenta(LAMBDA_XI, energy), kinetic)
    is_open = ~torch.isnan(S.real)
    assert is_open.flatten(1).sum(-1).tolist() == [1, 1, 1, 1, 4, 4, 4, 4]
    assert float((S - exact)[is_open].abs().max()) < 2e-9  # e^{−1.9·14} of the potential is cut off


def test_separable_phases_and_inelasticity() -> None:
    solution = separable()
    energy = tensor(*(row[0] for row in SEPARABLE_PHASES))
    phases, eta = degrees(solution.phase_shifts(energy)), solution.inelasticity(energy)
    for row, found, elasticity in zip(SEPARABLE_PHASES, phases, eta, strict=True):
        assert (float(found[0]) - row[1] + 90) % 180 - 90 == pytest.approx(0, abs=1e-6)
        assert float(elasticity[0]) == pytest.approx(row[3], abs=1e-9)
        if row[2] is None:
            assert math.isnan(float(found[1])) and math.isnan(float(elasticity[1]))
        else:
            assert (float(found[1]) - row[2] + 90) % 180 - 90 == pytest.approx(0, abs=1e-6)


def test_separable_bound_state() -> None:
    state = separable().bound_states()
    assert state.energies.tolist() == pytest.approx([-9.146507754], abs=1e-8)
    kinetic = tensor(*(channel.kinetic for channel in LAMBDA_XI))
    kappa = momenta(LAMBDA_XI, state.energies)[0]
    beta, kappa = tensor(*SEPARABLE.ranges), kappa.imag
    # u_a = A_a [e^{−κr} − e^{−βr}(1 + (β² − κ²) r/2β)], A_a ∝ ĝ_a x_a/c_a, x the null vector of λ^−1 − J
    denominator = SEPARABLE.denominator(1j * kappa, kinetic).real
    x = torch.linalg.svd(denominator).Vh[-1]
    amplitude = x * beta / (beta**2 - kappa**2) ** 2 / kinetic
    r, dr = gauss_legendre(0.0, 60.0, 300)
    r = r[:, None]
    u = amplitude * (
        torch.exp(-kappa * r) - torch.exp(-beta * r) * (1 + (beta**2 - kappa**2) / (2 * beta) * r)
    )
    squares = (u**2 * dr[:, None]).sum(0)
    torch.testing.assert_close(state.shares[0], squares / squares.sum(), atol=1e-8, rtol=0)
    rms = ((u**2 * dr[:, None] * r**2).sum() / squares.sum()).sqrt()
    torch.testing.assert_close(state.rms_radius[0], rms, atol=1e-7, rtol=0)
    exact = amplitude / squares.sum().sqrt()
    found = state.amplitudes[0]  # at 14 fm the potential is e^{−(β − κ)·14} of the tail
    torch.testing.assert_close(found * found[0].sign(), exact * exact[0].sign(), atol=3e-6, rtol=0)


def square_well_edge(V: np.ndarray, channels: tuple[Channel, ...], E: complex, radius: float) -> np.ndarray:
    """ρ of constant V_ab: w″ = −Q w, so w = sin(√Q r) /√Q and ρ = tan(√Q a)/√Q."""
    root = np.sqrt([channel.kinetic for channel in channels])
    Q = (np.diag([E - channel.threshold for channel in channels]) - V) / np.outer(root, root)
    values, vectors = np.linalg.eigh(Q)
    q = np.sqrt(values.astype(complex))
    return (vectors * (np.tan(q * radius) / q)) @ vectors.T


WELL = np.array([[-60.0, 25.0], [25.0, -90.0]])
WELL_RADIUS = 1.7


def square_well() -> CoupledResolvent:
    rmatrix = CoupledRMatrix(WELL_RADIUS, 40, LAMBDA_XI)
    return rmatrix.solve(V=torch.as_tensor(WELL)[..., None].expand(2, 2, 40))


@pytest.mark.parametrize("E", [0.01, 12.0, 25.7, 26.5, 80.0, 400.0])
def test_square_well(E: float) -> None:
    """The edge of the mesh is the edge of the well: nothing is approximated but ρ."""
    rho = square_well_edge(WELL, LAMBDA_XI, E, WELL_RADIUS)
    k = np.array([np.sqrt(complex(E - c.threshold) / c.kinetic) for c in LAMBDA_XI])
    opened = k.real > 0
    O = np.exp(1j * k * WELL_RADIUS) / np.sqrt(k)  # noqa: E741
    dO = 1j * k * O
    left = np.diag(O) - rho @ np.diag(dO)
    right = np.diag(O.conj()) - rho @ np.diag(dO.conj())
    exact = np.linalg.solve(left, right[:, opened])[opened]
    S = square_well().s_matrix(tensor(E))[0].numpy()[np.ix_(opened, opened)]
    np.testing.assert_allclose(S, exact, atol=1e-10)


def test_square_well_bound_states() -> None:
    """Zeros of det(1 + ρκ) of the closed form, and as many as the sum of the phases says."""

    def determinant(E: float) -> float:
        kappa = np.array([np.sqrt((c.threshold - E) / c.kinetic) for c in LAMBDA_XI])
        return float(
            np.linalg.det(np.eye(2) + square_well_edge(WELL, LAMBDA_XI, E, WELL_RADIUS) * kappa).real
        )

    solution = square_well()
    energies = solution.bound_states().energies
    assert len(energies) >= 1
    for E in energies.tolist():
        assert determinant(E - 1e-6) * determinant(E + 1e-6) < 0
    total = solution.total_phase(tensor(1e-7))
    assert float(total) / math.pi == pytest.approx(len(energies), abs=1e-2)


def test_total_phase_is_continuous_and_ends_at_zero() -> None:
    """Through every pole of ρ and both thresholds; modulo π it is ½ arg det S."""
    solution = square_well()
    energy = torch.linspace(0.02, 9.0, 3000, dtype=torch.float64) ** 4
    total = solution.total_phase(energy)
    assert float(total.diff().abs().max()) < 0.2
    S = solution.s_matrix(energy)
    both = ~torch.isnan(S[:, 1, 1].real)
    det = torch.linalg.det(S[both])
    torch.testing.assert_close(torch.exp(2j * total[both]), det, atol=1e-10, rtol=0)
    assert abs(float(total[-1])) < 0.5  # the Born phase, not a multiple of π


def test_s_is_symmetric_and_unitary_on_poles_of_rho() -> None:
    solution = square_well()
    poles = solution.poles[solution.poles > 30.0][:6]
    beside = solution.s_matrix(poles * (1 + 1e-9))
    for energy in (poles, poles * (1 + 1e-15), poles * (1 - 1e-15)):
        S = solution.s_matrix(energy)
        torch.testing.assert_close(S, S.mT, atol=1e-12, rtol=0)
        torch.testing.assert_close(S @ S.mH, torch.eye(2).to(S).expand_as(S), atol=1e-11, rtol=0)
        torch.testing.assert_close(S, beside, atol=1e-6, rtol=0)


@pytest.mark.parametrize("orbital", [1, 2, 4])
def test_one_wave_of_a_square_well(orbital: int) -> None:
    """tan δ_l of the textbook, its turns by the number of bound states, found as zeros of the same formula."""
    depth, radius, kinetic = 300.0, 2.0, 30.0
    rmatrix = CoupledRMatrix(radius, 50, [Channel(kinetic, 0.0, orbital)])
    solution = rmatrix.solve(V=torch.full((1, 1, 50), -depth, dtype=torch.float64))
    energy = torch.linspace(0.05, 25.0, 1500, dtype=torch.float64) ** 2
    k, q = np.sqrt(energy.numpy() / kinetic), np.sqrt((energy.numpy() + depth) / kinetic)
    beta = q * spherical_jn(orbital, q * radius, True) / spherical_jn(orbital, q * radius)
    x = k * radius
    above = k * spherical_jn(orbital, x, True) - beta * spherical_jn(orbital, x)
    below = k * spherical_yn(orbital, x, True) - beta * spherical_yn(orbital, x)
    delta = solution.phase_shifts(energy)[:, 0].numpy()
    np.testing.assert_allclose(np.exp(2j * delta), np.exp(2j * np.arctan2(above, below)), atol=1e-10)
    states = solution.bound_states()
    assert delta[0] / math.pi == pytest.approx(int(states.count), abs=1e-2)
    assert np.abs(np.diff(delta)).max() < 0.5
    for E in states.energies.tolist():
        kappa, inner = math.sqrt(-E / kinetic), math.sqrt((E + depth) / kinetic)
        O = [solution.waves(tensor(E)).slope[0, 0].real]  # noqa: E741
        slope = 1 / radius + inner * spherical_jn(orbital, inner * radius, True) / spherical_jn(
            orbital, inner * radius
        )
        assert float(O[0]) == pytest.approx(slope, rel=1e-9), kappa


def test_local_channels_against_an_ode() -> None:
    """S and D waves of different masses and thresholds, coupled by Gaussians: ρ from two regular solutions."""
    channels = (Channel(35.0), Channel(28.0, 18.0, 2))
    V = ((Gaussians((250.0, -60.0), (4.0, 0.8)), Gaussians((-50.0,), (1.1,))),
         (Gaussians((-50.0,), (1.1,)), Gaussians((-90.0,), (0.6,))))  # fmt: skip
    radius, E, start = 6.5, 40.0, 1e-5
    rmatrix = CoupledRMatrix(radius, 70, channels)
    matrix = torch.stack([torch.stack([v(rmatrix.r) for v in row]) for row in V])
    root = np.sqrt([c.kinetic for c in channels])

    def slope(r: float, y: np.ndarray) -> np.ndarray:
        w, dw = y.reshape(2, 2, 2)
        well = np.array([[float(v(tensor(r))[0]) for v in row] for row in V])
        well += np.diag([c.threshold - E + c.kinetic * c.orbital * (c.orbital + 1) / r**2 for c in channels])
        return np.concatenate([dw.ravel(), (well / np.outer(root, root) @ w).ravel()])

    first = np.array([start * np.eye(2), np.diag([1.0, 3.0])])  # r and r³, each in a scale of its own
    end = solve_ivp(slope, (start, radius), first.ravel(), method="DOP853", rtol=1e-11, atol=1e-13)
    w, dw = end.y[:, -1].reshape(2, 2, 2)
    rho = rmatrix.solve(V=matrix).rho(tensor(E))[0].numpy()
    np.testing.assert_allclose(rho, w @ np.linalg.inv(dw), atol=1e-8)


# E, MeV above ΛΛ; δ1, δ2, deg; η: two nonlocal channels, by an R matrix and in momentum space
NONLOCAL_PHASES = (
    (1.0, 8.629604889, None, 1.0),
    (16.0, 20.72598781, None, 1.0),
    (30.0, 22.74315034, 16.9411179, 0.712100216),
    (62.0, 6.826720511, 14.27450877, 0.7359084116),
    (100.0, -0.7593394414, 4.592365689, 0.7690216258),
)


def nonlocal_channels(rmatrix: CoupledRMatrix) -> tuple[Tensor, Tensor]:
    """U and V of the closure test of F5: U_12 is not symmetric in r and r' alone."""
    r, rp = rmatrix.r[:, None], rmatrix.r
    z = 2 * r * rp / 0.36
    kernel = torch.exp(-((r - rp) ** 2) / 0.36) * -torch.expm1(-2 * z) / (2 * z)
    kernel = 0.2 * kernel * torch.exp(-0.45 * (r**2 + rp**2))
    skew = 1 + 0.35 * (r - rp) * torch.exp(-0.5 * (r**2 + rp**2))
    off = 55.0 * kernel * skew
    U = torch.stack([torch.stack([-90.0 * kernel, off]), torch.stack([off.T, -140.0 * kernel])])
    V11 = Gaussians((250.0, -30.0), (4.0, 0.8))(rp)
    V22 = Gaussians((300.0, -40.0), (4.0, 0.9))(rp)
    V12 = Gaussians((-100.0,), (1.4,))(rp)
    return U, torch.stack([torch.stack([V11, V12]), torch.stack([V12, V22])])


def test_two_nonlocal_channels() -> None:
    rmatrix = CoupledRMatrix(8.0, 70, LAMBDA_XI)
    solution = rmatrix.solve(*nonlocal_channels(rmatrix))
    energy = tensor(*(row[0] for row in NONLOCAL_PHASES))
    phases, eta = degrees(solution.phase_shifts(energy)), solution.inelasticity(energy)
    for row, found, elasticity in zip(NONLOCAL_PHASES, phases, eta, strict=True):
        assert float(found[0]) == pytest.approx(row[1], abs=2e-7)
        assert float(elasticity[0]) == pytest.approx(row[3], abs=1e-9)
        if row[2] is not None:
            assert float(found[1]) == pytest.approx(row[2], abs=2e-7)


def test_one_channel_is_the_plain_r_matrix() -> None:
    """Phases with their branch, threshold, bound states: one S wave is `RMatrix`."""
    one = RMatrix(8.0, 60, 600.0)
    many = CoupledRMatrix(8.0, 60, [Channel(kinetic_constant(600.0))])
    V = tensor(-30.0, -100.0, -700.0)[:, None] * torch.exp(-(one.r**2))
    U = -40.0 * torch.exp(-(one.r[:, None] ** 2) - one.r**2)
    k = torch.linspace(0.02, 3.0, 50, dtype=torch.float64)
    plain, coupled = one.solve(U, V), many.solve(U[None, None], V[:, None, None])
    found = coupled.phase_shifts(one.kinetic * k**2)[..., 0]
    torch.testing.assert_close(found, plain.phase_shifts(k), atol=1e-9, rtol=0)
    torch.testing.assert_close(coupled.scattering_length(), plain.scattering_length(), atol=0, rtol=1e-11)
    torch.testing.assert_close(coupled.effective_range(), plain.effective_range(), atol=0, rtol=1e-10)
    states, expected = coupled.bound_states(), plain.bound_states()
    torch.testing.assert_close(states.energies, expected.energies, atol=1e-8, rtol=0, equal_nan=True)
    torch.testing.assert_close(states.rms_radius, expected.rms_radius, atol=1e-7, rtol=0, equal_nan=True)
    torch.testing.assert_close(states.u[..., 0, :], expected.u, atol=1e-8, rtol=0, equal_nan=True)


def test_three_channels_that_a_rotation_uncouples() -> None:
    """Equal masses, V = O diag(V_a) Oᵀ: S = O diag(S_a) Oᵀ, the total phase is the sum with all its turns."""
    generator = torch.Generator().manual_seed(3)
    rotation = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64)).Q
    one = RMatrix(6.0, 50, 600.0)
    many = CoupledRMatrix(6.0, 50, [Channel(one.kinetic)] * 3)
    wells = tensor(-20.0, -150.0, -700.0)[:, None] * torch.exp(-(one.r**2))
    k = torch.linspace(0.05, 4.0, 40, dtype=torch.float64)
    delta = one.solve(V=wells).phase_shifts(k)  # (3, M)
    solution = many.solve(V=torch.einsum("ax,xi,bx->abi", rotation, wells, rotation))
    energy = one.kinetic * k**2
    expected = torch.einsum("ax,xm,bx->mab", rotation.to(torch.complex128), torch.exp(2j * delta), rotation.to(torch.complex128))  # fmt: skip
    torch.testing.assert_close(solution.s_matrix(energy), expected, atol=1e-10, rtol=0)
    torch.testing.assert_close(solution.total_phase(energy), delta.sum(0), atol=1e-10, rtol=0)
    energies = one.solve(V=wells).bound_states().energies
    known = energies[torch.isfinite(energies)].sort().values
    # the norm of H, 1e5 MeV and more, times 1e-16, times the sums of a few hundred of its elements
    torch.testing.assert_close(solution.bound_states().energies, known, atol=1e-8, rtol=0)


def test_bound_states_with_several_in_a_batch() -> None:
    rmatrix = CoupledRMatrix(9.0, 60, LAMBDA_XI)
    r = rmatrix.r
    shape = torch.stack([torch.stack([-torch.exp(-r**2), -0.6 * torch.exp(-r**2)]),
                         torch.stack([-0.6 * torch.exp(-r**2), -1.4 * torch.exp(-r**2)])])  # fmt: skip
    V = tensor(0.0, 90.0, 500.0)[:, None, None, None] * shape
    batch = rmatrix.solve(V=V)
    states = batch.bound_states()
    assert states.count.tolist() == [0, 1, 3]
    energy = tensor(1.0, 20.0, 30.0, 70.0)
    for b in range(3):
        one = rmatrix.solve(V=V[b])
        alone = one.bound_states()
        n = int(alone.count)
        assert n == int(states.count[b]) and bool(torch.isnan(states.energies[b, n:]).all())
        torch.testing.assert_close(states.energies[b, :n], alone.energies, atol=1e-8, rtol=0)
        torch.testing.assert_close(states.shares[b, :n], alone.shares, atol=1e-8, rtol=0)
        torch.testing.assert_close(batch.s_matrix(energy)[b], one.s_matrix(energy), atol=1e-9, rtol=0, equal_nan=True)  # fmt: skip
        torch.testing.assert_close(batch.phase_shifts(energy)[b], one.phase_shifts(energy), atol=1e-9, rtol=0, equal_nan=True)  # fmt: skip
        torch.testing.assert_close(batch.scattering_length()[b], one.scattering_length(), atol=1e-10, rtol=1e-9)  # fmt: skip
    torch.testing.assert_close(states.shares[2].sum(-1), torch.ones(3, dtype=torch.float64), atol=1e-10, rtol=0)  # fmt: skip


def test_degenerate_states_are_told_apart() -> None:
    """Two channels with the same force and no coupling: two states at one energy, orthogonal."""
    rmatrix = CoupledRMatrix(9.0, 50, [Channel(35.0)] * 2)
    well = -100.0 * torch.exp(-(rmatrix.r**2))
    states = rmatrix.solve(
        V=torch.einsum("ab,i->abi", torch.eye(2, dtype=torch.float64), well)
    ).bound_states()
    assert int(states.count) == 2
    assert float(states.energies[0]) == pytest.approx(float(states.energies[1]), abs=1e-9)
    overlap = (states.u[0] * states.u[1] * rmatrix.mesh.dr).sum()
    assert abs(float(overlap)) < 1e-9


def test_threshold_is_the_limit_of_the_phases() -> None:
    """Below a closed channel, and before a D wave at the same threshold."""
    V = (-30.0 * torch.tensor([[1.0, 0.8], [0.8, 2.0]], dtype=torch.float64))[..., None]
    for channels in (LAMBDA_XI, (Channel(40.0), Channel(40.0, 0.0, 2))):
        rmatrix = CoupledRMatrix(7.0, 50, channels)
        solution = rmatrix.solve(V=V * torch.exp(-(rmatrix.r**2)))
        k = torch.linspace(0.01, 0.05, 8, dtype=torch.float64)
        phases = solution.phase_shifts(channels[0].kinetic * k**2)[:, 0]
        powers = torch.stack([k**0, k**2, k**4], -1)
        fit = torch.linalg.lstsq(powers, (k / torch.tan(phases))[:, None]).solution[:, 0]
        assert float(solution.scattering_length()) == pytest.approx(-1 / float(fit[0]), rel=1e-7)
        assert float(solution.effective_range()) == pytest.approx(2 * float(fit[1]), rel=1e-4)


def test_the_gradient_in_the_potential() -> None:
    """Through S, also below the second threshold, where a channel is NaN."""
    rmatrix = CoupledRMatrix(5.0, 25, LAMBDA_XI)
    shape = torch.exp(-(rmatrix.r**2))

    def phases(strength: Tensor) -> Tensor:
        V = torch.stack([torch.stack([-80 * shape, strength * shape]), torch.stack([strength * shape, -60 * shape])])  # fmt: skip
        solution = rmatrix.solve(V=V)
        above = solution.stapp(tensor(60.0))
        return torch.stack([solution.phase_shifts(tensor(10.0))[0, 0], above.delta[0, 1], above.epsilon[0]])

    assert torch.autograd.gradcheck(phases, torch.tensor(30.0, dtype=torch.float64, requires_grad=True))


def test_a_channel_given_in_another_order() -> None:
    """The lowest threshold need not be the first index."""
    rmatrix = CoupledRMatrix(8.0, 50, LAMBDA_XI)
    turned = CoupledRMatrix(8.0, 50, LAMBDA_XI[::-1])
    U, V = nonlocal_channels(rmatrix)
    energy = tensor(5.0, 40.0, 90.0)
    one, other = rmatrix.solve(U, V), turned.solve(U.flip(0, 1), V.flip(0, 1))
    torch.testing.assert_close(other.s_matrix(energy).flip(-1, -2), one.s_matrix(energy), atol=1e-9, rtol=0, equal_nan=True)  # fmt: skip
    torch.testing.assert_close(other.phase_shifts(energy).flip(-1), one.phase_shifts(energy), atol=1e-9, rtol=0, equal_nan=True)  # fmt: skip
    torch.testing.assert_close(other.scattering_length(), one.scattering_length(), atol=0, rtol=1e-10)


def test_refusals() -> None:
    rmatrix = CoupledRMatrix(3.0, 10, LAMBDA_XI)
    V = torch.zeros(2, 2, 10, dtype=torch.float64)
    with pytest.raises(HadronlabError, match=r"V has shape \(10,\)"):
        rmatrix.solve(V=V[0, 0])
    with pytest.raises(HadronlabError, match="V_ab"):
        rmatrix.solve(V=V + tensor(1.0, 2.0)[:, None])
    with pytest.raises(HadronlabError, match="NaN"):
        rmatrix.solve(V=V / 0.0)
    U = torch.zeros(2, 2, 10, 10, dtype=torch.float64)
    U[0, 1, 2, 3] = 1.0
    with pytest.raises(HadronlabError, match="not symmetric"):
        rmatrix.solve(U)
    with pytest.raises(HadronlabError, match="one channel or more"):
        CoupledRMatrix(3.0, 10, [])
    with pytest.raises(HadronlabError, match="kinetic=-1"):
        Channel(-1.0)
    with pytest.raises(HadronlabError, match="l=-1"):
        Channel(1.0, 0.0, -1)
    with pytest.raises(HadronlabError, match="two positive masses"):
        hadron_channels(((1.0, 2.0),), orbital=(0, 2))
    for channels in ([Channel(1.0, 0.0, 1)], [Channel(1.0), Channel(2.0)]):
        with pytest.raises(HadronlabError, match="one S wave"):
            CoupledRMatrix(3.0, 10, channels).solve().scattering_length()
