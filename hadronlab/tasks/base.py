"""What the two tasks share: endless steps, and little overhead around a step of a millisecond."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.profilers import Profiler
from torch.nn.utils import parameters_to_vector

from hadronlab.observables.observables import Observables
from hadronlab.optim.processes import Processes


class Task(LightningModule):
    """A LightningModule whose every training step sees all the data; `trainer.max_steps` ends the training."""

    task: ClassVar[str] = ""
    model: torch.nn.Module
    processes: Processes

    def steps(self) -> Iterable[int]:
        """The data loader: one item an optimiser step, without end."""
        return Steps()

    def log_now(self, metrics: Mapping[str, float]) -> None:
        """Hand metrics to the loggers at once: Lightning's `self.log` costs a tenth of a step of the small networks."""
        for logger in self.loggers:
            logger.log_metrics(dict(metrics), step=self.global_step)

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Sum over all processes, in place."""
        if self._trainer is not None and self.trainer.world_size > 1:
            torch.distributed.all_reduce(values)
        return values

    def optimizer_step(self, *arguments: Any, **settings: Any) -> None:
        """The optimizer's step, after which every process holds the parameters of rank 0.

        Equal sums that are solved with another number of threads, or on another processor, differ in their last
        digits; without this the processes drift apart, and a checkpoint holds the parameters of rank 0 alone.
        """
        super().optimizer_step(*arguments, **settings)
        if self.trainer.world_size > 1:
            parameters = list(self.model.parameters())
            theta = parameters_to_vector(parameters).detach()
            torch.distributed.broadcast(theta, 0)
            with torch.no_grad():
                for p, part in zip(parameters, theta.split([p.numel() for p in parameters]), strict=True):
                    p.copy_(part.view_as(p))

    def describe(self) -> dict[str, str]:
        """Rows of the table shown before the training."""
        return {}

    def status(self) -> str:
        """What stands beside the progress bar."""
        return ""

    def observe(self) -> Observables:
        """The result of the present parameters."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it observes")

    def objective(self, observables: Observables) -> float | None:
        """The number that a sweeper minimises."""
        return None

    def transfer_batch_to_device(self, batch: int, device: torch.device, dataloader_idx: int) -> int:
        """A step number needs no device."""
        return batch

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_current_fx_name":  # Lightning sets it forty times a step; it is never a parameter
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)


class NoProfiler(Profiler):
    """Lightning enters its profiler thirty times a step, as a generator; this one is entered for free."""

    _context = contextlib.nullcontext()

    def profile(self, action_name: str) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        return self._context

    def start(self, action_name: str) -> None:
        pass

    def stop(self, action_name: str) -> None:
        pass


class Steps(torch.utils.data.IterableDataset[int]):
    """0, 1, 2, … without end."""

    def __iter__(self) -> Iterator[int]:
        return itertools.count()
