"""How deep T_QQ is bound for any mass of its heavy quarks: docs/heavy_mass.png, two minutes on one core.

python docs/heavy_mass.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hadronlab.observables.levels import Levels
from hadronlab.observables.sensitivity import Sensitivity
from hadronlab.physics.forces.quark_models import quark_model
from hadronlab.plotting.style import STROKES, figure, style
from hadronlab.systems.quarks import quark_system
from hadronlab.systems.spectra import solve_system

MASSES = np.array([1.2, 1.5, 1.836, 2.3, 2.9, 3.6, 4.4, 5.227, 6.0])  # GeV


def binding(model: str, mass: float) -> tuple[float, float]:
    """B in MeV and ∂B/∂m_Q in MeV/GeV of 0(1⁺) with two quarks of this mass in the place of the b."""
    system = quark_system("T_QQ", "b b u~ d~", 1, 0, interaction=quark_model(model, m_b=mass))
    levels = Levels(system, solve_system(system, size=25), system.thresholds())
    slope = Sensitivity().of_levels(levels).values["binding_sensitivity.m_b"]
    return levels.thresholds[0].energy - levels.energies[0].value, slope


def main() -> None:
    with style():
        picture, axes = figure(figsize=(7.5, 4.5))
        for model, marker, stroke in zip(("AL1", "AP1", "BD"), "os^", STROKES, strict=False):
            found = np.array([binding(model, mass) for mass in MASSES])
            for m, (b, slope) in zip(MASSES, found, strict=True):
                ends = m + np.array([-0.2, 0.2])
                axes.plot(ends, b + slope * (ends - m), **stroke | {"ls": "-"})
            axes.plot(MASSES, found[:, 0], marker, ms=6, color=stroke["color"], label=model)
        for mass, name in ((1.836, "c"), (5.227, "b")):
            axes.axvline(mass, color="#999999", lw=1)
            axes.text(mass + 0.05, 2, name)
        axes.axhline(0, color="#222222", lw=1)
        axes.set(xlabel="$m_Q$ [GeV]", ylabel="binding energy of $T_{QQ}$, 0(1$^+$) [MeV]")
        axes.legend()
        picture.savefig(Path(__file__).with_name("heavy_mass.png"), dpi=110, bbox_inches="tight")


if __name__ == "__main__":
    main()
