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

from hadronlab.errors import ConfigError
from hadronlab.optim.jacobian import LeastSquares
from hadronlab.optim.natural_gradient import DampedSolver


@dataclass(frozen=True)
class StepReport:
    """One step: the loss after it, whether any trial was accepted, the shift and the rung of the solver."""

    loss: float
    accepted: bool
    shift: float
    rung: str


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
        if acceleration and self.solver.momentum:
            raise ConfigError(
                "momentum > 0 and geodesic acceleration exclude each other: set one of them to zero"
            )
        self.up, self.down, self.min_shift, self.tries = up, down, min_shift, tries
        self.acceleration = acceleration
        self.report = StepReport(float("nan"), False, self.solver.shift, "none")

    def displacement(self, bin: int = 0) -> Tensor:
        """δ (P,), zero if no trial lowered the loss; θ − δ is the next point. The model is left as it is."""
        theta = self.problem.theta()
        gram, force, loss = (x[0] for x in self.problem.normal(theta, (bin,)))
        return self._search(theta, gram, force, float(loss), bin)

    def step(self, bin: int = 0) -> StepReport:
        """One displacement, applied to the model."""
        theta = self.problem.theta()
        self.problem.assign(theta - self.displacement(bin))
        return self.report

    def run(self, steps: int, tolerance: float = 1e-7, patience: int = 3) -> StepReport:
        """At most `steps` steps; ends when the loss falls by less than `tolerance` (relative) `patience` times."""
        idle, before = 0, float("inf")
        for _ in range(steps):
            report = self.step()
            idle = idle + 1 if not report.loss < (1.0 - tolerance) * before else 0
            before = report.loss
            if idle >= patience or not report.accepted:
                break
        return self.report

    def refit_bins(self, bins: Sequence[int], steps: int = 3) -> tuple[Tensor, Tensor]:
        """θ (B, P) and loss (B,) of resampling bins, all started from the model's present (central) parameters.

        ∂U/∂θ at the centre serves every bin, so the normal matrices of all of them cost little more than one step;
        later steps keep the matrix and take the exact gradient of their own bin.
        """
        centre = self.problem.theta()
        gram, force, loss = self.problem.normal(centre, bins)
        thetas = centre.repeat(len(bins), 1)
        # near the minimum the path is straight: the acceleration costs more than it saves
        shift, acceleration, self.acceleration = self.solver.shift, self.acceleration, False
        for position, bin in enumerate(bins):
            self.solver.shift = shift
            value = float(loss[position])
            for number in range(steps):
                if number:
                    slope, now = self.problem.gradient(thetas[position], bin)
                    force[position], value = slope, float(now)
                delta = self._search(thetas[position], gram[position], force[position], value, bin)
                thetas[position] -= delta
                if not self.report.accepted:
                    break
            loss[position] = self.report.loss
        self.solver.shift, self.acceleration = shift, acceleration
        return thetas, loss

    def _search(self, theta: Tensor, gram: Tensor, force: Tensor, loss: float, bin: int) -> Tensor:
        """Raise the shift until a trial lowers the loss."""
        for _ in range(self.tries):
            delta = self.solver.solve_gram(gram, force)
            # the linear model predicts L − |e − Jδ|² = 2 δ·F − δᵀGδ
            predicted = float(2.0 * delta @ force - delta @ (gram @ delta))
            rung, shift = self.solver.rung, self.solver.shift_used
            bend = self._bend(theta, delta, gram, bin) if self.acceleration else torch.zeros_like(delta)
            # where the second order is not small beside the first it cannot be trusted, nor the shift lowered
            trusted = bool(bend.norm() < 0.1875 * delta.norm())
            delta = delta - bend if trusted else delta
            with torch.no_grad():
                trial = float(self.problem.loss(theta - delta, bin))
            if trial < loss:
                self.report = StepReport(trial, True, shift, rung)
                if trusted and loss - trial > 0.5 * predicted:
                    self.solver.shift = max(self.min_shift, self.solver.shift * self.down)
                return delta
            self.solver.shift *= self.up
        self.report = StepReport(loss, False, self.solver.shift_used, self.solver.rung)
        return torch.zeros_like(theta)

    def _bend(self, theta: Tensor, delta: Tensor, gram: Tensor, bin: int, probe: float = 0.1) -> Tensor:
        """½a (P,), the second derivative taken by finite differences of the residual along δ."""
        leaf = theta.clone().requires_grad_()
        here = self.problem.residual(leaf, bin)
        with torch.no_grad():
            ahead = self.problem.residual(theta - probe * delta, bin)
            behind = self.problem.residual(theta + probe * delta, bin)
            second = (ahead - 2.0 * here + behind) / probe**2
        (force,) = torch.autograd.grad(here @ second, leaf)
        return -0.5 * self.solver.solve_gram(gram, force)

    def state_dict(self) -> dict[str, Any]:
        return self.solver.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.solver.load_state_dict(state)
