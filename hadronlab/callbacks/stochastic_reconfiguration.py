"""Stochastic reconfiguration inside Lightning's automatic optimisation: `p.grad` becomes the step, SGD takes it."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from hadronlab.optim.gradient import set_gradient
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.tasks.protocols import Reconfigures


class StochasticReconfiguration(Callback):
    """δ = (S + λ)⁻¹ F from the samples of a task that Reconfigures   [DeepQuark, Eq. 9, 17, 18].

    Energies are counted in the natural kinetic energy of the system (`model.energy_scale`), so that one learning rate
    suits mesons and molecules. Momentum (SPRING) and clipping are those of the task's stage. With several processes
    the sums are reduced and every process solves the same system. Random signs come from the generator of the walkers.

    shift: λ. cap: largest Fisher norm of a step. single_precision: of the rows of S, whose sums stay double.
    """

    task: ClassVar[str] = "vmc"

    def __init__(
        self,
        shift: float = 1e-3,
        cap: float | None = 0.15,
        raises: int = 3,
        single_precision: bool = True,
    ) -> None:
        self._solver = DampedSolver(shift=shift, cap=cap, raises=raises)
        self._dtype = torch.float32 if single_precision else torch.float64

    @property
    def rung(self) -> str:
        """What the last solve took: 'cholesky', 'shift x10', …, 'eigh'."""
        return self._solver.rung

    def raise_shift(self, factor: float) -> None:
        """Multiply the shift."""
        self._solver.shift *= factor

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        task: Reconfigures = pl_module  # type: ignore[assignment]
        self._solver.momentum = task.stage.momentum
        scale = task.model.energy_scale
        delta = task.direction(self._solver, optimizer.param_groups[0]["lr"] / scale, self._dtype)
        set_gradient(task.model, delta / scale)

    def state_dict(self) -> dict[str, Any]:
        return {"solver": self._solver.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._solver.load_state_dict(state_dict["solver"])
