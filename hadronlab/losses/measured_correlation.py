"""One measured C(k) and what a potential, a source and the nuisance parameters of the measurement predict for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from hadronlab.data.correlations.correlation_data import CorrelationData
from hadronlab.physics.femtoscopy.koonin_pratt import KooninPratt
from hadronlab.physics.scattering.coulomb_waves import bohr_constant
from hadronlab.physics.scattering.rmatrix import Resolvent, RMatrix
from hadronlab.systems.hadrons import HadronPair

ROOM = 1.6
"""how far beyond its nominal reach a source may grow in a fit"""


class MeasuredCorrelation:
    """C_exp(k) = N (1 + b1 k + b2 k²) [1 + λ (C(k) − 1)] of the S-wave channel of `pair`   [G6].

    rmatrix: on which the potential is given, reduced_mass in MeV. source: with its nominal parameters. fixed: the values of what is not fitted.
    """

    def __init__(
        self,
        data: CorrelationData,
        pair: HadronPair,
        rmatrix: RMatrix,
        reduced_mass: float,
        source: Any,
        fixed: Mapping[str, float],
    ) -> None:
        self.data, self.source, self.fixed = data, source, dict(fixed)
        bohr = bohr_constant(pair.charge_product, reduced_mass, pair.hbar_c)
        self.waves = KooninPratt(
            rmatrix.mesh, rmatrix.kinetic, data.k, bohr, reach=max(ROOM * source.reach, rmatrix.radius)
        )
        self.weights, self.spin = pair.weights, pair.channel_spin
        self.share = self.weights.change[self.spin]

    def density(self, values: Mapping[str, Tensor]) -> Any:
        """S(r) with those of `values` that are parameters of the source."""
        own = {name: value for name, value in values.items() if name in vars(self.source)}
        return replace(self.source, **own).density

    def pair_correlation(
        self, resolvent: Resolvent, values: Mapping[str, Tensor], hamiltonian: Tensor | None = None
    ) -> Tensor:
        """C(k) (…, n) without the measurement; differentiable in the values, and in H where it is given."""
        density = self.density(values)
        direct, exchange = self.waves.background(density)
        change = self.waves.change(resolvent, density, hamiltonian)
        return self.weights(direct, exchange, {self.spin: change})

    def measured(self, C: Tensor, values: Mapping[str, Tensor]) -> Tensor:
        """C_exp(k) (…, n) from C(k)."""
        return self._factor(values) * (1.0 + self._value("genuine", values) * (C - 1.0))  # G6

    def slope(self, values: Mapping[str, Tensor]) -> Tensor:
        """∂C_exp/∂Δ, (n,): every point depends on its own Δ alone."""
        return self._factor(values) * self._value("genuine", values) * self.share

    def _factor(self, values: Mapping[str, Tensor]) -> Tensor:
        k = self.data.k
        baseline = 1.0 + self._value("slope", values) * k + self._value("curvature", values) * k**2
        return self._value("normalisation", values) * baseline

    def _value(self, name: str, values: Mapping[str, Tensor]) -> Tensor:
        value = values[name] if name in values else torch.tensor(self.fixed[name], dtype=torch.float64)
        return value.unsqueeze(-1) if value.ndim else value
