"""What a variational run says of itself: the table before the training, the line beside the progress bar, what loggers and
guards are told."""

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
    if task.model.n_states > 1:
        rows["states"] = str(task.model.n_states)
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
    if task.model.n_states > 1:
        levels = ", ".join(f"{e:.7g}" for e in task.record.recent)
        return f"E = {levels} {task.system.energy_unit}  acceptance {task.sampler.acceptance:.2f}"
    energy = Estimate.quoted(found.mean, found.error, task.system.energy_unit)
    line = f"E = {energy}  acceptance {task.sampler.acceptance:.2f}"
    return line + (f"  E − ({threshold.name}) = {found.mean - threshold.energy:.5g}" if threshold else "")


def logged_row(task: VMCTask) -> dict[str, float]:
    """Of the steps since the last one, for the loggers; of several states `energy` is the mean level."""
    found, sampler = task.record.summarise(task.processes), task.sampler
    levels = task.record.recent if task.model.n_states > 1 else []
    return {
        "energy": found.mean,
        "energy_error": found.error,
        "local_energy_std": found.std,
        "acceptance": sampler.acceptance,
        "r_hat": found.r_hat,
        "tau_corr": found.tau_corr,
        "walkers": sampler.n_walkers * task.processes.size,
        **{f"energy.{k}": level for k, level in enumerate(levels)},
        **{f"step.{move}": size for move, size in sampler.step_sizes.items()},
    }


def health(task: VMCTask) -> dict[str, float]:
    """What the guards watch; of several states the energy is the lowest level."""
    if not task.history:
        return {}
    energy, error = task.history[-1]
    if (
        task.model.n_states > 1
    ):  # a bound is one on the lowest; a level that is not finite leaves none that is
        energy, error = task.record.levels[-1][0], task.record.level_errors[-1][0]
    known = task.reference.get("energy", {})
    bound = {"energy_bound": known["value"] - 3 * known["error"]} if "error" in known else {}
    latest, enough = task.record.latest, float(task.sampler.proposed.sum()) >= 50
    rise = task.record.rise()
    return {
        "energy": energy,
        "energy_error": error,
        **({"acceptance": task.sampler.acceptance} if enough else {}),
        **({"r_hat": latest.r_hat} if latest is not None and latest.r_hat == latest.r_hat else {}),
        **({} if rise is None else {"energy_rise": rise[0], "energy_rise_error": rise[1]}),
        **bound,
    }
