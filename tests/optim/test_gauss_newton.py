"""The damped solver and Gauss–Newton: exact on linear problems, Jacobians against autograd."""

from __future__ import annotations

import pytest
import torch

from hadronlab.data.separable import separable_wave_data
from hadronlab.errors import HadronlabError
from hadronlab.losses.equations import Schrodinger
from hadronlab.losses.regularisers import Asymptotic, Ridge
from hadronlab.models.potentials.hybrid import Hybrid
from hadronlab.models.potentials.local import LocalGaussians, LocalNetwork
from hadronlab.models.potentials.low_rank import LowRank
from hadronlab.models.potentials.potential import Potential
from hadronlab.models.potentials.sdnn import sdnn, sdnn_joint
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.natural_gradient import DampedSolver

DATA = separable_wave_data(n_momenta=4, n_radii=24, quadrature="gregory")


def problem(model: Potential) -> LeastSquares:
    losses = {
        "data": Schrodinger(DATA),
        "far": Asymptotic(DATA, 5.0, "or", 0.3),
        "ridge": Ridge(DATA, 1e-3, stride=2),
    }
    return LeastSquares(model, losses)


@pytest.mark.parametrize(
    "model",
    [
        lambda: sdnn(scale=-0.017),
        lambda: sdnn_joint([6, 5], [4], scale=-0.017),
        lambda: Hybrid(LocalGaussians([0.1, 0.5]), sdnn_joint([4], [3], scale=-0.01), support=8.0),
        lambda: LowRank([0.1, 0.3], learn_exponents=True, scale=-0.01),
    ],
)
def test_normal_equations_equal_autograd(model) -> None:  # type: ignore[no-untyped-def]
    torch.manual_seed(3)
    squares = problem(model())
    theta = squares.theta()
    gram, force, loss = (x[0] for x in squares.normal(theta))
    slope, value = squares.gradient(theta)
    torch.testing.assert_close(loss, value, rtol=1e-12, atol=0)
    torch.testing.assert_close(force, slope, rtol=1e-9, atol=1e-11 * float(slope.abs().max()))
    direction = torch.randn(len(theta), dtype=theta.dtype)
    step = 1e-5 / float(direction.norm())  # JᵀJ from the change of the gradient of a linearised residual
    jacobian, residual = squares.jacobian(theta)
    moved = squares.jacobian(theta + step * direction)[1]
    torch.testing.assert_close(
        (moved - residual) / step, jacobian @ direction, rtol=1e-3, atol=1e-4 * float(residual.norm())
    )
    torch.testing.assert_close(gram, jacobian.T @ jacobian, rtol=1e-9, atol=1e-9 * float(gram.abs().max()))


@pytest.mark.parametrize(
    "model",
    [
        lambda kind: sdnn_joint([6, 5], [4], scale=-0.017, dtype=kind),
        lambda kind: Hybrid(
            LocalNetwork([4], scale=0.1, dtype=kind), LowRank([0.1], scale=-0.01, dtype=kind), support=8.0
        ),
    ],
)
def test_a_model_in_single_precision_takes_the_step_of_double(model) -> None:  # type: ignore[no-untyped-def]
    """JᵀJ, the solution and the trial are double; only the parameters that stand in the model are rounded."""
    torch.manual_seed(3)
    single = problem(model("float32"))
    double = problem(model("float64"))
    double.assign(single.theta())
    steps = [GaussNewton(squares).step() for squares in (single, double)]
    assert steps[0].accepted
    assert steps[0].loss == pytest.approx(steps[1].loss, rel=1e-5)
    torch.testing.assert_close(single.theta(), double.theta(), rtol=1e-3, atol=1e-5)


def test_a_linear_problem_takes_one_step() -> None:
    squares = problem(LowRank([0.05, 0.1, 0.3], scale=-0.01))
    newton = GaussNewton(squares, DampedSolver(1e-14, relative=True))
    first = newton.step()
    second = newton.step()
    assert second.loss == pytest.approx(first.loss, rel=1e-6)
    assert float(squares.gradient(squares.theta())[0].norm()) < 1e-6 * first.loss


def test_a_step_never_raises_the_loss() -> None:
    torch.manual_seed(0)
    squares = problem(sdnn_joint([6, 5], [4], scale=-0.017))
    newton, before = GaussNewton(squares), float(squares.loss(squares.theta()))
    for _ in range(8):
        report = newton.step()
        assert report.loss <= before
        before = report.loss


def test_gram_and_kernel_give_the_same_step() -> None:
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(12, 20, generator=generator, dtype=torch.float64)
    residual = torch.randn(12, generator=generator, dtype=torch.float64)
    gram = DampedSolver(1e-3, momentum=0.9)
    kernel = DampedSolver(1e-3, momentum=0.9)
    for _ in range(3):  # the momentum of SPRING included
        a = gram.solve_gram(rows.T @ rows, rows.T @ residual)
        b = kernel.solve_kernel(rows, residual)
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-11)


def test_the_cap_bounds_the_fisher_norm() -> None:
    rows = torch.eye(5, dtype=torch.float64) * 3
    delta = DampedSolver(1e-8, cap=0.1).solve_kernel(rows, torch.ones(5, dtype=torch.float64), step=0.5)
    assert 0.5 * float((rows @ delta).norm()) == pytest.approx(0.1)


def test_the_ladder_survives_a_singular_and_an_indefinite_matrix() -> None:
    singular = DampedSolver(0.0)
    delta = singular.solve_gram(torch.ones(4, 4, dtype=torch.float64), torch.ones(4, dtype=torch.float64))
    assert torch.isfinite(delta).all() and singular.rung != "cholesky"
    indefinite = DampedSolver(1e-6)
    gram = torch.diag(torch.tensor([1.0, -1.0, 2.0], dtype=torch.float64))
    assert torch.isfinite(indefinite.solve_gram(gram, torch.ones(3, dtype=torch.float64))).all()
    assert indefinite.rung == "eigh"


def test_a_matrix_that_is_not_finite_is_refused() -> None:
    with pytest.raises(HadronlabError, match="not finite"):
        DampedSolver().solve_gram(torch.full((2, 2), torch.nan), torch.ones(2))
