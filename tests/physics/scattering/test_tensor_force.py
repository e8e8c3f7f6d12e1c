"""³S₁–³D₁: Reid's soft core and a smooth tensor force against an independent mesh and ODE, and published numbers."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.forces.local_potentials import Gaussians, LocalPotential
from hadronlab.physics.forces.tensor_force import REID_KINETIC, TensorForce, reid_3s1_3d1
from hadronlab.physics.scattering.channels import Channel
from hadronlab.physics.scattering.coupled_channels import CoupledRMatrix
from hadronlab.physics.scattering.coupled_resolvent import CoupledResolvent

# k, fm^-1; Stapp δ1, δ2, ε; Blatt–Biedenharn δα, δβ, ε, deg: independent code, physics_finite_volume F5
REID = (
    (0.1, 150.5232584, -0.0035158, 0.0830319, 150.5230455, -0.0033029, 0.1687569),
    (0.3, 109.6185551, -0.4265961, 0.9517154, 109.6127879, -0.4208289, 1.0130357),
    (0.8, 60.5135913, -7.3293693, 2.4231703, 60.5552863, -7.3710644, 2.6153481),
    (1.5, 21.0078082, -18.47889, 5.365555, 21.6082629, -19.0793448, 8.2977091),
)
SMOOTH = (
    (0.1, 149.2853088, -0.0001969463506, 0.07133873719, 149.2851593, -4.743731972e-05, 0.1396708057),
    (0.6, 71.7849109, -0.2584912738, 5.00051757, 71.92587724, -0.3994576074, 5.251000618),
    (1.5, 13.93096738, -9.515218713, 11.79820599, 18.59946955, -14.18372088, 23.83505385),
    (2.0, -6.939650742, -18.06367686, 9.268693665, -1.742715592, -23.26061201, 30.04259983),
)
SMOOTH_KINETIC = HBAR_C**2 / 938.9


class RSquaredGaussian(LocalPotential):
    """−100 r² e^{−r²} MeV."""

    def __call__(self, r: Tensor) -> Tensor:
        return -100.0 * r**2 * torch.exp(-(r**2))


def waves(kinetic: float) -> tuple[Channel, Channel]:
    return Channel(kinetic), Channel(kinetic, 0.0, 2)


@pytest.fixture(scope="module")
def reid() -> CoupledResolvent:
    rmatrix = CoupledRMatrix(35.0, 150, waves(REID_KINETIC))
    return rmatrix.solve(V=reid_3s1_3d1().local(rmatrix.r))


@pytest.fixture(scope="module")
def smooth() -> CoupledResolvent:
    rmatrix = CoupledRMatrix(8.0, 60, waves(SMOOTH_KINETIC))
    force = TensorForce(Gaussians((900.0, -75.0), (4.0, 0.45)), RSquaredGaussian())
    return rmatrix.solve(V=force.local(rmatrix.r))


def angles(solution: CoupledResolvent, k: Tensor) -> Tensor:
    """(M, 6) deg, in the order of the tables."""
    energy = solution.channels[0].kinetic * k**2
    bar, eigen = solution.stapp(energy), solution.blatt_biedenharn(energy)
    columns = (*bar.delta.unbind(-1), bar.epsilon, *eigen.delta.unbind(-1), eigen.epsilon)
    return torch.rad2deg(torch.stack(columns, -1))


@pytest.mark.parametrize(("name", "rows"), [("reid", REID), ("smooth", SMOOTH)])
def test_phases(name: str, rows: tuple[tuple[float, ...], ...], request: pytest.FixtureRequest) -> None:
    table = torch.tensor(rows, dtype=torch.float64)
    found = angles(request.getfixturevalue(name), table[:, 0])
    torch.testing.assert_close(found, table[:, 1:], atol=1e-6, rtol=0)


def test_reid_deuteron(reid: CoupledResolvent) -> None:
    state = reid.bound_states()
    assert state.energies.tolist() == pytest.approx([-2.22460208], abs=1e-7)
    assert state.energies.tolist() == pytest.approx([-2.22464], abs=5e-5)  # published
    assert state.shares[0].tolist() == pytest.approx([1 - 0.06469611, 0.06469611], abs=1e-7)
    tail = state.amplitudes[0]
    assert float(tail[0]) == pytest.approx(0.87758, abs=1e-5)
    assert float(tail[1] / tail[0]) == pytest.approx(0.0262273, abs=1e-7)
    u, w = state.u[0]
    r, dr = reid.mesh.r, reid.mesh.dr
    quadrupole = float((dr * r**2 * (math.sqrt(8.0) * u * w - w**2)).sum()) / 20
    assert quadrupole == pytest.approx(0.2796431, abs=3e-6)  # e^{−2κ·35} of it is outside
    assert float(state.rms_radius[0]) / 2 == pytest.approx(1.957, abs=1e-3)


def test_reid_effective_range(reid: CoupledResolvent) -> None:
    assert float(reid.scattering_length()) == pytest.approx(5.38973, abs=1e-5)
    assert float(reid.effective_range()) == pytest.approx(1.720, abs=3e-3)  # published
    k = torch.linspace(0.005, 0.03, 8, dtype=torch.float64)
    alpha = reid.blatt_biedenharn(REID_KINETIC * k**2).delta[:, 0]
    fit = torch.linalg.lstsq(torch.stack([k**0, k**2, k**4], -1), (k / torch.tan(alpha))[:, None]).solution
    assert float(reid.effective_range()) == pytest.approx(2 * float(fit[1, 0]), rel=1e-5)


def test_smooth_bound_state(smooth: CoupledResolvent) -> None:
    state = smooth.bound_states()
    assert state.energies.tolist() == pytest.approx([-2.11536176], abs=1e-8)
    assert float(state.shares[0, 1]) == pytest.approx(0.03570384204, abs=1e-9)


def test_conventions_agree(smooth: CoupledResolvent) -> None:
    """δ1 + δ2 = δα + δβ; sin 2ε̄ = sin 2ε sin(δα − δβ); δ1 ends at π where there is a deuteron."""
    energy = SMOOTH_KINETIC * torch.linspace(0.01, 3.0, 60, dtype=torch.float64) ** 2
    bar, eigen = smooth.stapp(energy), smooth.blatt_biedenharn(energy)
    torch.testing.assert_close(bar.delta.sum(-1), eigen.delta.sum(-1), atol=1e-12, rtol=0)
    torch.testing.assert_close(bar.delta.sum(-1), smooth.total_phase(energy), atol=1e-12, rtol=0)
    difference = eigen.delta[:, 0] - eigen.delta[:, 1]
    torch.testing.assert_close(
        torch.sin(2 * bar.epsilon), torch.sin(2 * eigen.epsilon) * torch.sin(difference), atol=1e-12, rtol=0
    )
    assert float(bar.delta[0, 0]) == pytest.approx(math.pi, abs=0.1)
    assert float(bar.delta.diff(dim=0).abs().max()) < 0.3


def test_without_tensor_force_the_waves_are_uncoupled() -> None:
    rmatrix = CoupledRMatrix(8.0, 50, waves(SMOOTH_KINETIC))
    central = Gaussians((900.0, -75.0), (4.0, 0.45))
    solution = rmatrix.solve(V=TensorForce(central, Gaussians((0.0,), (1.0,))).local(rmatrix.r))
    energy = torch.tensor([3.0, 50.0], dtype=torch.float64)
    assert float(solution.s_matrix(energy)[:, 0, 1].abs().max()) < 1e-12
    wave = CoupledRMatrix(8.0, 50, waves(SMOOTH_KINETIC)[1:])
    alone = wave.solve(V=central(rmatrix.r)[None, None]).phase_shifts(energy)
    torch.testing.assert_close(solution.phase_shifts(energy)[:, 1:], alone, atol=1e-10, rtol=0)
