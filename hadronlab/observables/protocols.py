"""What an observable is: a class of either kind, chosen by config; a user's own works by `_target_`.

conf/observables/phase_shifts.yaml      phase_shifts: {_target_: hadronlab.observables.phase_shifts.PhaseShifts}
observables=[default,femtoscopy]        adds one to those that a task measures by default
observables.femtoscopy.radii=[1.0]      a setting of a chosen one
~observables.phase_shifts               leaves one out
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Protocol, runtime_checkable

from torch import Tensor

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.levels import Levels
from hadronlab.observables.results import Results
from hadronlab.observables.samples import Evaluation, Samples


class PotentialObservable(Protocol):
    """Of the inverse problem: sees the learned potential on every bin."""

    task: ClassVar[str] = "inverse"

    def observe(self, learned: LearnedPotential) -> Results:
        """Estimates by name (see `LearnedPotential.estimate`), warnings, references."""
        ...


class SampleObservable(Protocol):
    """Of a few-body state: gives numbers for every sample, of which the framework makes means with errors."""

    task: ClassVar[tuple[str, ...]] = ("vmc", "spectrum")

    def measure(self, samples: Samples) -> Mapping[str, Tensor]:
        """By name (batch,), or (n, batch) for an array of n numbers a sample."""
        ...

    def conclude(self, means: Mapping[str, Estimate], evaluation: Evaluation) -> Results:
        """What the means of `measure` (by its names) say; units are given here."""
        return Results(dict(means))


@runtime_checkable
class HasClosedElements(Protocol):
    """An observable of a few-body state that knows its matrix elements between Gaussians: it needs no samples of their levels."""

    def of_levels(self, levels: Levels) -> Results:
        """What `conclude` says of the lowest level, under the same names."""
        ...


@runtime_checkable
class SeesChannels(Protocol):
    """An observable of the inverse problem that knows what to do with several channels."""

    sees_channels: ClassVar[bool]


@runtime_checkable
class AsksNuisances(Protocol):
    """An observable that needs nuisance parameters of certain names, of which it says before a training if they are missing."""

    def check(self, fitted: Collection[str]) -> None:
        """Raises ConfigError where one that it needs is not among those that are fitted."""
        ...


@runtime_checkable
class Drawable(Protocol):
    """An observable with a picture of its own, which takes the name of the observable."""

    def draw(self, results: Results, figure: Any) -> Any:
        """A figure made by figure(rows, columns, figsize=…) → (figure, axes), or None where there is nothing to draw."""
        ...
