"""Stages of a training: how many samples, how long a step, which momentum and clipping, by optimiser step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from hadronlab.errors import ConfigError

ANNEALED = 0.02  # what annealing leaves of the learning rate


@dataclass(frozen=True)
class Stage:
    """One stretch of a training, up to the step `until` (None: to the end).

    walkers: times `sampler.n_walkers`; n_walkers: their number itself, in place of that; rate: times the learning
    rate; momentum: of SPRING in the natural gradient, 0 for none; clip: reach of the local energies in a gradient,
    in mean deviations from their median, None for no clipping.
    """

    until: int | None = None
    walkers: float = 1.0
    rate: float = 1.0
    momentum: float = 0.0
    clip: float | None = 40.0
    n_walkers: int | None = None

    def __post_init__(self) -> None:
        if self.n_walkers is not None and self.n_walkers < 1:
            raise ConfigError(f"schedule: a stage with n_walkers={self.n_walkers}: need one or more")
        if not (self.walkers > 0 and self.rate > 0 and 0 <= self.momentum < 1) or (
            self.clip is not None and not self.clip > 0
        ):
            raise ConfigError(
                f"schedule: a stage with walkers={self.walkers}, rate={self.rate}, momentum={self.momentum}, "
                f"clip={self.clip}: need walkers, rate and clip above 0, and momentum in [0, 1)"
            )


@dataclass(frozen=True)
class Schedule:
    """Stages by name, in order; the last one lasts until the training ends.

    pace: multiplies every step number below, for systems that need longer. gain: multiplies the learning rate, below 1
    for loosely bound ones, which long steps tear apart. decay: steps after which the learning
    rate has halved, as 1/(1 + step/decay); None for a constant one. average: from the last stage on keep the
    running mean of the parameters, later ones weighted more. keep, keep_every: the latest parameter sets of the last
    stage, and the steps between them, kept for the final evaluation in place of the very last one; keep = 1: that one.
    [DeepQuark, App. B: 10, 50]
    compare_samples: samples of each set when the best one is chosen; the numbers come from others; None: as many as a third
    of the task's target_error asks for. anneal: share of all `steps` (trainer.max_steps), at the end of the training, in
    which the rate falls linearly to a fiftieth.
    """

    stages: Mapping[str, Stage]
    pace: float = 1.0
    gain: float = 1.0
    decay: float | None = None
    average: bool = False
    keep: int = 1
    keep_every: int = 50
    compare_samples: int | None = None
    anneal: float = 0.0
    steps: int | None = None

    def __post_init__(self) -> None:
        ends = [stage.until for stage in self.stages.values()]
        if not ends or ends[-1] is not None or None in ends[:-1] or ends[:-1] != sorted(set(ends[:-1])):  # type: ignore[type-var]
            raise ConfigError(
                f"schedule.stages end at {ends}: rising steps, and null for the last stage alone"
            )
        if (
            not self.pace > 0
            or not self.gain > 0
            or (self.decay is not None and not self.decay > 0)
            or self.keep < 1
            or self.keep_every < 1
        ):
            raise ConfigError(
                f"schedule: pace={self.pace}, gain={self.gain}, decay={self.decay}, keep={self.keep}, keep_every={self.keep_every}: "
                "must be positive"
            )
        if not 0 <= self.anneal <= 1 or (self.anneal and (self.steps or -1) < 1):
            raise ConfigError(
                f"schedule: anneal={self.anneal} of steps={self.steps}: need a share of 0 to 1, and trainer.max_steps "
                "above 0, for the learning rate falls towards the last step"
            )

    def stage(self, step: int) -> Stage:
        """The stage that `step` (counted from 0) belongs to."""
        ends = ((stage.until, stage) for stage in self.stages.values())
        return next(stage for until, stage in ends if until is None or step < until * self.pace)

    def rate(self, step: int) -> float:
        """What multiplies the learning rate."""
        decayed = 1.0 if self.decay is None else 1.0 / (1.0 + step / (self.decay * self.pace))
        return self.gain * self.stage(step).rate * decayed * self._annealed(step)

    def _annealed(self, step: int) -> float:
        if not self.anneal or self.steps is None:
            return 1.0
        return min(1.0, max(ANNEALED, (1.0 - step / self.steps) / self.anneal))

    @property
    def last_stage_start(self) -> int:
        """The step at which the last stage begins; annealing counts as one from its middle on."""
        if self.anneal and self.steps is not None:
            return int(self.steps * (1.0 - self.anneal / 2.0))
        ends = [stage.until for stage in self.stages.values() if stage.until is not None]
        return math.ceil(ends[-1] * self.pace) if ends else 0
