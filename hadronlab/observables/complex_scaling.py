"""Resonances among the levels of correlated Gaussians, by complex scaling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.results import Results
from hadronlab.observables.scaling import Scaling, moving, padded
from hadronlab.physics.few_body.gaussians.complex_scaling import Pole, poles, rotated_levels
from hadronlab.systems.few_body import FewBodySystem

STEEPEST = 45.0  # degrees: e^{−r²/ρ²} grows from there on


class ComplexScaling(Scaling):
    """`resonance.k`, `width.k`: E_r and Γ of every pole E_r − iΓ/2 that stands still as r → r e^{iθ} turns the continua; its motion
    over the angles where it does is the error. What moves is called nothing.

    angles: θ, degrees, three or more. highest: energy up to which they are looked for, in the unit of the system; None: that of
    the highest level. functions: Gaussians of all sizes, beside those of the levels. seed: of these.
    """

    name: ClassVar[str] = "complex_scaling"

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

    def scaled(self, system: FewBodySystem, exponents: np.ndarray) -> list[np.ndarray]:
        return rotated_levels(system, exponents, np.deg2rad(self.angles).tolist())

    def still(self, levels: list[np.ndarray], starts: list[float]) -> list[Pole]:
        return poles(levels, np.deg2rad(self.angles).tolist(), starts)

    def told(self, k: int, pole: Pole, unit: str) -> Results:
        first, last = np.rad2deg(pole.along)
        name, width = f"still from {first:.3g} to {last:.3g} degrees", -2 * pole.energy.imag
        return Results(
            {
                f"resonance.{k}": moving(pole.energy.real, pole.spread, "angle", unit, name),
                f"width.{k}": moving(width, 2 * pole.spread, "angle", unit, name),
            }
        )

    def table(self, near: list[np.ndarray], unit: str) -> dict[str, Estimate]:
        levels = padded(near)
        return {
            "rotated_levels": Estimate(np.array([levels.real, levels.imag]), unit, rows=("real", "imaginary"))
        }

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
