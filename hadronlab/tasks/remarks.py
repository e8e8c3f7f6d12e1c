"""What a reader of a variational result must know beside its numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hadronlab.observables.results import Results
from hadronlab.systems.fine_structure import left_out
from hadronlab.tasks.settling import above_threshold, trend

if TYPE_CHECKING:
    from hadronlab.tasks.vmc import VMCTask


def warn(task: VMCTask, result: Results) -> None:
    """Of a threshold and of forces that are not known, and where training or statistics fell short of `target_error`."""
    if task.threshold is None and task.no_threshold:
        result.warnings.append(f"the threshold is unknown, bound or not: {task.no_threshold}")
    result.warnings += left_out(task.system)
    energy = result.estimates["energy"]
    if (energy.error or 0.0) > task.target_error:
        result.warnings.append(
            f"the statistical error {energy.error:.2g} {energy.unit} exceeds target_error={task.target_error:g}: "
            "evaluate with more --samples"
        )
    if not task.history:
        return
    (fall, error), (above, _) = trend(task), above_threshold(task)
    down_to = ""
    if 0 < above < fall < math.inf:  # further down there is nothing unless it is bound
        assert task.threshold is not None
        fall, down_to = above, f" down to the threshold {task.threshold.name}, more only if it is bound"
    if not math.isfinite(fall):
        result.warnings.append(
            f"{len(task.history)} steps are too few to tell whether the energy was still falling: train longer "
            "(trainer.max_steps, trainer.max_time)"
        )
    elif fall > max(task.target_error, 3 * error):
        result.warnings.append(
            f"the energy was still falling, by about {fall:.2g} {energy.unit} to come{down_to}: train longer "
            "(trainer.max_steps)"
        )
