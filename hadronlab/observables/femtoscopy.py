"""C(k) of the learned potential for sources of given radii: what a measurement of momentum correlations would see."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.femtoscopy.koonin_pratt import KooninPratt
from hadronlab.physics.femtoscopy.sources import Gaussian, Source


class Femtoscopy(PotentialObservable):
    """`correlation`, a row a source, on `correlation_k` (MeV/c), with the charges, spins and statistics of the system.

    radii: R of Gaussian sources, fm. sources: others, by name. k: [first, last] MeV/c; points: how many.
    genuine: λ, the share of genuine pairs, of 1 + λ (C − 1).
    """

    def __init__(
        self,
        radii: Sequence[float] = (1.0, 1.5, 2.5),
        sources: dict[str, Source] | None = None,
        k: tuple[float, float] | list[float] = (5.0, 300.0),
        points: int = 60,
        genuine: float = 1.0,
    ) -> None:
        if len(k) != 2 or not 0 < k[0] < k[1] or points < 2:
            raise ConfigError(
                f"observables.femtoscopy: k={list(k)} MeV/c and points={points}: give [first, last] above zero, and 2 or more"
            )
        self.sources: dict[str, Source] = {f"R = {R:g} fm": Gaussian(R) for R in radii} | dict(sources or {})
        if not self.sources:
            raise ConfigError("observables.femtoscopy: give radii or sources")
        self.k = torch.linspace(k[0], k[1], points, dtype=torch.float64) / HBAR_C
        self.genuine = genuine

    def observe(self, learned: LearnedPotential) -> Results:
        solved, pair = learned.charged, learned.pair
        reach = max(solved.mesh.radius, *(source.reach for source in self.sources.values()))
        waves = KooninPratt(solved.mesh, solved.kinetic, self.k, solved.bohr, reach=reach)
        rows = []
        for source in self.sources.values():
            direct, exchange = waves.background(source.density)
            change = waves.change(solved, source.density)
            C = pair.weights(direct, exchange, {pair.channel_spin: change})
            rows.append(1.0 + self.genuine * (C - 1.0))
        found = learned.estimate(torch.stack(rows, 1), rows=tuple(self.sources))
        return Results({"correlation_k": Estimate((self.k * HBAR_C).numpy(), "MeV/c"), "correlation": found})
