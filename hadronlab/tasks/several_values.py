"""The result of a conditioned network: that of the system's own values, and energies over the range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.models.wavefunctions.conditioned import short
from hadronlab.observables.results import Results
from hadronlab.tasks.final_evaluation import load_best_set, measured
from hadronlab.tasks.remarks import warn

if TYPE_CHECKING:
    from hadronlab.tasks.conditioned import ConditionedTask

COMPARED = 5_000  # samples of a parameter set at each value, where the schedule does not say how many
NAMED = ("energy", "threshold", "binding_energy")


def measure_values(task: ConditionedTask) -> Results:
    """The results of the own system, and of every value the energies `energy.m_b=2.5`, `threshold.m_b=2.5`, `binding_energy.m_b=2.5`.

    Of every number that all values have the array `over_values.NAME`, a row a value; `over_values.m_b` are the values,
    `over_values.trained` says which of them are those of the training. Energies are known to a third of `target_error` for the
    own system, elsewhere to `target_error`.
    """
    model = task.model.eval().to(task.sampler.device)
    members = [
        (member, partial(model.parameters_at, value))
        for member, value in zip(model.members, model.values, strict=True)
    ]
    task.chosen_parameters = load_best_set(task, members, COMPARED)
    values = values_of_result(model.values, task.values)
    others = [value for value in values if value != model.own]
    found = {model.own: measured(task, model.base, model.threshold_at(model.own), len(values))}
    for k, value in enumerate(others):
        threshold, coming, error = model.threshold_at(value), len(others) - k, task.target_error
        found[value] = measured(task, model.at(value), threshold, coming, 1, k, error=error)
    task.model.cpu()
    result = over_values(task, {value: found[value] for value in values})
    warn(task, result)
    return result


def over_values(task: ConditionedTask, found: Mapping[tuple[float, ...], Results]) -> Results:
    """What `measure_values` says of the results at all values."""
    model, result = task.model, Results()
    result.add(found[model.own])
    for value, here in found.items():
        label = model.label(value)
        named = {name: here.scalars[name] for name in NAMED if name in here.scalars}
        result.estimates |= {f"{name}.{label}": estimate for name, estimate in named.items()}
        if value != model.own:
            result.warnings += [f"{label}: {warning}" for warning in here.warnings]
    rows = tuple(map(model.label, found))
    columns = {
        name: [here.scalars[name] for here in found.values()]
        for name in found[model.own].scalars
        if all(name in here.scalars for here in found.values())
    }
    if "threshold" in columns:  # also where it is negative, and nothing bound
        pairs = zip(columns["threshold"], columns["energy"], strict=True)
        columns["binding_energy"] = [e.map(partial(np.subtract, t.value), e.unit) for t, e in pairs]
    result.estimates |= {f"over_values.{name}": stacked(column, rows) for name, column in columns.items()}
    for name, numbers in zip(model.names, zip(*found, strict=True), strict=True):
        result.estimates[f"over_values.{name}"] = Estimate(numbers, rows=rows)
    trained = [float(value in model.values) for value in found]
    result.estimates["over_values.trained"] = Estimate(trained, rows=rows)
    if task.record.levels:
        levels, labels = np.array(task.record.levels).T, tuple(map(model.label, model.values))
        result.estimates["over_values.training"] = Estimate(levels, task.system.energy_unit, rows=labels)
    return result


def stacked(column: Sequence[Estimate], rows: tuple[str, ...]) -> Estimate:
    """Numbers with errors that know nothing of each other, as one array."""
    numbers = np.array([e.value for e in column])
    errors = np.array([e.error or 0.0 for e in column])
    parts = {"walkers": Part(numbers + np.diag(errors), "systematic")} if errors.any() else {}
    return Estimate(numbers, column[0].unit, parts, rows=rows)


def values_of_result(
    trained: Sequence[tuple[float, ...]], asked: Sequence[tuple[float, ...]]
) -> list[tuple[float, ...]]:
    """Those trained at and those asked for; of one number also those halfway between two of the training."""
    halfway = [(short(0.5 * (low[0] + high[0])),) for low, high in pairwise(trained) if len(low) == 1]
    return sorted({*trained, *asked, *halfway})
