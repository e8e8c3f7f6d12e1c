"""One measured C(k) and what a potential, a source and the nuisance parameters of the measurement predict for it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from hadronlab.data.correlations.correlation_data import CorrelationData
from hadronlab.losses.feed_down import Residual
from hadronlab.losses.wave import PotentialWave, Values, Wave
from hadronlab.physics.femtoscopy.background import Density, hidden_below
from hadronlab.physics.femtoscopy.measurement import measured, response
from hadronlab.physics.femtoscopy.sources import Source, parameters, with_parameters
from hadronlab.physics.scattering.rmatrix import Resolvent, RMatrix
from hadronlab.systems.hadrons import HadronPair

ROOM = 1.6
"""how far beyond its nominal reach a source may grow in a fit"""
UNITS = {
    **dict.fromkeys(("radius", "core", "halo", "slope", "effective_range"), "fm"),
    "curvature": "fm²",
    "inverse_length": "fm⁻¹",
}
NUMBERS = ("genuine", "normalisation", "slope", "curvature")
"""of a measurement: λ, N, b1, b2"""


class MeasuredCorrelation:
    """C_exp(k) = N (1 + b1 k + b2 k²) [1 + λ (C(k) − 1) + Σ_j λ_j (C_j(k) − 1)] of the S-wave channel of `pair`   [G6].

    rmatrix: on which the potential is given. wave: what makes Δ, by default the potential. source: with its nominal parameters. numbers: NUMBERS,
    nominal; those of the wave, and the share and the numbers of each of `residuals`, by its name, come to them.
    resolution: σ of k, fm⁻¹.
    """

    def __init__(
        self,
        data: CorrelationData,
        pair: HadronPair,
        rmatrix: RMatrix | Resolvent,
        source: Source,
        numbers: Mapping[str, float],
        residuals: Mapping[str, Residual],
        resolution: float = 0.0,
        wave: Wave | None = None,
    ) -> None:
        self.data, self.source, self.residuals = data, source, dict(residuals)
        self.wave = PotentialWave() if wave is None else wave
        self.numbers = {**numbers, **self.wave.numbers}
        for name, residual in self.residuals.items():
            self.numbers |= {name: residual.share, **{f"{name}_{k}": x for k, x in residual.numbers.items()}}
        self.weights, self.spin = pair.weights, pair.channel_spin
        self.response = response(data.k, data.edges, resolution, hidden_below(rmatrix.bohr))
        reach = ROOM * source.reach
        self.wave.prepare(rmatrix, self.response.k, reach)
        for residual in self.residuals.values():
            residual.prepare(data.k, data.edges, reach)

    def unit(self, name: str) -> str:
        """Of a parameter of the source or of `numbers`."""
        if name in UNITS:
            return UNITS[name]
        return "fm" if any(name == f"{residual}_radius" for residual in self.residuals) else ""

    def density(self, values: Values) -> Density:
        """S(r) with those of `values` that are parameters of the source."""
        own = {name: value for name, value in values.items() if name in parameters(self.source)}
        return with_parameters(self.source, own).density

    def predicted(self, resolvent: Resolvent, values: Values, hamiltonian: Tensor | None = None) -> Tensor:
        """C_exp at the measured momenta, (…, n); differentiable in the values, and in H where it is given."""
        density = self.density(values)
        direct, exchange = self.wave.background(density)
        change = self.wave.change(density, values, resolvent, hamiltonian)
        C = self.response(self.weights(direct, exchange, {self.spin: change}))
        return measured(
            self.data.k, C, self._number("genuine", values),
            [(self._number(name, values), curve(density, _own(name, values))) for name, curve in self.residuals.items()],
            self._number("normalisation", values), [self._number(name, values) for name in ("slope", "curvature")],
        )  # fmt: skip

    def slope(self, values: Values) -> Tensor:
        """∂C_exp/∂Δ, (n, M), at single values: C_exp is linear in Δ."""
        factor = measured(
            self.data.k, torch.ones_like(self.data.k), 1.0, (), self._number("normalisation", values),
            [self._number(name, values) for name in ("slope", "curvature")],
        )  # fmt: skip
        factor = factor * self._number("genuine", values) * self.weights.change[self.spin]
        return factor.unsqueeze(-1) * self.response.matrix

    def _number(self, name: str, values: Values) -> Tensor | float:
        return values[name] if name in values else self.numbers[name]


def _own(name: str, values: Values) -> Values:
    """Those of the residual of that name."""
    return {key.removeprefix(f"{name}_"): x for key, x in values.items() if key.startswith(f"{name}_")}
