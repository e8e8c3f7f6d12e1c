"""What complex and real scaling share: one basis in which r is scaled, and the continua whose levels then move."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.observables.levels import Levels
from hadronlab.observables.results import Results
from hadronlab.physics.few_body.gaussians.candidates import Candidates, natural_scale
from hadronlab.physics.few_body.gaussians.complex_scaling import Pole
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian
from hadronlab.systems.continua import beginnings
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.spectra import clusters

EXCITED = 5  # levels of the parts that random Gaussians describe


class Scaling(ABC):
    """An observable of what stands still among the levels of one basis while r is scaled.

    highest: energy up to which that is looked for, in the unit of the system; None: that of the highest level. functions: Gaussians
    of all sizes, beside those of the levels. seed: of these.
    """

    task: ClassVar[str] = "spectrum"
    name: ClassVar[str]
    """of the choice of observables"""
    highest: float | None
    functions: int
    seed: int

    @abstractmethod
    def scaled(self, system: FewBodySystem, exponents: np.ndarray) -> list[np.ndarray]:
        """Levels at every angle or scale, in the unit of the masses and without these."""

    @abstractmethod
    def still(self, levels: list[np.ndarray], starts: list[float]) -> list[Pole]:
        """What stands still among these levels, in the unit of the system; `starts`: energies from which continua rise."""

    @abstractmethod
    def told(self, k: int, pole: Pole, unit: str) -> Results:
        """Estimates of the k-th of them."""

    @abstractmethod
    def table(self, near: list[np.ndarray], unit: str) -> dict[str, Estimate]:
        """All levels of interest."""

    def of_levels(self, levels: Levels) -> Results:
        system, found = levels.system, levels.found
        if not levels.thresholds:
            return Results(
                warnings=["no resonances: no threshold of this system is known, hence no continuum"]
            )
        if system.totals and system.interaction.first_order:
            return Results(warnings=["no resonances: forces of first order make no continuum"])
        lowest = levels.thresholds[0].energy
        highest = float(found.energies.max()) if self.highest is None else self.highest
        if highest <= lowest:
            why = f"nothing up to {highest:.7g} {system.energy_unit} lies above the lowest threshold"
            return Results(warnings=[f"no resonances: {why}; give observables.{self.name}.highest"])
        starts = beginnings(system, levels.thresholds, highest)
        moved = [
            system.to_unit * energies + system.mass_sum
            for energies in self.scaled(system, self._basis(levels))
        ]
        result = Results()
        still = [pole for pole in self.still(moved, starts) if pole.energy.real < highest]
        for k, pole in enumerate(still):
            result.add(self.told(k, pole, system.energy_unit))
        near = [
            energies[(energies.real > lowest - 1e-9 * abs(lowest)) & (energies.real < highest)]
            for energies in moved
        ]
        result.estimates |= self.table(near, system.energy_unit)
        result.estimates["continua"] = Estimate(starts, system.energy_unit)
        return result

    def _basis(self, levels: Levels) -> np.ndarray:
        system, rng = levels.system, np.random.default_rng(self.seed)
        hamiltonian = Hamiltonian(system)
        scale = natural_scale(hamiltonian, float(system.masses.mean()), 1, rng)
        candidates = Candidates(system, hamiltonian, scale.frequency, clusters(system, EXCITED))
        return np.concatenate([levels.found.exponents, candidates.scattered(self.functions, rng)])


def moving(value: float, spread: float, part: str, unit: str, name: str) -> Estimate:
    """A value whose error is how far it moves."""
    return Estimate(value, unit, {part: Part(np.array([value + spread]), "systematic")}, name=name)


def padded(rows: list[np.ndarray]) -> np.ndarray:
    """Rows of different lengths as one array, with NaN at the end of the shorter ones."""
    table = np.full((len(rows), max(map(len, rows))), np.nan, rows[0].dtype)
    for row, energies in zip(table, rows, strict=True):
        row[: len(energies)] = energies
    return table
