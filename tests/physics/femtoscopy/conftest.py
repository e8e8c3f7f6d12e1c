"""The independent reference (two routes that agree to 2e-9 or better), and the pairs that it is of."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.femtoscopy.koonin_pratt import KooninPratt
from hadronlab.physics.femtoscopy.sources import Source
from hadronlab.physics.forces.local_potentials import nucleon_omega, nucleon_phi, omega_ccc, omega_omega
from hadronlab.physics.scattering.rmatrix import Resolvent, RMatrix

# Potential, radius of the mesh that its tail wants (fm), points.
POTENTIALS = {
    "omega_ccc": (omega_ccc(), 5.0, 60),
    "omega_omega": (omega_omega(), 8.0, 70),
    "n_omega": (nucleon_omega(), 14.0, 90),
    "n_phi": (nucleon_phi(), 14.0, 110),
}


def reid(r: Tensor) -> Tensor:
    """Reid's soft core, ¹S₀, MeV."""
    x = 0.7 * r
    return (-10.463 * torch.exp(-x) - 1650.6 * torch.exp(-4 * x) + 6484.2 * torch.exp(-7 * x)) / x


@dataclass(frozen=True)
class Pair:
    """A potential on a mesh that may have point charges."""

    rmatrix: RMatrix
    V: Tensor

    @property
    def bohr(self) -> float:
        return self.rmatrix.bohr

    @property
    def hamiltonian(self) -> Tensor:
        return self.rmatrix.hamiltonian(V=self.V)

    @property
    def resolvent(self) -> Resolvent:
        return self.rmatrix.solve(V=self.V)

    def koonin_pratt(self, source: Source, k: Tensor) -> KooninPratt:
        return KooninPratt(self.rmatrix.mesh, self.rmatrix.kinetic, k, self.bohr, reach=source.reach)

    def change(self, source: Source, k: Tensor) -> Tensor:
        return self.koonin_pratt(source, k).change(self.resolvent, source.density)


def pair(
    potential: Callable[[Tensor], Tensor], mass: float, radius: float, n_points: int, charges: int = 0
) -> Pair:
    """mass: the reduced one, MeV; charges: Z1·Z2."""
    rmatrix = RMatrix(radius, n_points, mass, charges=charges)
    return Pair(rmatrix, potential(rmatrix.r))


@pytest.fixture(scope="session")
def reference() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def published(reference: dict[str, Any]) -> Callable[..., Pair]:
    """published(name, charged=False, radius=None, n_points=None) → Pair of a published potential."""

    def build(
        name: str, charged: bool = False, radius: float | None = None, n_points: int | None = None
    ) -> Pair:
        potential, a, n = POTENTIALS[name]
        entry = reference["d_potentials"][name]
        m1, m2 = entry["mass1_MeV"], entry["mass2_MeV"]
        charges = entry["zz"] if charged else 0
        return pair(potential, m1 * m2 / (m1 + m2), radius or a, n_points or n, charges)

    return build


@pytest.fixture(scope="session")
def protons(reference: dict[str, Any]) -> Pair:
    """Two protons with Reid's potential, whose tail e^{−0.7r}/r wants 25 fm."""
    return pair(reid, reference["f_pp_reid"]["mass_MeV"] / 2, 25.0, 160, charges=1)


@pytest.fixture(scope="session")
def momenta() -> Callable[[list[float]], Tensor]:
    """MeV/c → fm⁻¹."""
    return lambda k: torch.tensor(k, dtype=torch.float64) / HBAR_C
