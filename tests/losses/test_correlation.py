"""The loss of measured correlations: its derivatives, its pseudo-experiments, its nuisance parameters."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from hadronlab.data.correlations.correlation_file import CorrelationFile
from hadronlab.data.correlations.measurement import SyntheticMeasurement, measurements
from hadronlab.data.correlations.synthetic import CorrelationNoise
from hadronlab.data.correlations.write import write_csv
from hadronlab.data.sources import Radii
from hadronlab.errors import ConfigError, HadronlabError
from hadronlab.losses.correlation import Correlation
from hadronlab.losses.feed_down import FeedDown
from hadronlab.losses.loss import Loss
from hadronlab.models.potentials.hybrid import Hybrid
from hadronlab.models.potentials.known import Known
from hadronlab.models.potentials.local import LocalGaussians
from hadronlab.models.potentials.sdnn import sdnn_joint
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.physics.femtoscopy.sources import CoreHalo, Gaussian, Levy, Table
from hadronlab.physics.forces.local_potentials import nucleon_omega, omega_ccc
from hadronlab.systems.hadrons import HadronPair

N_OMEGA = HadronPair(
    "n_omega", 954.7, 1711.5, potential=nucleon_omega(), charges=[1, -1], spins=[0.5, 1.5], spin=2
)
OMEGA_CCC = HadronPair(
    "omega_ccc", 4796.0, 4796.0, potential=omega_ccc(), charges=[2, 2], spins=[1.5, 1.5], spin=0, identical=True
)  # fmt: skip
PRIORS = {"radius": 0.05, "genuine": 0.1, "normalisation": 0.01, "slope": 0.02, "p_lambda": math.inf}
WAVES = Radii(4.0, 40).load(N_OMEGA)


def feed_down() -> FeedDown:
    channels = [{"weight": 0.25, "inverse_length": -0.347, "effective_range": 2.92}]
    return FeedDown(0.1, 1115.683, 938.272, 139.57, 938.272, channels)


def loss_of(pair: HadronPair, **settings: Any) -> Correlation:
    source = settings.pop("source", Gaussian(1.2))
    data = settings.pop("data", SyntheticMeasurement(Gaussian(1.2), points=6))
    return Correlation(Radii(4.0, 40).load(pair), pair, data, source, **settings)


def network() -> Hybrid:
    torch.manual_seed(2)
    nonlocal_part = sdnn_joint([6], [4], scale=100.0)
    model = Hybrid(LocalGaussians([0.7, 2.0, 5.0], scale=100.0), nonlocal_part, support=2.0)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1 * torch.randn_like(p))
    return model


@pytest.mark.parametrize("pair", [N_OMEGA, OMEGA_CCC], ids=lambda pair: pair.name)
@pytest.mark.parametrize("bin", [0, 2])
def test_derivatives(pair: HadronPair, bin: int) -> None:
    loss = loss_of(pair, priors=PRIORS, residuals={"p_lambda": feed_down()}, resolution=3.0)
    problem = LeastSquares(network(), {"correlation": loss})
    assert problem.nuisance_sizes == {"correlation": 5}
    theta = problem.theta() + 0.05 * torch.randn(problem.size, dtype=torch.float64)
    J, e = problem.jacobian(theta, bin)
    torch.testing.assert_close(e, problem.residual(theta, bin), rtol=1e-9, atol=1e-9)
    slope, value = problem.gradient(theta, bin)
    torch.testing.assert_close(J.T @ e, slope, rtol=1e-7, atol=1e-9 * float(slope.abs().max()))
    assert float(value) == pytest.approx(float(e @ e), rel=1e-9)
    step = 1e-5 * torch.randn(problem.size, dtype=torch.float64)
    ahead, behind = problem.residual(theta + step, bin), problem.residual(theta - step, bin)
    # third derivatives of a step of 1e-5, and the rounding of a difference of 1e-5
    torch.testing.assert_close((ahead - behind) / 2, J @ step, rtol=1e-5, atol=1e-8 * float(e.norm()))


class ByAutograd(Loss):
    """The same loss without slopes of its own."""

    def __init__(self, inner: Correlation) -> None:
        super().__init__(inner.r, bins=inner.bins)
        self.inner = [inner]  # not a submodule: its parameters are not doubled

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        return self.inner[0].residual(U, V, rows, bin)


def test_slopes_are_those_of_autograd() -> None:
    loss = loss_of(N_OMEGA)
    model, r = network(), loss.r
    U, V = model.on_grid(r, r).detach(), model.local(r).detach()
    U = U[:, : int((r <= model.support).sum())]
    own, other = loss.slopes(U, V, loss.rows), ByAutograd(loss).slopes(U, V, loss.rows)
    assert own.U is not None and other.U is not None and own.V is not None and other.V is not None
    torch.testing.assert_close(own.V, other.V, rtol=1e-9, atol=1e-12 * float(own.V.abs().max()))
    # of a symmetric U only the symmetric part of a derivative means something
    n = U.shape[1]
    parts = [(x.U[:, :n] + x.U[:, :n].mT) / 2 for x in (own, other) if x.U is not None]
    torch.testing.assert_close(*parts, rtol=1e-9, atol=1e-12 * float(parts[0].abs().max()))


def test_the_truth_has_a_good_chi_square_and_the_priors_hold() -> None:
    chi2 = []
    for seed in range(8):
        data = SyntheticMeasurement(Gaussian(1.0), CorrelationNoise(seed=seed), points=15)
        loss = loss_of(N_OMEGA, data=data, source=Gaussian(1.0), priors={"radius": 0.05})
        problem = LeastSquares(Known(N_OMEGA.potential), {"correlation": loss})
        assert problem.flat.size == 0 and problem.size == 1
        GaussNewton(problem).run(10)
        chi2.append(float(problem.loss(problem.theta())))
        assert abs(float(problem.theta())) < 3.0  # of prior widths: its posterior is narrower still
    # 8 × 15 points, one parameter with a prior each: 120 ± 15.5; potentials end at 4 fm here and at 14 fm in the data
    assert 120 - 4 * 15.5 < sum(chi2) < 120 + 4 * 15.5


def test_pseudo_experiments_have_the_covariance_of_the_measurement() -> None:
    loss = loss_of(N_OMEGA, priors={"radius": 0.05}, pseudo_experiments=4000)
    assert loss.bins is not None and loss.bins.count == 4000
    data = loss.curves[0].data
    V = nucleon_omega()(loss.r)
    with torch.no_grad():
        drawn = torch.stack([loss.residual(None, V, loss.rows, bin) for bin in range(1, 300)])
    spread = drawn.std(0)  # in units of the errors, those of the priors among them
    assert len(spread) == len(data.k) + 1
    assert float(spread.min()) > 1 - 5 / math.sqrt(600) and float(spread.max()) < 1 + 5 / math.sqrt(600)
    again = loss_of(N_OMEGA, priors={"radius": 0.05}, pseudo_experiments=4000)
    other = loss_of(N_OMEGA, priors={"radius": 0.05}, pseudo_experiments=4000, seed=1)
    with torch.no_grad():
        e = [each.residual(None, V, each.rows, 7) for each in (loss, again, other)]
    torch.testing.assert_close(e[0], e[1], rtol=1e-12, atol=1e-12)
    assert float((e[0] - e[2]).abs().max()) > 0.1


def test_several_measurements_share_a_source_or_have_their_own() -> None:
    two = [SyntheticMeasurement(Gaussian(1.0), points=5, which=i, label=f"run{i}") for i in range(2)]
    shared = loss_of(N_OMEGA, data=two, source=Gaussian(1.0), priors={"radius": 0.05, "genuine": 0.1})
    assert shared.nuisance_names == ["source_radius", "lambda.run0", "lambda.run1"]
    own = loss_of(
        N_OMEGA,
        data=two,
        source=[Gaussian(1.0), CoreHalo(1.0, 4.0, 0.7)],
        priors={"radius": 0.05, "halo": 0.1},
    )
    assert own.nuisance_names == ["source_radius.run0", "source_halo.run1"]
    with pytest.raises(ConfigError, match="3 sources for 2 measurements"):
        loss_of(N_OMEGA, data=two, source=[Gaussian(1.0)] * 3)


def test_lists_of_paths_and_of_radii_make_several_measurements(tmp_path: Path) -> None:
    """Files of one name in two folders too have parameters of their own."""
    paths = []
    for one, radius in zip(
        measurements(SyntheticMeasurement(Gaussian([1.0, 2.5]), points=5), N_OMEGA), (1.0, 2.5), strict=True
    ):
        direct = measurements(SyntheticMeasurement(Gaussian(radius), points=5, which=len(paths)), N_OMEGA)[0]
        assert torch.equal(one.value, direct.value)
        paths.append(tmp_path / str(radius) / "c.csv")
        paths[-1].parent.mkdir()
        write_csv(one, paths[-1])
    data, priors = CorrelationFile([str(path) for path in paths]), {"radius": 0.05}
    loss = loss_of(N_OMEGA, data=data, source=Gaussian([1.0, 2.5]), priors=priors)
    first, second = loss.nuisance_names
    assert second == f"{first}_2"
    assert [curve.source.radius for curve in loss.curves] == [1.0, 2.5]
    assert loss_of(N_OMEGA, data=data, source=Gaussian(1.0), priors=priors).nuisance_names == [
        "source_radius"
    ]
    with pytest.raises(HadronlabError, match=r"core=\[1.0, 2.0\], halo=\[4.0\]: give lists of one length"):
        loss_of(N_OMEGA, data=data, source=CoreHalo([1.0, 2.0], [4.0], 0.7))
    with pytest.raises(ConfigError, match="holds no measurement"):
        loss_of(N_OMEGA, data=CorrelationFile([]))


def test_every_source_can_be_fitted_from() -> None:
    """Their parameters by name; priors of another source stand idle; a table has none."""
    r = torch.linspace(0.0, 15.0, 300, dtype=torch.float64)
    table = Table(r.numpy(), Gaussian(1.2).density(r).numpy())
    idle = {"radius": 0.05, "core": 0.05, "fraction": 0.1}
    V = nucleon_omega()(loss_of(N_OMEGA).r)
    residuals = {}
    for name, source, fitted in (
        ("gauss", Gaussian(1.2), ["source_radius"]),
        ("levy", Levy(1.2, 2.0), ["source_radius"]),
        ("halo", CoreHalo(1.2, 4.0, 1.0), ["source_core", "source_fraction"]),
        ("table", table, []),
    ):
        loss = loss_of(N_OMEGA, source=source, priors=idle)
        assert loss.nuisance_names == fitted
        with torch.no_grad():
            residuals[name] = loss.residual(None, V, loss.rows)[: len(loss.curves[0].data.k)]
    for found in residuals.values():  # all are the same Gaussian
        torch.testing.assert_close(found, residuals["gauss"], rtol=1e-4, atol=1e-3)


def test_what_is_held_is_said() -> None:
    (said,) = loss_of(N_OMEGA).remarks()
    assert "radius and genuine" in said and "in no error" in said
    assert (
        loss_of(N_OMEGA, priors=PRIORS | {"p_lambda": 0}, residuals={"p_lambda": feed_down()}).remarks() == []
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"priors": {"radios": 0.1}}, "priors.radios: no such parameter.*radius"),
        ({"priors": {"radius": -0.1}}, "prior of source_radius: its width is -0.1"),
        (
            {"data": SyntheticMeasurement(Gaussian(1.0), spread={"alpha": 0.1})},
            "spread.alpha is no parameter",
        ),
    ],
)
def test_mistakes(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        loss_of(N_OMEGA, **settings)
    with pytest.raises(ConfigError, match="spin=1 has no S wave"):
        loss_of(replace(OMEGA_CCC, spin=1))
    with pytest.raises(ConfigError, match="no known potential"):
        loss_of(replace(N_OMEGA, potential=None))
