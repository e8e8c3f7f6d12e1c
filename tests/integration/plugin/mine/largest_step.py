"""A callback: any of Lightning's. What it may ask of a task stands in hadronlab/tasks/protocols.py."""

from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from hadronlab.tasks.protocols import Health


class LargestStep(Callback):
    """Remembers the largest gradient and the last health, in the checkpoint too."""

    def __init__(self) -> None:
        self.largest = 0.0
        self.health: dict[str, float] = {}

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Any) -> None:
        sizes = [float(p.grad.abs().max()) for p in pl_module.parameters() if p.grad is not None]
        self.largest = max([self.largest, *sizes])

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if isinstance(pl_module, Health):
            self.health = dict(pl_module.health())

    def state_dict(self) -> dict[str, Any]:
        return {"largest": self.largest, "health": self.health}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.largest, self.health = state_dict["largest"], state_dict["health"]
