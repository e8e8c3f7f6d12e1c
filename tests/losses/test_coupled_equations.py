"""The equations of coupled channels: sums over channels, derivatives, Z factors; and the joint diagnostics of their data."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from hadronlab.data.diagnostics import effective_rank, hermiticity, source_independence
from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError
from hadronlab.losses.equations import RCorrelator
from hadronlab.losses.regularisers import Asymptotic, Ridge
from hadronlab.models.potentials.coupled_local import LocalMatrix
from hadronlab.models.potentials.coupled_nonlocal import KernelMatrix, Unrestricted
from hadronlab.models.potentials.hybrid import Hybrid
from hadronlab.models.potentials.local import LocalGaussians
from hadronlab.models.potentials.low_rank import LowRank
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.systems.coupled_pair import HadronChannel

N, WAVES = 8, 3
CHANNELS = (HadronChannel("A", (1000.0, 1000.0)), HadronChannel("B", (900.0, 1200.0)))


def data(bins: int = 0, **changes: Any) -> WaveData:
    generator = torch.Generator().manual_seed(3)
    phi, lhs = torch.rand(2, 1 + bins, WAVES, 2, N, generator=generator, dtype=torch.float64)
    r = torch.linspace(0.2, 1.6, N, dtype=torch.float64)
    error = 1.0 + torch.rand(WAVES, 2, N, generator=generator, dtype=torch.float64) if bins else None
    settings: dict[str, Any] = {
        "r": r, "weight": r**2, "amplitude": phi, "lhs": lhs, "error": error, "equation": r > 0.3,
        "labels": ("a", "b", "c"), "sources": ("a", "b", "c"), "times": (1, 1, 1), "momenta": None, "reduced_mass": 500.0,
        "hbar_c": 197.3269804, "channels": CHANNELS,
    }  # fmt: skip
    return WaveData(**settings | changes)


def model() -> Hybrid:
    torch.manual_seed(0)
    local = LocalMatrix([LocalGaussians((1.0, 2.0)) for _ in range(3)])
    kernel = KernelMatrix([LowRank((0.5, 2.0)), Unrestricted((0.5, 2.0)), LowRank((0.5, 2.0))])
    found = Hybrid(local, kernel, support=1.5)
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.normal_()
    return found


def test_the_residual_is_the_sum_over_channels() -> None:
    waves, U, V = data(2), model().on_grid(data().r, data().r).detach(), model().local(data().r).detach()
    loss = RCorrelator(waves)
    nu = torch.tensor([0.3], dtype=torch.float64)
    loss.nuisance = torch.nn.Parameter(nu)
    zeta = loss.channel_factors(nu)
    assert float(zeta[1]) == pytest.approx(math.exp(0.03))
    found = loss.residual(U, V, torch.arange(N), bin=1).detach()
    assert waves.error is not None
    for k, a, i in ((0, 0, 2), (2, 1, 7), (1, 1, 3)):
        right = sum(
            float(zeta[b] / zeta[a])
            * float(
                V[a, b, i] * waves.amplitude[1, k, b, i]
                + (U[a, b, i] * waves.weight) @ waves.amplitude[1, k, b]
            )
            for b in range(2)
        )
        want = (float(waves.lhs[1, k, a, i]) - right) / float(waves.error[k, a, i])
        assert float(found[k, a, i]) == pytest.approx(want, rel=1e-12)
    assert found[..., 0].abs().max() == 0  # no equation at the first radius


def test_the_jacobian_holds_the_channels_and_the_z_factors() -> None:
    waves = data(2)
    losses = {
        "waves": RCorrelator(waves),
        "ridge": Ridge(waves, 0.1, stride=2),
        "far": Asymptotic(waves, 1.0),
    }
    problem = LeastSquares(model(), losses, memory=2000)  # a few radii at a time
    theta = problem.theta()
    assert problem.size == problem.flat.size + 1
    theta[-1] = 0.7
    J, e = problem.jacobian(theta, bin=1)
    along, step = (
        torch.randn(len(theta), generator=torch.Generator().manual_seed(1), dtype=torch.float64),
        1e-5,
    )
    ahead, behind = (float(problem.loss(theta + x * along, 1).detach()) for x in (step, -step))
    # the loss, not the rows: chunks come in another order than `residual`
    assert float(2 * e @ J @ along) == pytest.approx((ahead - behind) / (2 * step), rel=1e-7)
    gram, force, loss = problem.normal(theta, (0, 1))
    assert torch.allclose(gram[1], J.T @ J, rtol=1e-10, atol=1e-12) and torch.allclose(force[1], J.T @ e)
    assert float(loss[1]) == pytest.approx(float(problem.loss(theta, 1).detach()), rel=1e-12)


def test_z_factors_are_fitted_where_channels_differ() -> None:
    same = tuple(HadronChannel(name, (900.0, 900.0)) for name in "SD")
    assert RCorrelator(data()).nuisance_names == ["z_ratio.B"]
    assert RCorrelator(data(channels=same)).nuisance is None
    assert RCorrelator(data(), z_factors="held").nuisance is None
    assert RCorrelator(data(channels=same), z_factors="fit").nuisance is not None
    with pytest.raises(ConfigError, match="choose auto, held, or fit of several channels"):
        RCorrelator(data(), z_factors="guess")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="weighting 'covariance' of r_correlator is of one channel"):
        RCorrelator(data(2), weighting="covariance")


def test_every_channel_has_a_weight_of_its_own() -> None:
    waves = data()
    small = replace(waves, lhs=waves.lhs * torch.tensor([1.0, 1e-3])[:, None].double())
    residual = RCorrelator(small).residual(None, None, torch.arange(N))
    assert torch.allclose(residual.square().sum(-1), torch.full((WAVES, 2), N - 1.0).double())


def test_directions_are_counted_in_all_channels_together() -> None:
    """Two waves that differ in the small channel alone are two; one wave twice is one."""
    waves = data()
    amplitude = waves.amplitude.clone()
    amplitude[:, 1], amplitude[:, 2] = amplitude[:, 0], amplitude[:, 0]
    assert effective_rank(replace(waves, amplitude=amplitude)) == 1
    amplitude[:, 1, 1] *= torch.linspace(1.0, 2.0, N)
    amplitude[:, :, 1] *= 1e-6
    assert effective_rank(replace(waves, amplitude=amplitude)) == 2


def test_sources_in_one_channel_do_not_tell_channels_apart() -> None:
    waves = data()
    amplitude = waves.amplitude.clone()
    assert source_independence(waves) > 0.1
    amplitude[:, 1:] = amplitude[:, :1] * torch.tensor([2.0, 3.0]).double()[:, None, None]
    assert source_independence(replace(waves, amplitude=amplitude)) < 1e-12
    one = {"labels": ("a",), "sources": ("a",), "times": (1,)}
    alone = replace(waves, amplitude=waves.amplitude[:, :1], lhs=waves.lhs[:, :1], **one)
    assert source_independence(alone) == 0.0


def test_hermiticity_is_that_of_the_joint_matrix() -> None:
    """lhs = U φ of a symmetric U breaks it not; with rescaled channels it does, and the factors restore it."""
    waves = data()
    U = model().on_grid(waves.r, waves.r).detach()
    symmetric = replace(waves, equation=torch.ones(N, dtype=torch.bool))
    lhs = torch.einsum("abij,xkbj->xkai", U, symmetric.amplitude * symmetric.weight)
    zeta = torch.tensor([1.0, 1.7], dtype=torch.float64)
    scaled = replace(symmetric, lhs=lhs / zeta[:, None], amplitude=symmetric.amplitude / zeta[:, None])
    size = float(lhs.abs().max())
    assert abs(float(hermiticity(replace(symmetric, lhs=lhs), 0, 1))) < 1e-12 * size
    assert abs(float(hermiticity(scaled, 0, 1))) > 1e-6 * size
    assert abs(float(hermiticity(scaled, 0, 1, zeta[None]))) < 1e-12 * size
