"""Whether one Hermitian potential can stand behind two sources."""

from __future__ import annotations

from typing import ClassVar

from hadronlab.data.diagnostics import hermiticity
from hadronlab.losses.equations import RCorrelator
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results


class Hermiticity(PotentialObservable):
    """`hermiticity`, ⟨a|K|b⟩ − ⟨b|K|a⟩ of the first two sources: zero for a Hermitian potential.

    Of coupled channels with the Z factors of the fit, so that it is what asymmetry they leave.
    """

    sees_channels: ClassVar[bool] = True

    def observe(self, learned: LearnedPotential) -> Results:
        data = learned.data
        sources = list(dict.fromkeys(data.sources))
        if len(sources) < 2:
            return Results()
        first, second = (data.sources.index(source) for source in sources[:2])
        factors = None
        for name, loss in learned.losses.items():
            if isinstance(loss, RCorrelator) and name in learned.nuisances:
                factors = loss.channel_factors(learned.nuisances[name])
        found = learned.estimate(hermiticity(data, first, second, factors), learned.energy)
        result = Results({"hermiticity": found})
        if found.error and abs(found.value) > 3 * found.error:
            result.warnings.append(
                f"{data.labels[first]} and {data.labels[second]} break Hermiticity by {abs(found.value) / found.error:.1f} "
                "standard deviations: no symmetric potential stands behind both; look at excited states and at the "
                "lattice spacing"
            )
        return result
