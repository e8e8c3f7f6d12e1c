"""What several states of a variational run need beside one: Ritz vectors from walkers of their own, and names for the results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.estimates.streams import stream_seed
from hadronlab.observables.results import Results
from hadronlab.observables.transitions import transitions
from hadronlab.sampling.local_energy import local_energy
from hadronlab.sampling.ritz import equilibrate, overlaps, ritz

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hadronlab.tasks.vmc import VMCTask

WALKERS, STEPS = 500, 60
"""of every state, whose samples make the Ritz vectors"""


def fix_states(task: VMCTask) -> list[float]:
    """Make the states of the model the Ritz vectors of new walkers; the bias that is left, in the unit of the energy.

    Levels of n samples lie too low, as c/n: those of two halves of the walkers, in the mean, by c/n more than those of all.
    The energies of the fixed vectors have no such bias on other walkers, but errors of the same size and of either sign.
    """
    model, states = task.model, task.model.n_states
    if states == 1:
        return [0.0]
    sampler = task.make_sampler(model, n_walkers=WALKERS * states, seed=stream_seed(task.seed, "vectors"))
    equilibrate(model, sampler, task.burn_in)
    sampler.adapt = False
    halves = [slice(0, None, 2), slice(1, None, 2)]
    sums = torch.zeros(2, 2, states, states, dtype=torch.float64, device=sampler.device)
    for _ in range(STEPS):
        local = local_energy(model, *sampler.sample())
        sums += torch.stack([overlaps(local.some(half), states) for half in halves])
    found = ritz(sums.mean(0) / STEPS)
    model.rotate(found.vectors)
    apart = torch.stack([ritz(half / STEPS).energies for half in sums]).mean(0)
    return ((apart - found.energies).abs() * task.system.to_unit).tolist()


def connect(task: VMCTask) -> Results:
    """What connects the states of the model, from walkers of their own; nothing of one state."""
    states = task.model.n_states
    if states == 1:
        return Results()
    sampler = task.make_sampler(
        task.model, n_walkers=WALKERS * states, seed=stream_seed(task.seed, "transitions")
    )
    sampler.sample(task.burn_in)
    sampler.adapt = False
    return transitions(task.model, sampler, STEPS)


def of_all_states(task: VMCTask, found: Sequence[Results], biases: Sequence[float]) -> Results:
    """The results of the lowest state, and of every state k under NAME.k; of one state what it is.

    Levels above the lowest threshold are said to be so: they are made by the reach of the wave function, no resonances.
    """
    if len(found) == 1:
        return found[0]
    result, unit, threshold = Results(), task.system.energy_unit, task.threshold
    result.add(found[0])
    for k, state in enumerate(found):
        energy = state.estimates["energy"]
        own = Part(np.array([energy.value + biases[k]]), "systematic")
        energy = replace(energy, parts={**energy.parts, "vectors": own})
        above = threshold is not None and energy.value > threshold.energy
        for name, estimate in state.estimates.items():
            if not name.startswith(("threshold", "binding_energy")):
                result.estimates[f"{name}.{k}"] = estimate
        result.estimates[f"energy.{k}"] = replace(energy, name="box-like" if above else "")
        if k == 0:
            result.estimates["energy"] = energy
        else:
            result.warnings += [f"state {k}: {warning}" for warning in state.warnings]
        if threshold is not None and energy.value < threshold.energy - 2 * energy.error:
            below = energy.map(lambda e: threshold.energy - e, unit)
            result.estimates[f"binding_energy.{k}"] = below
            result.estimates |= {"binding_energy": below} if k == 0 else {}
    try:
        thresholds = task.system.thresholds()
    except ConfigError:
        thresholds = [] if threshold is None else [threshold]
    if threshold is not None:
        rows, energies = tuple(t.name for t in thresholds), [t.energy for t in thresholds]
        result.estimates["thresholds"] = Estimate(energies, unit, rows=rows)
        number = sum(result.scalars[f"energy.{k}"].name == "box-like" for k in range(len(found)))
        if number:
            result.warnings.append(
                f"{number} of {len(found)} levels lie above the threshold {threshold.name} at {threshold.energy:.7g} {unit}: "
                "they are states of the box that the wave function makes, not resonances"
            )
    return result
