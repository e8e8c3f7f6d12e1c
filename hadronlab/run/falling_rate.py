"""A learning rate that falls along half a cosine, where a run is continued to another end."""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Mapping
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

log = logging.getLogger(__name__)


class FallingRate(Callback):
    """Lets the rate of a continued run fall to zero at its new end, `steps`, from where the checkpoint left it.

    Without it the cosine keeps its old length (T_max, which a checkpoint holds), and the rate would rise again behind it.
    A rate that has come to zero already begins where a cosine over all `steps` would stand, and says so.
    """

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Change the state of the scheduler, and the rates of its optimizer, before they are taken over."""
        for scheduler, optimizer in zip(
            checkpoint["lr_schedulers"], checkpoint["optimizer_states"], strict=False
        ):
            if scheduler.get("T_max", self.steps) == self.steps:
                continue
            if scheduler["last_epoch"] >= scheduler["T_max"]:
                rates = [_cosine(scheduler, base, self.steps) for base in scheduler["base_lrs"]]
                scheduler["_last_lr"] = rates
                for group, rate in zip(optimizer["param_groups"], rates, strict=True):
                    group["lr"] = rate
                if trainer.is_global_zero:
                    self._tell(rates[0])
            scheduler["T_max"] = self.steps

    def _tell(self, rate: float) -> None:
        line = f"the learning rate had come to its end: it goes on at {rate:.3g} and falls until step {self.steps}"
        log.warning(line)
        print(f"warning: {line}", file=sys.stderr)


def _cosine(scheduler: Mapping[str, Any], base: float, steps: int) -> float:
    """The rate at the scheduler's present step of a cosine over `steps`; `base` is the rate at its beginning."""
    lowest = scheduler["eta_min"]
    return lowest + (base - lowest) * (1 + math.cos(math.pi * scheduler["last_epoch"] / steps)) / 2
