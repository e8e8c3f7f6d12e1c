"""Where measured C(k) come from; one that is made up, of the pair's known potential, with a source of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import torch

from hadronlab.data.correlations.correlation_data import CorrelationData
from hadronlab.data.correlations.synthetic import CorrelationNoise
from hadronlab.errors import ConfigError
from hadronlab.estimates.streams import stream_seed
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.femtoscopy.koonin_pratt import KooninPratt
from hadronlab.physics.femtoscopy.sources import Source, one_each, parameters, with_parameters
from hadronlab.physics.scattering.hadronic_mesh import scattering_mesh
from hadronlab.physics.scattering.rmatrix import Resolvent
from hadronlab.systems.hadrons import HadronPair

REACH = 14.0
"""fm, of the mesh: a force by two pions has died there"""


class Measurement(Protocol):
    """What may stand behind a measured C(k); a user's own class works by `_target_`."""

    def load(self, pair: HadronPair) -> CorrelationData | list[CorrelationData]:
        """The measurement of `pair`, or several. Raises DataError or ConfigError."""
        ...


def measurements(data: Measurement | Sequence[Measurement], pair: HadronPair) -> list[CorrelationData]:
    """All of them, each with a label of its own."""
    found: list[CorrelationData] = []
    for each in data if isinstance(data, Sequence) else [data]:
        loaded = each.load(pair)
        found += loaded if isinstance(loaded, list) else [loaded]
    labels = [one.label for one in found]
    for i, label in enumerate(labels):
        if before := labels[:i].count(label):
            found[i] = replace(found[i], label=f"{label}_{before + 1}")
    return found


class SyntheticMeasurement:
    """`points` momenta from k[0] to k[1], MeV/c, of C_exp = N [1 + λ (C − 1)] with the known potential of the pair.

    spread: how far the true radius (and every other parameter of the source), λ and N lie from their nominal values, as
    relative widths of a normal distribution; by default they are nominal. which: of several measurements of one seed. A source
    with a list of values makes one measurement of each.
    """

    def __init__(
        self,
        source: Source,
        noise: CorrelationNoise | None = None,
        k: Sequence[float] = (10.0, 290.0),
        points: int = 15,
        genuine: float = 1.0,
        normalisation: float = 1.0,
        spread: Mapping[str, float] | None = None,
        which: int = 0,
        label: str = "synthetic",
    ) -> None:
        if len(k) != 2 or not 0 < k[0] < k[1] or points < 3:
            raise ConfigError(
                f"synthetic C(k): k={list(k)} MeV/c, points={points}: give [first, last] above zero, and 3 or more"
            )
        self.source, self.noise = source, noise or CorrelationNoise()
        self.k = torch.linspace(k[0], k[1], points, dtype=torch.float64) / HBAR_C
        self.genuine, self.normalisation = genuine, normalisation
        self.spread, self.which, self.label = dict(spread or {}), which, label

    def load(self, pair: HadronPair) -> CorrelationData | list[CorrelationData]:
        """The measurement, or that of each value of the source. Raises ConfigError for a pair without a known potential."""
        if pair.local is None and pair.nonlocal_part is None:
            raise ConfigError(
                f"system={pair.name} has no known potential: give a measured C(k), loss.correlation.data.path=…"
            )
        mesh = scattering_mesh(REACH, pair.reduced_mass, pair.hbar_c, float(self.k[-1]), pair.charge_product)
        r = mesh.r
        U = None if pair.nonlocal_part is None else pair.nonlocal_part(r[:, None], r[None, :])
        resolvent = mesh.solve(U, None if pair.local is None else pair.local(r))
        found = [
            self._measured(pair, source, which, resolvent)
            for which, source in enumerate(one_each(self.source), start=self.which)
        ]
        return found if len(found) > 1 else found[0]

    def _measured(
        self, pair: HadronPair, source: Source, which: int, resolvent: Resolvent
    ) -> CorrelationData:
        source, genuine, normalisation = self._truth(source, which)
        waves = KooninPratt(
            resolvent.mesh, resolvent.kinetic, self.k, resolvent.bohr, reach=max(REACH, source.reach)
        )
        change = {pair.channel_spin: waves.change(resolvent, source.density)}
        C = pair.weights(*waves.background(source.density), change)
        return self.noise.measure(
            self.k, normalisation * (1.0 + genuine * (C - 1.0)), which, label=self.label
        )

    def _truth(self, source: Source, which: int) -> tuple[Source, float, float]:
        """The source, λ and N of this seed."""
        generator = torch.Generator().manual_seed(stream_seed(self.noise.seed, "truth", which))
        values = {**parameters(source), "genuine": self.genuine, "normalisation": self.normalisation}
        for name in self.spread:
            if name not in values:
                raise ConfigError(
                    f"synthetic C(k): spread.{name} is no parameter; there are {', '.join(values)}"
                )
        for name, nominal in values.items():
            step = self.spread.get(name, 0.0) * float(
                torch.randn((), generator=generator, dtype=torch.float64)
            )
            values[name] = (
                nominal * (1.0 + step)
                if name in ("genuine", "normalisation")
                else nominal * torch.tensor(step).exp().item()
            )
        genuine, normalisation = values.pop("genuine"), values.pop("normalisation")
        return with_parameters(source, values), genuine, normalisation
