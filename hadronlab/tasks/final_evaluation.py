"""The result of a variational training: the best of its parameter sets, measured on fresh walkers."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from pytorch_lightning.callbacks import Timer
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.estimates.streams import stream_seed
from hadronlab.estimates.trend import slope_in_variance
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.observables.evaluation import evaluate
from hadronlab.observables.results import Results
from hadronlab.sampling.selection import set_energies
from hadronlab.tasks.protocols import SampledEvaluation
from hadronlab.tasks.remarks import warn
from hadronlab.tasks.several_states import connect, fix_states, of_all_states

if TYPE_CHECKING:
    from hadronlab.systems.threshold import Threshold
    from hadronlab.tasks.vmc import VMCTask

log = logging.getLogger(__name__)

FEWEST_WALKERS = 64  # of an evaluation in a hurry; their spread still gives the error
SAMPLES_OF_EACH = 20  # walker at least, for their autocorrelation
COMPARED = (10_000, 40_000)
"""Samples of each parameter set, at least and at most, where the schedule does not say how many."""


def measure(task: VMCTask) -> Results:
    """Unclipped expectation values from fresh walkers, with the best of the parameter sets in the model.

    The sets are compared on walkers of their own, so that the quoted energy is not that of a lucky draw. Sampling
    ends when the error is a third of `target_error`, at `max_samples`, or when the time is spent (see `seconds_left`).
    """
    task.model.eval().to(task.sampler.device)
    task.chosen_parameters = load_best_set(task)
    biases, between = fix_states(task), connect(task)
    found = [_measure_state(task, k) for k in range(task.model.n_states)]
    task.model.cpu()
    result = of_all_states(task, found, biases)
    result.add(between)
    warn(task, result)
    _add_training(task, result)
    return result


def _measure_state(task: VMCTask, k: int) -> Results:
    """Expectation values of one of the states, in its share of the time that is left."""
    threshold, coming = task.threshold if k == 0 else None, task.model.n_states - k
    return measured(task, task.model.state(k), threshold, coming, *[k] * (k > 0))


def measured(
    task: VMCTask,
    wavefunction: WaveFunction,
    threshold: Threshold | None,
    coming: int = 1,
    *which: int,
    error: float | None = None,
) -> Results:
    """Expectation values of a wave function, in its share of the time that is left to it and others still `coming`.

    which: walkers. error: wanted of the energy; None: a third of `target_error`.
    """
    fixed, left = task.evaluation_samples, seconds_left(task)
    walkers = affordable_walkers(
        task, task.burn_in, None if left is None else left / coming / 3, wavefunction
    )
    most = task.max_samples if fixed is None else fixed
    walkers = min(walkers, max(FEWEST_WALKERS, most // SAMPLES_OF_EACH))
    wanted = SAMPLES_OF_EACH * walkers if fixed is None else max(fixed, 2 * walkers)
    left = seconds_left(task)
    result = evaluate(
        wavefunction,
        task.observables,
        threshold,
        target_error=None if fixed is not None else task.target_error / 3 if error is None else error,
        n_samples=wanted,
        max_samples=task.max_samples,
        n_walkers=walkers,
        thermalisation=task.burn_in,
        seed=stream_seed(task.seed, "evaluation", *which),
        max_seconds=None if left is None else left / coming,
        make_sampler=task.make_sampler,
    )
    samples = int(result.scalars["samples"].value)
    if samples < wanted:
        result.warnings.append(f"the time ended the evaluation after {samples} of {wanted} samples")
    return result


Member: TypeAlias = tuple[WaveFunction, Callable[[Tensor], Tensor]]
"""A wave function, and its parameters for those of the task's model."""


def load_best_set(task: VMCTask, members: Sequence[Member] = (), samples: int | None = None) -> str:
    """Load the parameter set of the lowest energy, or of the lowest mean over `members`, into the model; its name.

    samples: of each set with each member, where the schedule does not say how many; None: by the spread of the training.
    """
    theta = parameters_to_vector(task.model.parameters()).detach()
    sets = {k: one.to(task.sampler.device) for k, one in task.parameter_sets.candidates(theta).items()}
    energies, left = dict.fromkeys(sets, 0.0), seconds_left(task)
    parts = members or [(task.model, lambda whole: whole)]
    share = None if left is None else left / 6 / len(parts)
    samples = task.schedule.compare_samples or samples or compared_samples(task)
    sweeps = task.burn_in * (3 + len(sets)) // 4  # of `set_energies`
    for k, (member, own) in enumerate(parts) if len(sets) > 1 else ():
        walkers = affordable_walkers(task, sweeps, share, member)
        walkers = min(walkers, max(FEWEST_WALKERS, samples // SAMPLES_OF_EACH))
        seed = stream_seed(task.seed, "selection", *[k] * bool(members))
        sampler = task.make_sampler(member, n_walkers=walkers, seed=seed)
        owned = {name: own(whole) for name, whole in sets.items()}
        for name, energy in set_energies(member, owned, sampler, samples, task.burn_in, share).items():
            energies[name] += energy / len(parts)
    best = min(sets, key=lambda name: energies[name])
    for name, energy in energies.items() if len(sets) > 1 else ():
        log.info("%s: energy %.8g %s", name, task.record.absolute(energy), task.system.energy_unit)
    vector_to_parameters(sets[best].clone(), task.model.parameters())
    return best


def compared_samples(task: VMCTask) -> int:
    """Samples of each parameter set whose mean, by the spread at the end of the training, has a third of `target_error`."""
    fewest, most = COMPARED
    spread = float("nan") if task.record.latest is None else task.record.latest.std
    wanted = (3 * spread / task.target_error) ** 2
    return max(fewest, math.ceil(wanted)) if wanted < most else most


def affordable_walkers(
    task: VMCTask, sweeps: int, seconds: float | None, wavefunction: WaveFunction | None = None
) -> int:
    """How many of the `evaluation_walkers` reach equilibrium, in so many sweeps, within `seconds`.

    Fewer walkers have a larger error, shorter chains would have a bias.
    """
    if seconds is None:
        return task.evaluation_walkers
    sampler = task.make_sampler(
        wavefunction or task.model, n_walkers=task.evaluation_walkers, seed=stream_seed(task.seed, "timing")
    )
    started = time.monotonic()
    sampler.sample(1)
    sweep = (time.monotonic() - started) / 2  # the density is computed once before it
    share = seconds / (sweeps * sweep)
    return min(task.evaluation_walkers, max(FEWEST_WALKERS, int(share * task.evaluation_walkers)))


def seconds_left(task: VMCTask) -> float | None:
    """What is left until `task.deadline`, or of `trainer.max_time` after the training (with what went before a resume)
    and what came after it; None without such a limit.
    """
    if task.deadline is not None:
        return max(0.0, task.deadline - time.monotonic())
    callbacks = [] if task._trainer is None else task.trainer.callbacks  # type: ignore[attr-defined]
    timer = next((c for c in callbacks if isinstance(c, Timer)), None)
    left = None if timer is None else timer.time_remaining()
    if timer is None or left is None:
        return None
    now = time.monotonic()
    return max(
        0.0, left - (now - (timer.end_time() or now))
    )  # the timer itself stands still after the training


def bound_by(task: Any, asked: str | None, own: Any) -> None:
    """Bound the evaluation of a finished run by the time `asked` for (DD:HH:MM:SS), or else by its `own`, from now on.

    Raises ConfigError for a time that is none, and where it is asked for of a task without walkers.
    """
    if not isinstance(task, SampledEvaluation):
        if asked is not None:
            raise ConfigError("--max-time concerns variational runs: the inverse problem has no walkers")
        return
    try:
        length = Timer(asked if asked is not None else own).time_remaining()
    except MisconfigurationException:
        length = 0.0
    if length is not None and length <= 0:
        raise ConfigError(f"--max-time={asked}: write DD:HH:MM:SS above 0, such as 00:00:05:00")
    task.deadline = None if length is None else time.monotonic() + length


def _add_training(task: VMCTask, result: Results) -> None:
    """The course of the training."""
    unit = task.system.energy_unit
    if not task.history:
        return
    if task.model.n_states > 1:
        levels = np.array(task.record.levels).T
        rows = tuple(map(str, range(len(levels))))
        result.estimates["training_levels"] = Estimate(levels, unit, rows=rows)
        return
    _add_zero_variance(task, result)
    history = np.array(task.history).T
    result.estimates["training_energy"] = Estimate(history, unit, rows=("energy", "error"))


def _add_zero_variance(task: VMCTask, result: Results) -> None:
    """`energy_zero_variance`: E of the result less b σ², b the slope of the training's energies against their variances.

    Its error holds all of b σ²: that E goes on as a straight line to σ = 0 is hoped, not known.
    """
    energy, error = torch.tensor(task.history, dtype=torch.float64).T
    slope, uncertain = slope_in_variance(energy, error, torch.tensor(task.record.variances))
    if slope > 0:  # E falls with σ²: else there is nothing to extrapolate
        final, variance = result.estimates["energy"], result.scalars["local_energy_std"].value ** 2
        moved = final.map(lambda e: e - slope * variance, final.unit)
        part = Part(np.array([moved.value + uncertain * variance, final.value]), "systematic")
        result.estimates["energy_zero_variance"] = replace(
            moved, parts={**moved.parts, "extrapolation": part}
        )
