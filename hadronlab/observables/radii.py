"""How far the particles of a pair are from each other."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.levels import Levels
from hadronlab.observables.protocols import SampleObservable
from hadronlab.observables.results import Results
from hadronlab.observables.samples import Evaluation, Samples
from hadronlab.physics.few_body.gaussians.expectations import rms_distances


class Radii(SampleObservable):
    """`rms_radius.<pair>`: √ of the mean over the pairs of one class of ⟨r²⟩."""

    def measure(self, samples: Samples) -> Mapping[str, Tensor]:
        distances = samples.local.distances
        return {
            f"rms_radius.{name}": distances[pairs].square().mean(0)
            for name, pairs in samples.system.pair_classes.items()
        }

    def conclude(self, means: Mapping[str, Estimate], evaluation: Evaluation) -> Results:
        names = [f"rms_radius.{pair}" for pair in evaluation.system.pair_classes]
        length = evaluation.system.length_unit
        return Results({name: means[name].map(lambda square: square**0.5, length) for name in names})

    def of_levels(self, levels: Levels) -> Results:
        system = levels.system
        squares = rms_distances(system, levels.found)[0] ** 2
        return Results(
            {
                f"rms_radius.{name}": Estimate(squares[pairs].mean() ** 0.5, system.length_unit)
                for name, pairs in system.pair_classes.items()
            }
        )
