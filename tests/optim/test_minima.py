"""Distinct minima from several starting points, and fits whose model has no parameters."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from hadronlab.errors import HadronlabError
from hadronlab.losses.loss import Loss
from hadronlab.models.potentials.free import Free
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.minima import find_minima


class Wells(Loss):
    """e = (3(a² − 1), ½(a − 1), b): minima near a = −1, where it is 1 less a bit, and at 1, where it is zero; b is 0.

    Beyond |a| = 4 it is not defined.
    """

    def __init__(self, known: float = 1.0) -> None:
        super().__init__(torch.ones(1, dtype=torch.float64))
        self.nuisance = nn.Parameter(torch.zeros(2, dtype=torch.float64))
        self.known = known

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        assert self.nuisance is not None
        a, b = self.nuisance
        if abs(float(a.detach())) > 4.0:
            raise HadronlabError("a is too large")
        return torch.stack([3.0 * (a**2 - 1.0), 0.5 * (a - 1.0), self.known * b])


def starts(*a: float) -> list[Tensor]:
    return [torch.tensor([x, 0.3 * x], dtype=torch.float64) for x in a]


def test_the_lowest_minimum_comes_first_and_each_once() -> None:
    problem = LeastSquares(Free(), {"wells": Wells()})
    found = find_minima(problem, starts(-2.0, 2.0, -1.3, 0.7, 1.5))
    assert [one.starts for one in found] == [3, 2]
    torch.testing.assert_close(found[0].theta, torch.tensor([1.0, 0.0]).double(), rtol=0, atol=1e-6)
    root = -0.98590  # of 9·4 a (a² − 1) + ½ (a − 1) = 0
    a = float(found[1].theta[0])
    assert a == pytest.approx(root, abs=1e-4)
    assert found[1].loss == pytest.approx(9 * (a**2 - 1) ** 2 + 0.25 * (a - 1) ** 2, rel=1e-12)
    torch.testing.assert_close(problem.theta(), torch.zeros(2, dtype=torch.float64))  # as it was


def test_what_the_data_do_not_know_makes_no_other_minimum() -> None:
    problem = LeastSquares(Free(), {"wells": Wells(known=1e-12)})
    different_b = [torch.tensor([1.2, b], dtype=torch.float64) for b in (-3.0, 0.0, 3.0)]
    assert len(find_minima(problem, different_b)) == 1
    by_sign = find_minima(problem, different_b, kind=lambda theta: bool(theta[1] > 1.0))
    assert {one.kind for one in by_sign} == {False, True}


def test_a_start_outside_of_the_domain_is_passed_over_or_told() -> None:
    problem = LeastSquares(Free(), {"wells": Wells()})
    assert len(find_minima(problem, starts(9.0, 2.0))) == 1
    with pytest.raises(HadronlabError, match="too large"):
        find_minima(problem, starts(9.0))
