"""What every task shares: what it says of itself, endless steps, and little overhead around a step of a millisecond."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from pytorch_lightning import LightningModule
from torch import nn
from torch.nn.utils import parameters_to_vector

from hadronlab.errors import ConfigError
from hadronlab.observables.results import Results
from hadronlab.optim.processes import ALONE, Processes
from hadronlab.tasks.consecutive_steps import take_consecutive_steps


class Task(LightningModule):
    """A LightningModule whose every training step sees all the data; `trainer.max_steps` ends the training.

    A subclass says what it is, and builds itself from a configuration: it works by `_target_`. What callbacks and loggers
    may ask of it beyond this stands in tasks/protocols.py.
    """

    task: ClassVar[str]
    """its name; models, solvers and observables that go with this task only carry the same one"""
    purpose: ClassVar[str]
    """what a run of it does, after "a run that": learns a potential from lattice data"""
    needs: ClassVar[tuple[str, ...]] = ()
    """config groups, beyond those of every run, that it cannot do without"""
    unused: ClassVar[tuple[str, ...]] = ()
    """config groups that do not concern it, and may not be chosen"""
    recommended_optimizer: ClassVar[str] = "adam"
    depends_on_batch: ClassVar[bool] = True
    """whether `training_step` does with one batch what it does not with another; else steps may follow one another"""

    model: torch.nn.Module
    observables: Mapping[str, Any] = MappingProxyType({})
    """of the result, by name; they draw its figures"""
    processes: Processes = ALONE
    """all of the run acting as one, as the run says when it begins"""
    spare_cores: int = 0
    """beside those of its threads, free for the work after the training, as the run says when it has ended"""

    @classmethod
    def build(cls, config: DictConfig) -> Self:
        """The task of a composed configuration, with all its parts. Raises ConfigError for settings that do not fit."""
        raise NotImplementedError(f"{cls.__name__} does not say how it is built from a configuration")

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

    def optimizer_step(
        self, epoch: int, batch_idx: int, optimizer: Any, optimizer_closure: Callable[[], Any] | None = None
    ) -> None:
        """The optimizer's step, after which every process holds the parameters of rank 0, or, of a process alone, several.

        Equal sums that are solved with another number of threads, or on another processor, differ in their last
        digits; without this the processes drift apart, and a checkpoint holds the parameters of rank 0 alone.
        """
        super().optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)
        if self.trainer.world_size > 1:
            parameters = list(self.model.parameters())
            theta = parameters_to_vector(parameters).detach()
            torch.distributed.broadcast(theta, 0)
            with torch.no_grad():
                for p, part in zip(parameters, theta.split([p.numel() for p in parameters]), strict=True):
                    p.copy_(part.view_as(p))
        alone = self.trainer.model is self and self.trainer.accumulate_grad_batches == 1
        if alone and not self.depends_on_batch:
            take_consecutive_steps(self, optimizer, batch_idx)

    def describe(self) -> dict[str, str]:
        """Rows of the table shown before the training."""
        return {}

    def status(self) -> str:
        """What stands beside the progress bar."""
        return ""

    def observe(self) -> Results:
        """The result of the present parameters."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it observes")

    def objective(self, results: Results) -> float | None:
        """The number that a sweeper minimises."""
        return None

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Raises ConfigError for the parameters of another model, or of another version of it."""
        try:
            return super().load_state_dict(state_dict, strict, assign)
        except RuntimeError as error:
            told = str(error).strip().splitlines()[-1].strip().rstrip(".")
            raise ConfigError(
                f"the checkpoint's parameters are not those of this model ({told}): train it anew in another directory, or go on "
                "with the settings and the version that made it"
            ) from error

    def transfer_batch_to_device(self, batch: int, device: torch.device, dataloader_idx: int) -> int:
        """A step number needs no device."""
        return batch

    def __setattr__(self, name: str, value: Any) -> None:
        # Lightning sets this forty times a step, and torch looks each time whether it is a parameter: 4 % of the step of the
        # separable toy (benchmarks/inverse_training.py; CPU time, paired within one run, 3 to 5 % in five measurements)
        if name == "_current_fx_name":
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)


def build_optimizer(config: DictConfig) -> Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]:
    """The optimizer, but for the parameters. Raises ConfigError for settings that it refuses, such as lr=-1."""
    make = instantiate(config.optimizer.optimizer)
    try:
        make([torch.zeros(1, requires_grad=True)])
    except (TypeError, ValueError) as error:
        raise ConfigError(f"optimizer.optimizer: {error}") from error
    return make


def build_observables(config: DictConfig) -> dict[str, Any]:
    """Those of the configuration by name, without what was set to null."""
    parts = config.get("observables") or {}
    return {str(name): instantiate(part, _convert_="all") for name, part in parts.items() if part is not None}


def build_scheduler(config: DictConfig) -> Callable[[torch.optim.Optimizer], Any] | None:
    """The scheduler of the learning rate, but for the optimizer; None where there is none."""
    node = config.optimizer.get("scheduler")
    return None if node is None else instantiate(node)


class Steps(torch.utils.data.IterableDataset[int]):
    """0, 1, 2, … without end."""

    def __iter__(self) -> Iterator[int]:
        return itertools.count()
