"""The energy against what it is to be compared with: the lowest threshold, and the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.levels import Levels
from hadronlab.observables.protocols import SampleObservable
from hadronlab.observables.results import Results
from hadronlab.observables.samples import Evaluation, Samples
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.references import references

FAR_ABOVE = 1.0  # MeV; what begins apart ends nearer to its threshold


class Binding(SampleObservable):
    """`threshold`, and `binding_energy` = threshold − E where E lies below it by two errors: positive when bound."""

    def measure(self, samples: Samples) -> Mapping[str, Tensor]:
        return {}

    def conclude(self, means: Mapping[str, Estimate], evaluation: Evaluation) -> Results:
        result = compared(evaluation.system)
        if evaluation.threshold is not None:
            _below(evaluation, result)
        energy, reference = evaluation.energy, result.reference.get("energy", {})
        if "error" in reference:
            margin = 3 * math.hypot(energy.error or 0.0, reference["error"])
            if energy.value < reference["value"] - margin:
                result.warnings.append(
                    f"energy {energy} lies below the reference {reference['value']} by more than three standard errors"
                )
        return result

    def of_levels(self, levels: Levels) -> Results:
        """Of every level that lies below the lowest threshold: `binding_energy`, `binding_energy.1`, …"""
        result, energy, threshold = compared(levels.system), levels.energy, levels.threshold
        if threshold is not None:
            result.estimates["threshold"] = Estimate(threshold.energy, energy.unit, name=threshold.name)
            for k, level in enumerate(levels.energies):
                if level.value < threshold.energy:
                    name = f"binding_energy.{k}" if k else "binding_energy"
                    result.estimates[name] = level.map(lambda e: threshold.energy - e, energy.unit)
            if "binding_energy" not in result.estimates:
                result.warnings.append(
                    f"no bound state: E = {energy.value:.7g} {energy.unit}, an upper bound, lies above the threshold "
                    f"{threshold.name} at {threshold.energy:.7g} {energy.unit}"
                )
        reference = result.reference.get("energy", {})
        if "error" in reference and energy.value < reference["value"] - 3 * reference["error"]:
            result.warnings.append(
                f"energy {energy.value:.9g} lies below the reference {reference['value']} by more than three errors of that"
            )
        return result


def compared(system: FewBodySystem) -> Results:
    """What is known of the system, the computed rather than the published."""
    known = references(system)
    return Results(reference={**known["paper"], **known["reference"]})


def _below(evaluation: Evaluation, result: Results) -> None:
    threshold, energy = evaluation.threshold, evaluation.energy
    assert threshold is not None
    unit, above = energy.unit, float(energy.value) - threshold.energy
    result.estimates["threshold"] = Estimate(threshold.energy, unit, name=threshold.name)
    if above < -2 * (energy.error or 0.0):
        result.estimates["binding_energy"] = energy.map(lambda e: threshold.energy - e, unit)
        return
    result.warnings.append(
        f"no bound state: E = {energy} does not lie below the threshold {threshold.name} "
        f"at {threshold.energy:.6g} {unit} by two standard errors"
    )
    if unit == "MeV" and above > FAR_ABOVE:
        model = "equivariant" if evaluation.system.n_particles == 6 else "molecular"
        result.warnings.append(
            f"{above:.2g} MeV above the threshold leave room for one: train longer, with model={model} if another is chosen"
        )
