"""The result of a spectrum: observables of the levels of the last stage of the basis."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from hadronlab.estimates.estimate import Estimate
from hadronlab.estimates.streams import stream_seed
from hadronlab.observables.evaluation import evaluate
from hadronlab.observables.levels import Levels
from hadronlab.observables.protocols import HasClosedElements, SampleObservable
from hadronlab.observables.results import Results
from hadronlab.physics.few_body.gaussians.draws import Draws
from hadronlab.sampling.independent import IndependentSampler
from hadronlab.systems.fine_structure import left_out
from hadronlab.systems.spectra import in_unit, split

if TYPE_CHECKING:
    from hadronlab.tasks.spectrum import SpectrumTask


def observed(task: SpectrumTask) -> Results:
    """Matrix elements, and samples of the lowest level where an observable needs them."""
    solved = task.solver.spectrum()
    task.model.cpu().take_coefficients(solved)
    task.model.put(task.solver.parameters)
    system, found = split(task.system, solved)
    levels = Levels(system, in_unit(system, found), task.thresholds, task.accuracy)
    result = Results({"energy": levels.energy})
    sampled: dict[str, SampleObservable] = {}
    for name, observable in task.observables.items():
        if isinstance(observable, HasClosedElements):
            result.add(observable.of_levels(levels))
        else:
            sampled[name] = observable
    if sampled:
        result.add(_sampled(task, sampled, Draws.of(task.system, found)))
        result.estimates["energy"] = levels.energy  # which has no statistical error
    if task.no_threshold:
        result.warnings.append(f"the threshold is unknown, bound or not: {task.no_threshold}")
    result.warnings += left_out(system)
    if task.history:
        result.estimates["training_energy"] = Estimate(
            np.array([task.history, np.zeros(len(task.history))]),
            levels.energy.unit,
            rows=("energy", "error"),
        )
    return result


def _sampled(task: SpectrumTask, observables: Mapping[str, SampleObservable], draws: Draws | None) -> Results:
    samples = task.evaluation_samples or 40 * task.evaluation_walkers
    walkers = max(1, min(task.evaluation_walkers, samples // 2))
    return evaluate(
        task.model,
        observables,
        task.threshold,
        n_samples=min(max(samples, 2 * walkers), task.max_samples),
        n_walkers=walkers,
        thermalisation=task.burn_in,
        seed=stream_seed(task.seed, "evaluation"),
        max_seconds=None if task.deadline is None else max(0.0, task.deadline - time.monotonic()),
        make_sampler=task.make_sampler
        if draws is None
        else lambda _, **given: IndependentSampler(draws, **given),
    )
