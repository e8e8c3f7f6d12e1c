"""How likely every colour, spin and isospin state is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.levels import Levels
from hadronlab.observables.protocols import SampleObservable
from hadronlab.observables.results import Results
from hadronlab.observables.samples import Evaluation, Samples
from hadronlab.physics.few_body.gaussians.expectations import channel_weights
from hadronlab.systems.few_body import FewBodySystem


class Fractions(SampleObservable):
    """`color_fraction.<label>`, `spin_fraction.<label>`, `isospin_fraction.<label>` where there is more than one."""

    def measure(self, samples: Samples) -> Mapping[str, Tensor]:
        return {name: samples.local.weights[mask].sum(0) for name, mask in channels_of(samples.system)}

    def conclude(self, means: Mapping[str, Estimate], evaluation: Evaluation) -> Results:
        return Results({name: means[name] for name, _ in channels_of(evaluation.system)})

    def of_levels(self, levels: Levels) -> Results:
        weights = channel_weights(levels.system, levels.found)[0]
        return Results({name: Estimate(weights[mask].sum()) for name, mask in channels_of(levels.system)})


def channels_of(system: FewBodySystem) -> Iterator[tuple[str, Tensor]]:
    """Which channels (n,) make up every state, by the name of its fraction."""
    kinds = ("color_fraction", "spin_fraction", "isospin_fraction")
    labels = (system.color_labels, system.spin_labels, system.isospin_labels)
    for column, (kind, names) in enumerate(zip(kinds, labels, strict=True)):
        if len(names) > 1:
            for k, name in enumerate(names):
                yield f"{kind}.{name}", system.channel_indices[:, column] == k
