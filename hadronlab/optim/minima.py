"""The minima that a least-squares problem has, as far as several starting points lead to them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.natural_gradient import DampedSolver

LEAST_DIFFERENCE = 0.1
"""how far the residuals of two minima differ at least, in all; in units of the errors where the residuals are"""


@dataclass(frozen=True)
class Minimum:
    """θ (P,), the loss and the residuals (R,) there, how many starting points led there, and what `kind` says of it.

    settled: whether the loss had stopped falling; where it had not, there is a long way down still, or a valley without end.
    """

    theta: Tensor
    loss: float
    residual: Tensor
    starts: int = 1
    kind: Hashable = None
    settled: bool = True


def find_minima(
    problem: LeastSquares,
    starts: Iterable[Tensor],
    steps: int = 200,
    tolerance: float = 1e-8,
    apart: float = LEAST_DIFFERENCE,
    kind: Callable[[Tensor], Hashable] | None = None,
) -> list[Minimum]:
    """Minima reached by Gauss–Newton from `starts`, θ (P,) each, the lowest first; the problem keeps its parameters.

    Two are the same where |e₁ − e₂| is below `apart`, which does not ask for the same θ along a direction that the data do
    not know, and where kind(θ) is the same, if it is given. A start that leaves the domain of the problem is passed over.

    Raises:
        HadronlabError: what the first of the starts met, where none led anywhere.
    """
    before, ends, first = problem.theta(), [], None
    try:
        for theta in starts:
            problem.assign(theta)
            try:
                newton = GaussNewton(problem, DampedSolver(1e-3, relative=True))
                newton.run(steps, tolerance)
                theta = problem.theta()
                with torch.no_grad():
                    residual = problem.residual(theta)
            except HadronlabError as error:
                first = first or error
                continue
            loss, what = float(residual.square().sum()), None if kind is None else kind(theta)
            ends.append(Minimum(theta, loss, residual, kind=what, settled=newton.settled))
    finally:
        problem.assign(before)
    if not ends and first is not None:
        raise first
    return distinct(ends, apart)


def distinct(minima: Iterable[Minimum], apart: float = LEAST_DIFFERENCE) -> list[Minimum]:
    """The lowest of every group that are the same, the lowest first."""
    found: list[Minimum] = []
    for one in sorted(minima, key=lambda each: each.loss):
        for i, other in enumerate(found):
            if one.kind == other.kind and float((one.residual - other.residual).norm()) < apart:
                found[i] = replace(other, starts=other.starts + one.starts)
                break
        else:
            found.append(one)
    return found
