"""Whether a variational training has settled, and where: far above or below its lowest threshold it begins anew."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from hadronlab.estimates import trend as trends
from hadronlab.estimates.streams import stream_seed
from hadronlab.optim.parameter_sets import ParameterSets

if TYPE_CHECKING:
    from hadronlab.tasks.vmc import VMCTask

RECENT = 50  # steps whose energy is compared with the threshold
DEEP = 1.0  # `binding` of hadrons that are none any more


def remaining_descent(task: VMCTask) -> tuple[float, float]:
    """How far the energy, or the slowest of several levels, still has to fall, and the error of that, `energy_unit`: by the trend,
    and of what lies above its lowest threshold at least the distance.
    """
    return max(trend(task), above_threshold(task), key=sum)


def trend(task: VMCTask) -> tuple[float, float]:
    """The fall to come of the slowest level, and its error, from the trend of the last stage. A level that rises by more than
    chance has not settled: as far as it rose counts as to come.
    """
    if len(task.history) <= task.begun:
        return math.inf, math.inf
    levels = torch.tensor([task.record.levels, task.record.level_errors], dtype=torch.float64)
    falls = [
        trends.remaining_descent(energy, error, task.last_stage_start - task.begun)
        for energy, error in levels[:, task.begun :].permute(2, 0, 1)
    ]
    return max(((-fall if fall < -3 * error else fall, error) for fall, error in falls), key=sum)


def above_threshold(task: VMCTask) -> tuple[float, float]:
    """How far the energy of the last steps lies above the lowest threshold, and the error of that; -inf where there is none,
    and of several states.
    """
    recent = task.history[task.begun :][-RECENT:]
    if task.threshold is None or task.model.n_states > 1 or not recent:
        return -math.inf, 0.0
    energy, error = torch.tensor(recent, dtype=torch.float64).T
    return float(energy.mean()) - task.threshold.energy, float(error.norm()) / len(error)


def better_binding(task: VMCTask, settled: bool) -> float | None:
    """The `binding` with which the training had better begin anew, if it has not yet.

    ∞, without tails between hadrons, where these would fall off within the size of the system, even at the present energy, an upper
    bound: slower ones are hardly ever seen by walkers, which linger there. That of hadrons apart where it has settled above the
    lowest threshold by more than `target_error`: what is bound is not there.
    """
    (above, uncertain), first = above_threshold(task), task.model.binding
    if task.make_anew is None or first is None or not math.isfinite(above):
        return None
    bound = max(0.0, -above - 2 * uncertain) / task.system.to_unit
    if len(task.history) >= RECENT and task.model.binding_at(bound) > max(first, DEEP):
        return math.inf
    fall, error = trend(task)
    held = settled and above > max(2 * uncertain, task.target_error) and fall + error < above
    return task.model.apart if held else None


def begin_anew(task: VMCTask, binding: float) -> None:
    """Begin anew with this `binding` of the hadrons of the lowest threshold, in the steps that are left."""
    assert task.make_anew is not None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(task.seed, "network", 1, bits=32))
        other = task.make_anew() if binding == math.inf else task.make_anew(binding=binding)
    task.model.load_state_dict(other.state_dict())
    task.model.binding = binding
    if binding == math.inf:
        task.model.lose_tails()
    task.make_anew, task.begun = None, task.global_step
    task.parameter_sets = ParameterSets(task.schedule)
    task.forget_lowest_energy()
    task.fresh_walkers()
