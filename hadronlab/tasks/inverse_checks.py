"""What is told before an inverse problem is trained: parts that do not fit the channels of the data, nuisance
parameters that there are not, refits beyond the memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hadronlab.data.diagnostics import effective_rank
from hadronlab.errors import ConfigError
from hadronlab.losses.loss import LinearLoss
from hadronlab.observables.protocols import AsksNuisances, SeesChannels
from hadronlab.optim.least_squares import LeastSquares

if TYPE_CHECKING:
    from hadronlab.tasks.inverse import InverseTask


def check(task: InverseTask) -> None:
    """Raise ConfigError for whatever of this would only be met after the training."""
    _check_channels(task)
    for observable in task.observables.values():
        if isinstance(observable, AsksNuisances):
            observable.check(task.least_squares().named_nuisances)
    if task.terms.bins.count and task.refit_steps:
        _check_refits(task.least_squares())


def _check_channels(task: InverseTask) -> None:
    """Raise ConfigError where a part of the task is not for the channels of the data, or these have too few sources."""
    model, data = task.model, task.data
    count, names = max(1, len(data.channels)), ", ".join(data.names)
    if model.channels != count:
        has = (
            f"{count} channels ({names}): choose model=hybrid_coupled"
            if names
            else "one: choose model=hybrid"
        )
        of = "one channel" if model.channels == 1 else f"{model.channels} channels"
        raise ConfigError(
            f"model {type(model).__name__} is of {of}, and the data have {has}, or another of that kind"
        )
    if not data.channels:
        return
    for name, observable in task.observables.items():
        if not isinstance(observable, SeesChannels):
            raise ConfigError(
                f"observables.{name} is of one channel, and the data have {names}: choose observables=coupled"
            )
    for name, loss in task.terms.losses.items():
        if not isinstance(loss, LinearLoss):
            raise ConfigError(f"loss.{name} is of one channel, and the data have {names}: leave it out")
    if task.starts.names != "auto":
        raise ConfigError(
            f"task.starts={task.starts.names} is of one channel, and the data have {names}: leave it out"
        )
    sources = list(dict.fromkeys(data.sources))
    if len(sources) < model.sources_needed:
        raise ConfigError(
            f"{count} channels need at least {model.sources_needed} sources for {type(model).__name__}, one that starts in each "
            f"channel; there {'is' if len(sources) == 1 else 'are'} {len(sources)} ({', '.join(sources)}), of joint rank "
            f"{effective_rank(data)}"
        )


def _check_refits(problem: LeastSquares) -> None:
    """Raise ConfigError where the refits of the resampling bins are too large for this machine."""
    needed = problem.bytes_needed
    if needed > memory():
        raise ConfigError(
            f"refitting {problem.size} parameters to the bins takes {needed / 1e9:.0f} GB, and this machine has "
            f"{memory() / 1e9:.0f}: choose a smaller model, such as model=hybrid, or task.refit_steps=0 for no errors"
        )


def memory() -> int:
    """Bytes of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
