"""The result of an inverse problem: observables of the learned potential, with the errors of the refitted bins."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.losses.loss import collapsed
from hadronlab.observables.learned_potential import LearnedPotential, OtherMinimum
from hadronlab.observables.results import Results
from hadronlab.optim.minima import LEAST_DIFFERENCE
from hadronlab.optim.unknowns import Unknowns

if TYPE_CHECKING:
    from hadronlab.models.potentials.potential import Potential
    from hadronlab.optim.least_squares import LeastSquares
    from hadronlab.tasks.inverse import InverseTask


def observed(task: InverseTask) -> Results:
    """Observables at the present parameters, and warnings of what a reader must know."""
    problem = task.least_squares()
    loss = float(problem.loss(problem.theta()))
    learned, result = learned_potential(task, problem, loss), Results()
    for observable in task.observables.values():
        result.add(observable.observe(learned))
    if task.unconverged:
        result.warnings.append(
            f"{len(task.unconverged)} of {task.terms.bins.count} bins had not converged after {task.refit_steps} steps: their "
            f"errors are rough; train longer, or raise task.refit_steps"
        )
    if not problem.flat.size:
        pass  # a known potential does not learn
    elif collapsed(loss, task.loss_zero):
        result.warnings.append("the potential has collapsed to zero: train from another seed")
    elif not loss < task.loss_zero:
        result.warnings.append(
            f"the loss, {loss:.3g}, is above that of U = 0: train longer, or in smaller steps"
        )
    return result


def learned_potential(task: InverseTask, problem: LeastSquares, loss: float) -> LearnedPotential:
    """What observables are given: the potential of the centre and of every bin, and what is known of the fit."""
    centre, bins = problem.theta(), task.bins
    thetas = centre[None] if bins is None else torch.cat([centre[None], bins])
    of_bins = thetas[1:] if problem.flat.size else thetas[:0]  # a known potential has none
    return LearnedPotential(
        [task.model, *(_with(task.model, theta, problem) for theta in of_bins)],
        task.data, task.pair, task.k_max, loss, task.loss_zero,
        task.terms.bins, problem.losses, problem.nuisances(thetas), _other_minima(task, problem, loss),
        problem.effective_parameters(centre) if task.terms.bins.count else math.nan,
    )  # fmt: skip


def _with(model: Potential, theta: Tensor, problem: LeastSquares) -> Potential:
    """A copy of the model with other parameters."""
    other = copy.deepcopy(model)
    Unknowns(other, {}).assign(theta[: problem.flat.size])
    return other


def _other_minima(task: InverseTask, problem: LeastSquares, loss: float) -> list[OtherMinimum]:
    """Those that the training did not end in."""
    here = problem.residual(problem.theta()).detach()
    return [
        OtherMinimum(minimum.loss - loss, _with(task.model, minimum.theta, problem))
        for minimum in task.minima
        if float((minimum.residual - here).norm()) > LEAST_DIFFERENCE
    ]
