"""Gauss–Newton inside Lightning's automatic optimisation: the gradient is replaced by the step, SGD takes it."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from hadronlab.callbacks.agreement import of_rank_zero
from hadronlab.errors import ConfigError
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.natural_gradient import DampedSolver

log = logging.getLogger(__name__)


class NaturalGradient(Callback):
    """Levenberg–Marquardt steps on `pl_module.least_squares()` after `warmup_steps` of Adam.

    A cold start of Gauss–Newton saturates the network and collapses to U = 0 in half of the runs; a short Adam
    warm-up does not. Written as `p.grad = θ − θ_next` for plain SGD with learning rate 1, so that schedulers,
    `global_step` and checkpoints keep their meaning. Stops the training when no step lowers the loss any more.

    shift, relative: the initial damping (see DampedSolver); up, down: how it follows bad and good steps. tolerance,
    patience: relative fall of the loss that counts as progress, and how many steps may pass without it.
    """

    task: ClassVar[str] = "inverse"

    def __init__(
        self,
        warmup_steps: int = 300,
        warmup_lr: float = 1e-2,
        shift: float = 1e-3,
        relative: bool = True,
        up: float = 4.0,
        down: float = 1.0 / 3.0,
        tolerance: float = 1e-7,
        patience: int = 5,
    ) -> None:
        if warmup_steps < 0 or not warmup_lr > 0 or patience < 1:
            raise ConfigError(
                f"warmup_steps = {warmup_steps}, warmup_lr = {warmup_lr}, patience = {patience}: need at least 0, "
                "above 0 and at least 1"
            )
        self.warmup_steps, self.warmup_lr = warmup_steps, warmup_lr
        self.tolerance, self.patience = tolerance, patience
        self._solver = DampedSolver(shift=shift, relative=relative)
        self.up, self.down = up, down
        self._adam: torch.optim.Adam | None = None
        self._gauss_newton: GaussNewton | None = None
        self._adam_state: dict[str, Any] | None = None
        self._idle, self._before, self._converged = 0, float("inf"), False

    @property
    def rung(self) -> str:
        """How the last metric was solved: 'cholesky', 'shift x10', …, 'eigh'."""
        return self._solver.rung

    def raise_shift(self, factor: float) -> None:
        """Multiply the damping, as a repair after a fault."""
        self._solver.shift *= factor

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if 0 < trainer.max_steps <= self.warmup_steps:
            log.warning(
                "the training ends after %d steps, all of them Adam's warm-up: raise trainer.max_epochs or lower "
                "optimizer.natural_gradient.warmup_steps=%d",
                trainer.max_steps,
                self.warmup_steps,
            )
        self._adam = torch.optim.Adam(pl_module.parameters(), lr=self.warmup_lr)
        self._gauss_newton = GaussNewton(pl_module.least_squares(), self._solver, self.up, self.down)  # type: ignore[operator]
        if self._adam_state is not None:
            self._adam.load_state_dict(self._adam_state)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        trainer.should_stop = trainer.should_stop or self._converged  # a resumed run had ended

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        if trainer.global_step < self.warmup_steps:
            self._adam_step(list(pl_module.parameters()))
            return
        assert self._gauss_newton is not None
        delta = self._gauss_newton.displacement()
        problem = self._gauss_newton.problem
        for p, part in zip(pl_module.parameters(), delta.split(problem.sizes), strict=True):
            p.grad = part.view_as(p).to(p)
        report = self._gauss_newton.report
        self._idle = 0 if report.loss < (1.0 - self.tolerance) * self._before else self._idle + 1
        self._before = report.loss
        if of_rank_zero(trainer, not report.accepted or self._idle >= self.patience):
            self._converged = trainer.should_stop = True

    def _adam_step(self, parameters: list[torch.nn.Parameter]) -> None:
        """Adam's step as a displacement."""
        assert self._adam is not None
        before = [p.detach().clone() for p in parameters]
        self._adam.step()
        with torch.no_grad():
            for p, old in zip(parameters, before, strict=True):
                p.grad = old - p
                p.copy_(old)

    def state_dict(self) -> dict[str, Any]:
        return {
            "solver": self._solver.state_dict(),
            "adam": self._adam.state_dict() if self._adam is not None else None,
            "idle": self._idle,
            "before": self._before,
            "converged": self._converged,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._solver.load_state_dict(state_dict["solver"])
        self._idle, self._before = state_dict["idle"], state_dict["before"]
        self._converged = state_dict["converged"]
        self._adam_state = state_dict["adam"]
        if self._adam is not None and self._adam_state is not None:
            self._adam.load_state_dict(self._adam_state)
