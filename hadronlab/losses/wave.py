"""What makes the S wave of a measured pair: the potential that is learned, or the effective range expansion alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from hadronlab.physics.femtoscopy.background import Background, Density
from hadronlab.physics.femtoscopy.koonin_pratt import KooninPratt
from hadronlab.physics.femtoscopy.lednicky import Lednicky, threshold_amplitude
from hadronlab.physics.scattering.rmatrix import Resolvent, RMatrix

Values = Mapping[str, Tensor]
"""nuisance parameters by name, (…)"""


class Wave(Protocol):
    """Δ(k) of one measurement, once it is prepared. numbers: parameters of its own, by name, nominal."""

    numbers: Mapping[str, float]
    background: Background

    def prepare(self, rmatrix: RMatrix | Resolvent, k: Tensor, reach: float) -> None:
        """For momenta k (M,), fm⁻¹, and sources that end at `reach`, fm; rmatrix: on which a potential is given."""
        ...

    def change(
        self, density: Density, values: Values, resolvent: Resolvent, hamiltonian: Tensor | None
    ) -> Tensor:
        """Δ (…, M), differentiable in the values, and in H where it is given."""
        ...

    def slopes(self, density: Density, resolvent: Resolvent) -> tuple[Tensor, Tensor]:
        """x and λ (M, N) of dΔ = −λᵀ dH x."""
        ...


class PotentialWave:
    """Koonin and Pratt's, of the potential."""

    numbers: Mapping[str, float] = {}

    def prepare(self, rmatrix: RMatrix | Resolvent, k: Tensor, reach: float) -> None:
        reach = max(reach, rmatrix.mesh.radius)
        self._tables = KooninPratt(rmatrix.mesh, rmatrix.kinetic, k, rmatrix.bohr, reach=reach)
        self.background = self._tables.background

    def change(
        self, density: Density, values: Values, resolvent: Resolvent, hamiltonian: Tensor | None
    ) -> Tensor:
        return self._tables.change(resolvent, density, hamiltonian)

    def slopes(self, density: Density, resolvent: Resolvent) -> tuple[Tensor, Tensor]:
        return self._tables.slopes(resolvent, density)


class EffectiveRange:
    """Lednický and Lyuboshits', of 1/a0 = −1/f0, fm⁻¹, and the effective range, fm; no potential is asked.

    Of a charged pair both are those modified by the Coulomb force.
    """

    def __init__(self, inverse_length: float = 0.0, effective_range: float = 2.0) -> None:
        self.numbers = {"inverse_length": inverse_length, "effective_range": effective_range}

    def prepare(self, rmatrix: RMatrix | Resolvent, k: Tensor, reach: float) -> None:
        self._tables = Lednicky(k, rmatrix.bohr, reach=reach)
        self.background, self._nodes = self._tables.background, rmatrix.mesh.n_points

    def change(
        self, density: Density, values: Values, resolvent: Resolvent, hamiltonian: Tensor | None
    ) -> Tensor:
        background = self.background
        length, effective_range = (values.get(name, x) for name, x in self.numbers.items())
        t = threshold_amplitude(background.k, length, effective_range, background.bohr)
        return self._tables.change(t, effective_range, density)

    def slopes(self, density: Density, resolvent: Resolvent) -> tuple[Tensor, Tensor]:
        nothing = torch.zeros(len(self.background.k), self._nodes, dtype=torch.float64)
        return nothing, nothing
