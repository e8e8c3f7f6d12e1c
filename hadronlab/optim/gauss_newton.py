"""Levenberg–Marquardt: Gauss–Newton steps of the damped solver, accepted only where the loss falls.

    (JᵀJ + λ I) δ = Jᵀe,   θ ← θ − δ + ½a,   λ lowered after a good step and raised after a bad one.

The geodesic acceleration a follows the bend of the residual along the step, (JᵀJ + λ I) a = −Jᵀ ∂²e/∂δ² (Transtrum and
Sethna, arXiv:1201.5885): three more residuals and one backward pass, for several times fewer steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from hadronlab.errors import ConfigError, HadronlabError
from hadronlab.optim.coordinates import Coordinates
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.side_by_side import side_by_side

GRAM_MEMORY = 2**29  # bytes that the normal matrices of resampling bins may take together
FEW = 32  # parameters, up to which a resampling bin has a Jacobian of its own in every step


@dataclass(frozen=True)
class StepReport:
    """One step: the loss after it, whether any trial was accepted, the shift and the rung of the solver."""

    loss: float
    accepted: bool
    shift: float
    rung: str


@dataclass(frozen=True)
class Refit:
    """Resampling bins fitted from the centre: θ (B, P), losses (B,), steps taken (B,), and whether each converged (B,)."""

    theta: Tensor
    loss: Tensor
    steps: Tensor
    converged: Tensor


class GaussNewton:
    """Adaptive damping around `DampedSolver` for one least-squares problem.

    A trial is accepted where the loss falls; the shift then falls by `down` if the fall was over half of what the
    linear model predicts. A rejection raises it by `up`, at most `tries` times a step. `acceleration`: the geodesic
    acceleration, left out of steps where it is not small beside δ.
    """

    def __init__(
        self,
        problem: LeastSquares,
        solver: DampedSolver | None = None,
        up: float = 2.0,
        down: float = 1.0 / 3.0,
        acceleration: bool = True,
        min_shift: float = 1e-14,
        tries: int = 20,
    ) -> None:
        if not (up > 1.0 > down > 0.0 and tries >= 1):
            raise ConfigError(
                f"up = {up}, down = {down}, tries = {tries}: need up > 1 > down > 0 and tries ≥ 1"
            )
        self.problem = problem
        self.solver = solver if solver is not None else DampedSolver(shift=1e-4, relative=True)
        if self.solver.momentum:
            raise ConfigError("Gauss–Newton takes no momentum: its solver must have momentum = 0")
        self.up, self.down, self.min_shift, self.tries = up, down, min_shift, tries
        self.acceleration = acceleration
        self.report = StepReport(float("nan"), False, self.solver.shift, "none")
        self.settled = False  # whether the last run ended before its steps did

    def displacement(self, bin: int = 0) -> Tensor:
        """δ (P,), zero if no trial lowered the loss; θ − δ is the next point. The model is left as it is."""
        theta = self.problem.theta()
        along = self.problem.coordinates(theta)
        gram, force, loss = (x[0] for x in self.problem.normal(theta, (bin,), along))
        return along.back(self._search(theta, along, gram, force, float(loss), bin))

    def step(self, bin: int = 0) -> StepReport:
        """One displacement, applied to the model."""
        theta = self.problem.theta()
        self.problem.assign(theta - self.displacement(bin))
        return self.report

    def run(self, steps: int, tolerance: float = 1e-7, patience: int = 3) -> StepReport:
        """At most `steps` steps; ends when the loss falls by less than `tolerance` (relative) `patience` times (`settled`)."""
        idle, before, self.settled = 0, float("inf"), False
        for _ in range(steps):
            report = self.step()
            idle = idle + 1 if not report.loss < (1.0 - tolerance) * before else 0
            before = report.loss
            if idle >= patience or not report.accepted:
                self.settled = True
                break
        return self.report

    def refit_bins(
        self, bins: Sequence[int], most: int = 60, tolerance: float = 1e-3, processes: int = 1
    ) -> Refit:
        """Minima of resampling bins, all started from the model's present (central) parameters.

        ∂U/∂θ at the centre serves every bin, so the normal matrices of all of them cost little more than one step;
        later steps keep the matrix and take the exact gradient of their own bin, or of few parameters a new matrix. A bin has converged when, in three
        steps in succession, its loss fell by less than `tolerance` of its whole fall from the centre, and the step was
        less than √tolerance of its whole way, both lengths in the metric JᵀJ; or when no step lowers its loss any more.
        At most `most` steps each, by so many `processes`, which changes no digit.
        """
        centre = self.problem.theta()
        along = self.problem.coordinates(centre)
        shift, acceleration = self.solver.shift, self.acceleration
        # near the minimum the path is straight: the acceleration costs more than it saves
        self.acceleration, found = False, []
        together = max(1, GRAM_MEMORY // (8 * self.problem.width**2))
        for start in range(0, len(bins), together):
            group = bins[start : start + together]
            equations = list(zip(group, *self.problem.normal(centre, group, along), strict=True))

            def fit(equation: tuple[int, Tensor, Tensor, Tensor]) -> tuple[Tensor, float, int, bool]:
                bin, gram, force, loss = equation
                self.solver.shift = shift
                return self._refit(centre, along, gram, force, float(loss), bin, most, tolerance)

            found += side_by_side(fit, equations, processes)
        self.solver.shift, self.acceleration = shift, acceleration
        theta, loss, steps, converged = zip(*found, strict=True)
        return Refit(
            torch.stack(theta),
            torch.tensor(loss, dtype=torch.float64),
            torch.tensor(steps),
            torch.tensor(converged),
        )

    def _refit(
        self, centre: Tensor, along: Coordinates, gram: Tensor, force: Tensor, loss: float, bin: int, most: int,
        tolerance: float,
    ) -> tuple[Tensor, float, int, bool]:  # fmt: skip
        """θ (P,), the loss, the number of steps and whether they ended at a minimum, of one bin."""
        theta, way, first, idle = centre, torch.zeros_like(force), loss, 0
        for number in range(most):
            if number and self.problem.size <= FEW:
                gram, force, value = (x[0] for x in self.problem.normal(theta, (bin,), along))
                loss = float(value)
            elif number:
                slope, now = self.problem.gradient(theta, bin)
                force, loss = along.of(slope), float(now)
            step = self._search(theta, along, gram, force, loss, bin)
            if not self.report.accepted:
                return theta, loss, number, True
            way, theta = way - step, theta - along.back(step)
            fallen, fall = loss - self.report.loss, first - self.report.loss
            small = float(step @ (gram @ step)) < tolerance * float(way @ (gram @ way))
            idle = idle + 1 if small and fallen < tolerance * fall else 0
            if idle == 3:
                return theta, self.report.loss, number + 1, True
        return theta, self.report.loss, most, False

    def _search(
        self, theta: Tensor, along: Coordinates, gram: Tensor, force: Tensor, loss: float, bin: int
    ) -> Tensor:
        """The step in coordinates (k,), the shift raised until a trial lowers the loss; zero if none does."""
        for _ in range(self.tries):
            delta = self.solver.solve_gram(gram, force, size=self.problem.size)
            # the linear model predicts L − |e − Jδ|² = 2 δ·F − δᵀGδ
            predicted = float(2.0 * delta @ force - delta @ (gram @ delta))
            rung, shift = self.solver.rung, self.solver.shift_used
            second = torch.zeros_like(delta)
            if self.acceleration:
                second = self._half_acceleration(theta, along, delta, gram, bin)
            # where the second order is not small beside the first it cannot be trusted, nor the shift lowered
            trusted = bool(second.norm() < 0.1875 * delta.norm())
            delta = delta - second if trusted else delta
            trial = self._trial(theta - along.back(delta), bin)
            if trial < loss:
                self.report = StepReport(trial, True, shift, rung)
                if trusted and loss - trial > 0.5 * predicted:
                    self.solver.shift = max(self.min_shift, self.solver.shift * self.down)
                return delta
            self.solver.shift *= self.up
        self.report = StepReport(loss, False, self.solver.shift_used, self.solver.rung)
        return torch.zeros_like(force)

    @torch.no_grad()
    def _trial(self, theta: Tensor, bin: int) -> float:
        """The loss; infinite where a long step has left what the problem is made for, a source too large for its mesh say."""
        try:
            return float(self.problem.loss(theta, bin))
        except HadronlabError:
            return float("inf")

    def _half_acceleration(
        self, theta: Tensor, along: Coordinates, delta: Tensor, gram: Tensor, bin: int, probe: float = 0.1
    ) -> Tensor:
        """½a (k,), the second derivative taken by finite differences of the residual along δ."""
        leaf, step = theta.clone().requires_grad_(), probe * along.back(delta)
        here = self.problem.residual(leaf, bin)
        with torch.no_grad():
            ahead = self.problem.residual(theta - step, bin)
            behind = self.problem.residual(theta + step, bin)
            second = (ahead - 2.0 * here + behind) / probe**2
        (force,) = torch.autograd.grad(here @ second, leaf)
        return -0.5 * self.solver.solve_gram(gram, along.of(force), size=self.problem.size)

    def state_dict(self) -> dict[str, Any]:
        return self.solver.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.solver.load_state_dict(state)
