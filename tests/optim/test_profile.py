"""The loss along one nuisance parameter, with all others fitted again."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from hadronlab.errors import HadronlabError
from hadronlab.losses.loss import Loss
from hadronlab.models.potentials.free import Free
from hadronlab.models.potentials.local import LocalGaussians
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.profile import Held, profile

MATRIX = torch.tensor([[1.0, 0.9, 0.1], [0.2, 1.0, -0.3], [0.4, 0.3, 1.0], [0.0, 0.5, 0.5]]).double()
RIGHT = torch.tensor([1.0, -0.5, 0.3, 0.8]).double()


class Linear(Loss):
    """e = M ν + ½ (ν₁² , 0, 0, 0)·bend + ∫V − b; not defined beyond ν₀ = 4."""

    def __init__(self, bend: float = 0.0) -> None:
        super().__init__(torch.linspace(0.2, 2.0, 5).double())
        self.nuisance = nn.Parameter(torch.zeros(3, dtype=torch.float64))
        self.bend = bend

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        nu = self.nuisance
        assert nu is not None
        if float(nu[0].detach()) > 4.0:
            raise HadronlabError("too far")
        e = MATRIX @ nu - RIGHT + 0.5 * self.bend * nu[1] ** 2 * torch.eye(4).double()[0]
        return e if V is None else torch.cat([e, (V - 1.0)])


def test_a_linear_problem_has_a_parabola() -> None:
    problem = LeastSquares(Free(), {"linear": Linear()})
    GaussNewton(problem).run(50)
    best, least = problem.theta(), float(problem.loss(problem.theta()))
    values = torch.linspace(-2, 2, 9, dtype=torch.float64)
    found = profile(problem, 1, values)
    variance = torch.linalg.inv(MATRIX.T @ MATRIX)[1, 1]
    torch.testing.assert_close(found.loss, least + (values - best[1]) ** 2 / variance, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(found.theta[:, 1], values, rtol=0, atol=0)  # held
    torch.testing.assert_close(problem.theta(), best, rtol=0, atol=0)


def test_the_rest_of_a_bent_problem_is_at_its_minimum() -> None:
    problem = LeastSquares(Free(), {"bent": Linear(bend=0.3)})
    GaussNewton(problem).run(50)
    found = profile(problem, 1, torch.linspace(-2, 2, 5, dtype=torch.float64), tolerance=1e-10)
    for theta in found.theta:
        slope, _ = problem.gradient(theta)
        assert float(slope[[0, 2]].abs().max()) < 1e-5


def test_a_potential_is_fitted_beside_the_held_parameter() -> None:
    """Where there are fewer rows than parameters steps have other coordinates; the nuisance parameters are the last."""
    model = LocalGaussians([0.3 * i for i in range(1, 15)], scale=1.0)
    problem = LeastSquares(model, {"linear": Linear()})
    held = Held(problem, problem.size - 2)
    theta = problem.theta()
    delta = GaussNewton(held).displacement()
    assert float(delta[-2]) == 0.0 and float(delta[:-3].abs().max()) > 0 and float(delta[-1].abs()) > 0
    assert float(problem.loss(theta - delta).detach()) < float(problem.loss(theta).detach())


def test_what_lies_outside_has_no_loss() -> None:
    problem = LeastSquares(Free(), {"linear": Linear()})
    found = profile(problem, 0, torch.tensor([3.0, 5.0, 6.0]).double())
    assert found.loss.isnan().tolist() == [False, True, True]


def test_names_of_nuisance_parameters_come_with_their_places() -> None:
    problem = LeastSquares(Free(), {"linear": Linear()})
    assert problem.named_nuisances == {}  # this loss names none
    with pytest.raises(KeyError):
        problem.named_nuisances["radius"]
