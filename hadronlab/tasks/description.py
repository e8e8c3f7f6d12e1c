"""What a variational run says of itself: the table before the training, the line beside the progress bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hadronlab.estimates.estimate import Estimate

if TYPE_CHECKING:
    from hadronlab.tasks.vmc import VMCTask


def description(task: VMCTask) -> dict[str, str]:
    """Rows of the table shown before the training."""
    system, threshold, known = task.system, task.threshold, task.reference.get("energy")
    channels = ", ".join(system.channel_labels[:4]) + (", …" if system.n_channels > 4 else "")
    stages = task.schedule.stages.values()
    numbers = dict.fromkeys(s.n_walkers or max(1, round(task.n_walkers * s.walkers)) for s in stages)
    walkers = ", then ".join(map(str, numbers))
    rows = {
        "particles": f"{' '.join(system.labels)}, {system.quantum_numbers}",
        "channels": f"{system.n_channels}: {channels}" if system.n_channels > 1 else "1",
        "parameters": str(task.model.n_parameters),
        "walkers": f"{walkers}, {task.sampler.sweeps} sweeps a step",
        "target error": f"{task.target_error:g} {system.energy_unit}",
    }
    if threshold is not None:
        rows["threshold"] = f"{threshold.name} at {threshold.energy:.6g} {system.energy_unit}"
    elif task.no_threshold:
        rows["threshold"] = f"unknown: {task.no_threshold}"
    if known is not None:
        rows["reference"] = f"{known['value']} {system.energy_unit} ({known['source']})"
    return rows


def status_line(task: VMCTask) -> str:
    """E ± σ, acceptance, and the distance to the threshold, of the last logged row."""
    found, threshold = task.record.latest, task.threshold
    if found is None:
        return ""
    energy = Estimate.quoted(found.mean, found.error, task.system.energy_unit)
    line = f"E = {energy}  acceptance {task.sampler.acceptance:.2f}"
    return line + (f"  E − ({threshold.name}) = {found.mean - threshold.energy:.5g}" if threshold else "")
