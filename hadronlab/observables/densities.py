"""Distributions of distances: within pairs, and from the centre of mass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.observables.levels import Levels
from hadronlab.observables.protocols import SampleObservable
from hadronlab.observables.results import Results
from hadronlab.observables.samples import Evaluation, Samples
from hadronlab.physics.few_body.gaussians.expectations import (
    one_body_densities,
    pair_densities,
    rms_distances,
)
from hadronlab.systems.few_body import FewBodySystem

REACH = 4.0  # of the distances where the density is known in closed form, over the largest rms distance


class Densities(SampleObservable):
    """`pair_density`, a row a class of pairs, and `one_body_density`, a row a flavour, on `distance`: P(d), ∫P dd = 1.

    bins: of the histograms, from zero to beyond the largest distance.
    """

    def __init__(self, bins: int = 120) -> None:
        if bins < 2:
            raise ConfigError(f"observables.densities.bins={bins}: give 2 or more")
        self.bins = bins

    def measure(self, samples: Samples) -> Mapping[str, Tensor]:
        system, r = samples.system, samples.r
        masses = system.masses.to(r)
        radius = (r - torch.einsum("i,ixb->xb", masses / masses.sum(), r)).norm(dim=1)
        groups = [(samples.local.distances, system.pair_classes), (radius, _flavors(system))]
        return {
            f"{name}/{label}": self._histogram(lengths[members], samples.reach)
            for name, (lengths, rows) in zip(("pair_density", "one_body_density"), groups, strict=True)
            for label, members in rows.items()
        }

    def _histogram(self, lengths: Tensor, reach: float) -> Tensor:
        """Density at every sample, (bins, batch), of lengths (n, batch)."""
        width = reach / self.bins
        index = (lengths / width).long().clamp(max=self.bins - 1)
        inside = (lengths < reach).to(lengths) / (len(lengths) * width)
        return lengths.new_zeros(self.bins, lengths.shape[1]).scatter_add_(0, index, inside)

    def conclude(self, means: Mapping[str, Estimate], evaluation: Evaluation) -> Results:
        length = evaluation.system.length_unit
        middle = (np.arange(self.bins) + 0.5) * evaluation.reach / self.bins
        result = Results({"distance": Estimate(middle, length)})
        for name in ("pair_density", "one_body_density"):
            rows = {key.partition("/")[2]: mean for key, mean in means.items() if key.startswith(f"{name}/")}
            result.estimates[name] = replace(stacked(rows), unit=f"1/{length}")
        return result

    def of_levels(self, levels: Levels) -> Results:
        system, found = levels.system, levels.found
        length = system.length_unit
        reach = REACH * float(rms_distances(system, found)[0].max())
        middle = (np.arange(self.bins) + 0.5) * reach / self.bins
        pairs, single = (f(system, found, middle)[0] for f in (pair_densities, one_body_densities))
        result = Results({"distance": Estimate(middle, length)})
        for name, density, rows in (
            ("pair_density", pairs, system.pair_classes),
            ("one_body_density", single, _flavors(system)),
        ):
            values = np.stack([density[members].mean(0) for members in rows.values()])
            result.estimates[name] = Estimate(values, f"1/{length}", rows=tuple(rows))
        return result


def _flavors(system: FewBodySystem) -> dict[str, list[int]]:
    """The particles of every flavour."""
    return {f: [i for i, other in enumerate(system.flavors) if other == f] for f in system.flavors}


def stacked(rows: Mapping[str, Estimate]) -> Estimate:
    """Arrays with the same sources of uncertainty as the rows of one."""
    first = next(iter(rows.values()))
    parts = {
        source: Part(np.stack([e.parts[source].bins for e in rows.values()], 1), part.kind, part.scale)
        for source, part in first.parts.items()
    }
    return Estimate(np.stack([np.asarray(e.value) for e in rows.values()]), parts=parts, rows=tuple(rows))
