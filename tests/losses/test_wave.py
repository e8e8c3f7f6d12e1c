"""Measured correlations of the effective range expansion, which ask for no potential."""

from __future__ import annotations

import pytest
import torch

from hadronlab.data.correlations.correlation_file import CorrelationFile, find
from hadronlab.data.sources import Radii
from hadronlab.errors import ConfigError
from hadronlab.losses.correlation import Correlation
from hadronlab.losses.gaussian_residual import GaussianResidual
from hadronlab.losses.wave import EffectiveRange
from hadronlab.models.potentials.free import Free
from hadronlab.models.potentials.known import Known
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.physics.femtoscopy.sources import Gaussian
from hadronlab.physics.forces.local_potentials import reid_1s0
from hadronlab.systems.hadrons import HadronPair

FREE = float("inf")
LAMBDAS = HadronPair("ll", 1115.683, 1115.683, charges=[0, 0], spins=[0.5, 0.5], spin=0, identical=True)
PROTONS = HadronPair(
    "pp", 938.272, 938.272, potential=reid_1s0(), charges=[1, 1], spins=[0.5, 0.5], spin=0, identical=True
)


def loss_of(pair: HadronPair, table: str, wave: EffectiveRange | None, share: float = 0.0) -> Correlation:
    names = (
        "radius",
        "genuine",
        "normalisation",
        "inverse_length",
        "effective_range",
        "other",
        "other_radius",
    )
    return Correlation(
        Radii(6.0, 20).load(pair), pair, CorrelationFile(table, k_min=5.0, systematic="ignored"), Gaussian(2.0),
        genuine=0.2, residuals={"other": GaussianResidual(share, 0.4)}, wave=wave, pseudo_experiments=3,
        priors={name: FREE for name in names if wave is not None or "_" not in name},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (5, {"normalisation": 1.006372, "genuine": 0.1816397, "radius": 2.955275, "inverse_length": 0.9111992,
             "effective_range": 8.529670, "other": -0.04492360, "other_radius": 0.4334064}),
        (4, {"normalisation": 1.0057603, "genuine": 0.1178201, "radius": 0.9300278, "inverse_length": 1.7019817,
             "effective_range": 1.8477775}),
    ],
)  # fmt: skip
def test_the_curves_that_star_has_drawn(column: int, values: dict[str, float]) -> None:
    (curve,) = loss_of(LAMBDAS, "star_lambdalambda_2015", EffectiveRange()).curves
    drawn = torch.tensor(
        [
            [float(x) for x in line.split(",")]
            for line in find("star_lambdalambda_2015").read_text().splitlines()
            if line[0].isdigit()
        ]
    )
    ours = curve.predicted(None, {name: torch.tensor(x).double() for name, x in values.items()})
    # the parameters are a fit to the digits of the curve, which leaves 4.8e-6 and 2.9e-6
    torch.testing.assert_close(ours, drawn[:, column].double(), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("pair", "table"), [(LAMBDAS, "star_lambdalambda_2015"), (PROTONS, "star_pp_2015")])
@pytest.mark.parametrize("bin", [0, 2])
def test_derivatives(pair: HadronPair, table: str, bin: int) -> None:
    problem = LeastSquares(Free(), {"c": loss_of(pair, table, EffectiveRange(0.5, 3.0), -0.05)})
    assert list(problem.named_nuisances) == [
        "source_radius", "lambda", "normalisation", "inverse_scattering_length", "effective_range", "lambda_other",
        "other_radius",
    ]  # fmt: skip
    theta = problem.theta() + 0.1 * torch.randn(problem.size, dtype=torch.float64)
    J, e = problem.jacobian(theta, bin)
    step = 1e-5 * torch.randn(problem.size, dtype=torch.float64)
    ahead, behind = problem.residual(theta + step, bin), problem.residual(theta - step, bin)
    # third derivatives of a step of 1e-5, and the rounding of a difference of 1e-5
    torch.testing.assert_close((ahead - behind) / 2, J @ step, rtol=1e-5, atol=1e-8 * float(e.norm()))


def test_a_potential_beside_the_expansion_is_refused() -> None:
    loss = loss_of(PROTONS, "star_pp_2015", EffectiveRange())
    with pytest.raises(ConfigError, match="asks no potential: choose model=free"):
        LeastSquares(Known(PROTONS.potential), {"c": loss}).loss(torch.zeros(7, dtype=torch.float64))


def test_the_resolvent_of_the_last_potential_is_kept_and_of_another_made() -> None:
    loss = loss_of(PROTONS, "star_pp_2015", None)
    V = reid_1s0()(loss.r)
    H = [loss.hamiltonian(None, x) for x in (V, V.clone(), 0.9 * V)]
    first, again, other = (loss.resolvent(x) for x in H)
    assert again is first and other is not first
    torch.testing.assert_close(other.poles, loss.rmatrix.diagonalise(H[2]).poles, rtol=0, atol=0)


def test_systematic_errors_that_are_left_out_can_come_in() -> None:
    loss = loss_of(LAMBDAS, "star_lambdalambda_2015", EffectiveRange())
    whole = loss.with_systematic()
    assert whole is not loss and whole.with_systematic() is whole
    assert isinstance(whole, Correlation)
    data = loss.curves[0].data
    torch.testing.assert_close(
        whole.curves[0].data.covariance, torch.diag(data.error**2 + data.systematic**2), rtol=1e-12, atol=0
    )
    protons = loss_of(PROTONS, "star_pp_2015", None)
    assert protons.with_systematic() is protons  # has none
