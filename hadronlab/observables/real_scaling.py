"""A second opinion on resonances among the levels of correlated Gaussians, by real scaling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.results import Results
from hadronlab.observables.scaling import Scaling, moving, padded
from hadronlab.physics.few_body.gaussians.complex_scaling import Pole
from hadronlab.physics.few_body.gaussians.real_scaling import plateaus, scaled_levels
from hadronlab.systems.few_body import FewBodySystem


class RealScaling(Scaling):
    """`plateau.k`: the energy of every level that stands still as r → r s moves the continua, its motion over the plateau the error. A
    narrow resonance has one, a broad one has none.

    scales: the smallest and the largest s, between which there are `steps`. highest: energy up to which plateaus are looked for, in
    the unit of the system; None: that of the highest level. functions: Gaussians of all sizes, beside those of the levels. seed: of
    these.
    """

    name: ClassVar[str] = "real_scaling"

    def __init__(
        self,
        scales: Sequence[float] = (0.7, 1.1),
        steps: int = 41,
        highest: float | None = None,
        functions: int = 400,
        seed: int = 0,
    ) -> None:
        if len(scales) != 2 or not 0 < scales[0] < scales[1] or steps < 3 or functions < 0:
            raise ConfigError(
                f"observables.real_scaling: scales={list(scales)}, steps={steps}, functions={functions}: two rising scales above 0, "
                "three or more steps, and 0 or more functions"
            )
        self.scales, self.highest = np.geomspace(scales[0], scales[1], steps).tolist(), highest
        self.functions, self.seed = functions, seed

    def scaled(self, system: FewBodySystem, exponents: np.ndarray) -> list[np.ndarray]:
        return scaled_levels(system, exponents, self.scales)

    def still(self, levels: list[np.ndarray], starts: list[float]) -> list[Pole]:
        return plateaus(levels, self.scales, starts)

    def told(self, k: int, pole: Pole, unit: str) -> Results:
        name = "still for r scaled by {:.3g} to {:.3g}".format(*pole.along)
        return Results({f"plateau.{k}": moving(pole.energy.real, pole.spread, "scale", unit, name)})

    def table(self, near: list[np.ndarray], unit: str) -> dict[str, Estimate]:
        return {"scaled_levels": Estimate(padded(near), unit), "scales": Estimate(self.scales)}

    def draw(self, results: Results, figure: Any) -> Any:
        """Levels against the scale, thresholds, and what stands still."""
        if "scaled_levels" not in results.estimates:
            return None
        levels = results.estimates["scaled_levels"]
        fig, ax = figure(figsize=(8.0, 5.2))
        ax.plot(self.scales, levels.value, ".", ms=2.5, color="0.35")
        for k, start in enumerate(results.estimates["continua"].value):
            ax.axhline(start, color="0.6", lw=0.8, ls=":", label=None if k else "thresholds")
        for name, estimate in results.scalars.items():
            if name.startswith("plateau."):
                ax.axhline(estimate.value, color="crimson", lw=1.2)
                ax.annotate(str(estimate), (self.scales[-1], estimate.value), (-4, 4), textcoords="offset points",
                            ha="right", fontsize=9, color="crimson")  # fmt: skip
        ax.set(xlabel="scale of r", ylabel=f"E [{levels.unit}]", xlim=(self.scales[0], self.scales[-1]))
        ax.legend(fontsize=8, loc="lower left")
        return fig
