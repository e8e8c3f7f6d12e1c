"""What a callback, a logger and the run may ask of one another. A class that has the members has the role: no base class
is needed, and what a task lacks is not asked of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.schedule import Stage

if TYPE_CHECKING:
    from pytorch_lightning import Trainer

# ---- of a task


@runtime_checkable
class Health(Protocol):
    """A task that tells numbers of itself which show whether the training goes well (see callbacks/guards.py)."""

    def health(self) -> Mapping[str, float]: ...


@runtime_checkable
class Rehearses(Protocol):
    """A task that can do the work of a step and stay as it is: a trial of what makes it faster (see run/tuning.py)."""

    def rehearse(self) -> None: ...


@runtime_checkable
class Abandons(Protocol):
    """A task whose steps may take minutes, and that can leave one as if it had not begun. Called at any instruction of the step."""

    def abandon(self) -> None: ...


@runtime_checkable
class HasWalkers(Protocol):
    """A task that samples, whose walkers can be drawn anew."""

    def fresh_walkers(self, number: int = 0) -> None: ...


@runtime_checkable
class RemembersEnergy(Protocol):
    """A task that compares its energy with the lowest one so far, which it can forget."""

    def forget_lowest_energy(self) -> None: ...


class Reconfigures(Protocol):
    """A task with samples of |ψ|², that knows where stochastic reconfiguration goes from them."""

    model: Any
    stage: Stage

    def direction(self, solver: DampedSolver, step: float, dtype: torch.dtype) -> Tensor: ...


class Descends(Protocol):
    """A task that knows how far its energy still has to fall, and how well it is to be known."""

    target_error: float
    last_stage_start: int

    def remaining_descent(self) -> tuple[float, float]: ...


@runtime_checkable
class BeginsAnew(Protocol):
    """A task that can begin anew with hadrons that are bound more loosely or more tightly than at first."""

    def better_binding(self, settled: bool) -> float | None: ...

    def begin_anew(self, binding: float) -> None: ...


@runtime_checkable
class Refits(Protocol):
    """A task whose observables need fits to the resampling bins, which its checkpoints may hold."""

    @property
    def refits(self) -> Mapping[str, Any]:
        """As `on_load_checkpoint` takes them; empty before."""
        ...


@runtime_checkable
class SampledEvaluation(Protocol):
    """A task whose final numbers come from samples: their number (None: as many as its error asks for), and the time, on
    the clock of time.monotonic, at which they end (None: no limit).
    """

    evaluation_samples: int | None
    deadline: float | None


@runtime_checkable
class HasThreshold(Protocol):
    """A task that knows the energy, in the unit of its own, at which its system falls apart."""

    @property
    def threshold(self) -> Any: ...


# ---- of a callback


@runtime_checkable
class Saves(Protocol):
    """A callback that keeps checkpoints: it can save one now, and tells whether it did."""

    def save(self, trainer: Trainer) -> bool: ...


@runtime_checkable
class Suspects(Protocol):
    """A callback that can say that the present parameters are none to come back to: no checkpoint is written then."""

    @property
    def suspicious(self) -> bool: ...


@runtime_checkable
class ActsEvery(Protocol):
    """A callback that acts before or after a step only where `global_step` is a multiple of `acts_every`; 0: at no step
    in particular, but soon after something else has happened. One that does not say so is asked at every step.
    """

    @property
    def acts_every(self) -> int: ...


@runtime_checkable
class Damped(Protocol):
    """A callback that solves for the step with a damped metric, whose shift a repair may raise.

    rung: what the last solve took, 'cholesky', 'shift x10', …, 'eigh'.
    """

    @property
    def rung(self) -> str: ...

    def raise_shift(self, factor: float) -> None: ...


@runtime_checkable
class Repairs(Protocol):
    """A callback that goes on with a run that has gone back to an earlier state (see run/fit.py)."""

    repairs: list[str]
    restarts: int
    notes: list[str]
    max_repairs: int

    def note(self, line: str) -> None: ...

    def resume_with(self, repairs: list[str], restarts: int, notes: list[str]) -> None: ...


# ---- of a logger


@runtime_checkable
class TakesResults(Protocol):
    """A logger that wants the results too."""

    def log_results(self, observables: Any, figures: Mapping[str, Path]) -> None: ...


@runtime_checkable
class DrawsLevels(Protocol):
    """A logger that draws horizontal lines, name → energy, beside the curve of the energy."""

    levels: dict[str, float]
