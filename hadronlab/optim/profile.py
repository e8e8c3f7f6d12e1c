"""The loss as a function of one parameter: least over all others while that one is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.optim.coordinates import Coordinates
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.natural_gradient import DampedSolver


class Held(LeastSquares):
    """The same problem, of which no step changes the nuisance parameter θ[index]."""

    def __init__(self, problem: LeastSquares, index: int) -> None:
        super().__init__(problem.model, problem.losses, problem.processes)
        self._from_end = index - problem.size  # the last coordinates are the nuisance parameters
        self._moves = torch.arange(problem.size) != index

    def residual(self, theta: Tensor, bin: int = 0) -> Tensor:
        return super().residual(torch.where(self._moves, theta, theta.detach()), bin)

    def normal(
        self, theta: Tensor, bins: Sequence[int] = (0,), coordinates: Coordinates | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        gram, force, loss = super().normal(theta, bins, coordinates)
        gram[:, self._from_end] = gram[:, :, self._from_end] = force[:, self._from_end] = 0.0
        return gram, force, loss


@dataclass(frozen=True)
class Profile:
    """values (n,) of the held parameter, θ (n, P) and loss (n,) of each; NaN where there was nothing to fit."""

    values: Tensor
    theta: Tensor
    loss: Tensor


def profile(
    problem: LeastSquares, index: int, values: Tensor, steps: int = 100, tolerance: float = 1e-6
) -> Profile:
    """Of the nuisance parameter θ[index] at increasing `values` (n,); the problem keeps its parameters.

    Each fit starts where that of its neighbour ended, outwards from the present parameters.
    """
    held, before = Held(problem, index), problem.theta()
    theta, loss = before.repeat(len(values), 1), torch.full_like(values, torch.nan)
    middle = int((values < before[index]).sum())
    try:
        for side in (range(middle, len(values)), range(middle - 1, -1, -1)):
            start = before
            for i in side:
                start = start.clone()
                start[index] = values[i]
                problem.assign(start)
                try:
                    report = GaussNewton(held, DampedSolver(1e-3, relative=True)).run(steps, tolerance)
                except HadronlabError:  # beyond what the problem is made for, and so is what lies farther out
                    break
                start = problem.theta()
                theta[i], loss[i] = start, report.loss
    finally:
        problem.assign(before)
    return Profile(values, theta, loss)
