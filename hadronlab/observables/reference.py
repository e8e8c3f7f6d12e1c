"""A reference for a variational run, solved for in correlated Gaussians."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from torch import Tensor

from hadronlab.data.solved_levels import solved_levels
from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.binding import Binding
from hadronlab.observables.fractions import Fractions
from hadronlab.observables.levels import Levels
from hadronlab.observables.protocols import SampleObservable
from hadronlab.observables.radii import Radii
from hadronlab.observables.results import Results
from hadronlab.observables.samples import Evaluation, Samples

BELOW = 3.0  # standard errors


class Reference(SampleObservable):
    """What energy, binding, radii and fractions are compared with: the same system in correlated Gaussians, kept on disk.

    accuracy: of the energy, MeV (leptons: Hartree); None: a thousandth of the natural one, 0.01 MeV or 1e-6 Hartree. seconds: no
    larger basis is begun that would take longer. What remains of the energy, extrapolated, is the reference's error.
    """

    task: ClassVar[tuple[str, ...]] = ("vmc",)

    def __init__(self, accuracy: float | None = None, seconds: float = 120.0) -> None:
        if not seconds > 0 or (accuracy is not None and not accuracy > 0):
            raise ConfigError(
                f"observables.reference: accuracy={accuracy}, seconds={seconds}: both must be positive"
            )
        self.accuracy, self.seconds = accuracy, seconds

    def measure(self, samples: Samples) -> Mapping[str, Tensor]:
        return {}

    def conclude(self, means: Mapping[str, Estimate], evaluation: Evaluation) -> Results:
        system, unit = evaluation.system, evaluation.system.energy_unit
        accuracy = self.accuracy or (0.01 if unit == "MeV" else 1e-6)
        try:
            found = solved_levels(system, accuracy=accuracy, seconds=self.seconds)
        except ConfigError as error:  # such as forces that are none of pairs
            return Results(warnings=[f"no reference from correlated Gaussians: {error}"])
        thresholds = [] if evaluation.threshold is None else [evaluation.threshold]
        levels = Levels(system, found, thresholds, accuracy)
        of_levels = Results({"energy": levels.energy})
        for observable in (Binding(), Radii(), Fractions()):
            of_levels.add(observable.of_levels(levels))
        source = f"correlated Gaussians, {len(found.exponents)} of them, {found.stages[-1].seconds:.0f} s"
        result = Results()
        for name, estimate in of_levels.scalars.items():
            known = {"value": estimate.value, "unit": estimate.unit, "source": source}
            result.reference[name] = known if estimate.error is None else {**known, "error": estimate.error}
        if not found.remaining[0] <= accuracy:
            known = np.isfinite(found.remaining[0])
            remains = f"about {found.remaining[0]:.2g} {unit} remain" if known else "what remains is unknown"
            result.warnings.append(
                f"the reference is not converged to {accuracy:.2g} {unit} in {self.seconds:g} s: {remains}; "
                "give observables.reference.seconds more"
            )
        below = found.energies[0] - found.remaining[0] - float(evaluation.energy.value)
        if below > BELOW * (evaluation.energy.error or 0.0):
            result.warnings.append(
                f"energy {evaluation.energy} lies below that in correlated Gaussians, {levels.energy}, by more than three "
                "standard errors"
            )
        return result
