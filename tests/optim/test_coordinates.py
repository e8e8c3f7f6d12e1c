"""Steps in the span of the Jacobian's rows are the steps of the P × P form; losses of any kind share one Gauss–Newton."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from hadronlab.data.separable import separable_wave_data
from hadronlab.losses.equations import Schrodinger
from hadronlab.losses.loss import Loss
from hadronlab.losses.regularisers import Asymptotic
from hadronlab.models.potentials.hybrid import Hybrid
from hadronlab.models.potentials.local import LocalGaussians
from hadronlab.models.potentials.low_rank import LowRank
from hadronlab.models.potentials.potential import Potential
from hadronlab.models.potentials.sdnn import sdnn_deep, sdnn_joint
from hadronlab.optim.coordinates import Coordinates
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.processes import Processes

DATA = separable_wave_data(n_momenta=2, n_radii=10)
BINNED = replace(
    DATA,
    lhs=torch.cat([DATA.lhs, 1.01 * DATA.lhs, 0.99 * DATA.lhs]),
    amplitude=DATA.amplitude.expand(3, -1, -1),
)


class Narrow(Potential):
    """A network of r r' and r + r' with many parameters and nothing additive about it."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(2, 12), torch.nn.Tanh(), torch.nn.Linear(12, 1)
        ).double()

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        return -0.01 * self.layers(torch.stack([r * rp / 50, (r + rp) / 10], -1)).squeeze(-1)


MODELS = {
    "features": lambda: sdnn_joint([30, 3], [2], scale=-0.017, length=3.0),
    "features and V0": lambda: Hybrid(LocalGaussians([0.1, 0.5]), sdnn_joint([30, 3], [2], scale=-0.01), support=8.0),
    "rows": Narrow,
}  # fmt: skip


def solved(problem: LeastSquares, along: Coordinates, shift: float, bin: int = 0) -> Tensor:
    gram, force, _ = (x[0] for x in problem.normal(problem.theta(), (bin,), along))
    return along.back(DampedSolver(shift, relative=True).solve_gram(gram, force, size=problem.size))


@pytest.mark.parametrize("name", MODELS)
def test_fewer_coordinates_give_the_step_of_all_parameters(name: str) -> None:
    torch.manual_seed(1)
    losses = {"data": Schrodinger(BINNED), "far": Asymptotic(BINNED, 8.0, "and", 0.1)}
    problem = LeastSquares(MODELS[name](), losses)
    along = problem.coordinates(problem.theta())
    assert along.basis is not None and along.basis.shape == (problem.size, problem.width)
    assert problem.width < problem.size and along.of_features == name.startswith("features")
    for shift in (1e-2, 1e-5):
        full, few = solved(problem, Coordinates(), shift), solved(problem, along, shift)
        # the condition number of JᵀJ + λ is P/shift at most
        torch.testing.assert_close(few, full, rtol=0, atol=1e-15 * problem.size / shift * float(full.norm()))
    slope, _ = problem.gradient(problem.theta())
    torch.testing.assert_close(along.back(along.of(slope)), slope)


@pytest.mark.slow
def test_bins_are_refitted_with_many_parameters() -> None:
    torch.manual_seed(0)
    problem = LeastSquares(sdnn_deep(scale=-0.017, length=3.0), {"data": Schrodinger(BINNED)})
    newton = GaussNewton(problem, DampedSolver(1e-6, relative=True))
    assert problem.size == 21377 and problem.width == 10  # one feature on each of ten radii
    newton.run(20)
    centre = problem.theta()
    bounded, found = newton.refit_bins([1, 2], most=1), newton.refit_bins([1, 2])
    assert not bool(bounded.converged.any()) and bounded.steps.tolist() == [1, 1]
    for position, bin in enumerate((1, 2)):
        loss, theta = float(found.loss[position]), found.theta[position]
        assert loss == pytest.approx(float(problem.loss(theta, bin)), rel=1e-9)
        assert loss <= float(bounded.loss[position]) < float(problem.loss(centre, bin))


class Volume(Loss):
    """A made-up measurement on radii of its own, which is not linear: (∫∫ U² − value)/error and V0(1) − U(1, 1)."""

    def __init__(self, value: float, error: float = 0.1) -> None:
        super().__init__(torch.linspace(0.5, 6.0, 7, dtype=torch.float64), weight=0.5, bins=BINNED.bins)
        self.value, self.error = value, error

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        assert U is not None and V is not None
        size = (U**2).sum() * 1e4
        return torch.stack([(size - self.value * (1 + 0.1 * bin)) / self.error, V[1] - 100 * U[1, 1]])


@pytest.mark.slow
def test_a_loss_on_radii_of_its_own_that_is_not_linear() -> None:
    torch.manual_seed(3)
    model = Hybrid(LocalGaussians([0.1, 0.5]), sdnn_joint([4], [3], scale=-0.01), support=8.0)
    problem = LeastSquares(model, {"data": Schrodinger(BINNED), "volume": Volume(0.3)})
    assert len(problem.terms.grids) == 2
    theta = problem.theta()
    for bin in (0, 2):
        gram, force, loss = (x[0] for x in problem.normal(theta, (bin,)))
        slope, value = problem.gradient(theta, bin)
        torch.testing.assert_close(loss, value, rtol=1e-12, atol=0)
        torch.testing.assert_close(force, slope, rtol=1e-9, atol=1e-11 * float(slope.abs().max()))
        J, e = problem.jacobian(theta, bin)
        torch.testing.assert_close(gram, J.T @ J, rtol=1e-9, atol=1e-9 * float(gram.abs().max()))
        step = 1e-6 * torch.randn(len(theta), dtype=theta.dtype)
        ahead, behind = problem.jacobian(theta + step, bin)[1], problem.jacobian(theta - step, bin)[1]
        torch.testing.assert_close((ahead - behind) / 2, J @ step, rtol=1e-5, atol=1e-9 * float(e.norm()))
    newton = GaussNewton(problem)
    before = float(problem.loss(theta))
    assert newton.run(20).loss < 0.5 * before
    assert bool(newton.refit_bins([1, 2]).converged.all())


def test_rows_shared_by_processes_sum_to_the_whole() -> None:
    losses = {"data": Schrodinger(BINNED), "far": Asymptotic(BINNED, 8.0, "and", 0.1)}
    model = sdnn_joint([30, 3], [2], scale=-0.017)
    whole = LeastSquares(model, losses)
    along = whole.coordinates(whole.theta())
    messages: list[Tensor] = []
    for rank in range(3):
        own = LeastSquares(
            model, losses, Processes(total=lambda x: messages.append(x) or x, rank=rank, size=3)
        )
        own.normal(own.theta(), (1, 2), along)
    gram, force, loss = whole.normal(whole.theta(), (1, 2), along)
    i, j = torch.triu_indices(whole.width, whole.width)
    expected = torch.cat([gram[:, i, j], force, loss[:, None]], 1)
    torch.testing.assert_close(sum(messages), expected, rtol=1e-12, atol=1e-12 * float(expected.abs().max()))  # type: ignore[arg-type]


def test_momentum_does_not_outlive_a_stretch_without_it() -> None:
    generator = torch.Generator().manual_seed(0)
    rows, other = torch.randn(2, 8, 5, generator=generator, dtype=torch.float64)
    residual = torch.randn(8, generator=generator, dtype=torch.float64)
    solver = DampedSolver(0.1, momentum=0.9)
    solver.solve_kernel(other, residual)
    solver.momentum = 0.0
    solver.solve_kernel(other, residual)
    solver.momentum = 0.9
    fresh = DampedSolver(0.1, momentum=0.9)
    torch.testing.assert_close(solver.solve_kernel(rows, residual), fresh.solve_kernel(rows, residual))


@pytest.mark.parametrize(
    ("model", "linear"),
    [
        (Hybrid(LocalGaussians([0.1, 0.5]), LowRank([0.1, 0.3]), support=8.0), True),
        (Hybrid(LocalGaussians([0.1, 0.5]), LowRank([0.1, 0.3], learn_exponents=True), support=8.0), False),
    ],
)
def test_the_slopes_of_a_linear_potential_are_made_once(model: Potential, linear: bool) -> None:
    assert model.linear is linear
    kept = LeastSquares(model, {"schrodinger": Schrodinger(BINNED), "asymptotic": Asymptotic(DATA, 4.0)})
    there = kept.theta()
    kept.jacobian(there)
    theta = there + 0.1 * torch.arange(1, kept.size + 1, dtype=torch.float64)
    for bin in range(3):
        J, e = kept.jacobian(theta, bin)
        expected = torch.func.jacrev(lambda x, bin=bin: kept.residual(x, bin))(theta)
        assert torch.allclose(J, expected, rtol=1e-9, atol=1e-12 * float(expected.abs().max()))
        assert torch.allclose(e, kept.residual(theta, bin))
