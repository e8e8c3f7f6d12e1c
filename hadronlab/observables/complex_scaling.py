"""Resonances among the levels of correlated Gaussians, by complex scaling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate, Part
from hadronlab.observables.levels import Levels
from hadronlab.observables.results import Results
from hadronlab.physics.few_body.gaussians.candidates import Candidates, natural_scale
from hadronlab.physics.few_body.gaussians.complex_scaling import Pole, poles, rotated_levels
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian
from hadronlab.systems.continua import beginnings
from hadronlab.systems.spectra import clusters

EXCITED = 5  # levels of the parts that random Gaussians describe
STEEPEST = 45.0  # degrees: e^{−r²/ρ²} grows from there on


class ComplexScaling:
    """`resonance.k`, `width.k`: E_r and Γ of every pole E_r − iΓ/2 that stands still as r → r e^{iθ} turns the continua; its motion
    over the angles where it does is the error. What moves is called nothing.

    angles: θ, degrees, three or more. highest: energy up to which they are looked for, in the unit of the system; None: that of
    the highest level. functions: Gaussians of all sizes, beside those of the levels. seed: of these.
    """

    task: ClassVar[str] = "spectrum"

    def __init__(
        self,
        angles: Sequence[float] = (8, 10, 12, 14, 16),
        highest: float | None = None,
        functions: int = 400,
        seed: int = 0,
    ) -> None:
        ordered = list(angles) == sorted(set(angles))
        if len(angles) < 3 or not ordered or not 0 < angles[0] < angles[-1] < STEEPEST or functions < 0:
            raise ConfigError(
                f"observables.complex_scaling: angles={list(angles)}, functions={functions}: three or more rising angles between 0 and "
                f"{STEEPEST:g} degrees, and 0 or more functions"
            )
        self.angles, self.highest = [float(angle) for angle in angles], highest
        self.functions, self.seed = functions, seed

    def of_levels(self, levels: Levels) -> Results:
        system, found = levels.system, levels.found
        if not levels.thresholds:
            return Results(
                warnings=["no resonances: no threshold of this system is known, hence no continuum"]
            )
        lowest = levels.thresholds[0].energy
        highest = float(found.energies.max()) if self.highest is None else self.highest
        if highest <= lowest:
            why = f"nothing up to {highest:.7g} {system.energy_unit} lies above the lowest threshold"
            return Results(warnings=[f"no resonances: {why}; give observables.complex_scaling.highest"])
        starts = beginnings(system, levels.thresholds, highest)
        angles = np.deg2rad(self.angles).tolist()
        rotated = [
            system.to_unit * energies + system.mass_sum
            for energies in rotated_levels(system, self._basis(levels), angles)
        ]
        result = Results()
        still = [pole for pole in poles(rotated, angles, starts) if pole.energy.real < highest]
        for k, pole in enumerate(still):
            result.add(self._told(k, pole, system.energy_unit))
        near = [
            energies[(energies.real > lowest - 1e-9 * abs(lowest)) & (energies.real < highest)]
            for energies in rotated
        ]
        table = np.full((2, len(near), max(map(len, near))), np.nan)
        for row, energies in enumerate(near):
            table[:, row, : len(energies)] = energies.real, energies.imag
        result.estimates["rotated_levels"] = Estimate(table, system.energy_unit, rows=("real", "imaginary"))
        result.estimates["continua"] = Estimate(starts, system.energy_unit)
        return result

    def _basis(self, levels: Levels) -> np.ndarray:
        system, rng = levels.system, np.random.default_rng(self.seed)
        hamiltonian = Hamiltonian(system)
        scale = natural_scale(hamiltonian, float(system.masses.mean()), 1, rng)
        candidates = Candidates(system, hamiltonian, scale.frequency, clusters(system, EXCITED))
        return np.concatenate([levels.found.exponents, candidates.scattered(self.functions, rng)])

    def _told(self, k: int, pole: Pole, unit: str) -> Results:
        first, last = np.rad2deg(pole.angles)
        name = f"still from {first:.3g} to {last:.3g} degrees"

        def estimate(value: float, spread: float) -> Estimate:
            return Estimate(value, unit, {"angle": Part(np.array([value + spread]), "systematic")}, name=name)

        width = -2 * pole.energy.imag
        return Results(
            {
                f"resonance.{k}": estimate(pole.energy.real, pole.spread),
                f"width.{k}": estimate(width, 2 * pole.spread),
            }
        )

    def draw(self, results: Results, figure: Any) -> Any:
        """The complex plane: levels of every angle, thresholds, and rings around what stands still."""
        if "rotated_levels" not in results.estimates:
            return None
        real, imaginary = results.estimates["rotated_levels"].value
        fig, ax = figure(figsize=(8.0, 4.6))
        for k, angle in enumerate(self.angles):
            ax.plot(real[k], imaginary[k], ".", ms=5, alpha=0.8, label=f"{angle:g}°")
        starts = results.estimates["continua"].value
        ax.plot(starts, np.zeros(len(starts)), "^", color="0.5", ms=7, label="thresholds", clip_on=False)
        for name, estimate in results.scalars.items():
            if name.startswith("resonance."):
                width = results.scalars[name.replace("resonance", "width")]
                ax.plot(estimate.value, -width.value / 2, "o", ms=13, mfc="none", mec="crimson", mew=1.5)
                ax.annotate(str(estimate), (estimate.value, -width.value / 2), (0, -16), textcoords="offset points",
                            ha="center", fontsize=9, color="crimson")  # fmt: skip
        unit = results.estimates["rotated_levels"].unit
        ax.set(xlabel=f"Re E [{unit}]", ylabel=f"Im E [{unit}]")
        ax.legend(fontsize=8, loc="lower left", ncols=2)
        return fig
