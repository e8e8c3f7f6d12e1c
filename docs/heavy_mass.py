"""How deep T_QQ is bound for any mass of its heavy quarks: docs/heavy_mass.png, four minutes on one core.

Gaussians at every mass in three models, and in AL1 one network that is conditioned on the mass, as from
hadronlab-train system=tbb 'model.conditioned_on=[m_Q]'

python docs/heavy_mass.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from hadronlab.api import run
from hadronlab.estimates.estimate import Estimate
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


def of_network() -> tuple[np.ndarray, Estimate]:
    """Masses and B from one training, at those of MASSES and at others."""
    masses = [mass for mass in MASSES.tolist() if mass > 1.469]  # where its range begins
    with tempfile.TemporaryDirectory() as place:
        found = run("system=tbb", "model.conditioned_on=[m_Q]", f"task.values={masses}", directory=place)
        return found.array("over_values.m_b"), found.estimate("over_values.binding_energy")


def main() -> None:
    masses, found_by_one = of_network()
    with style():
        picture, axes = figure(figsize=(7.5, 4.5))
        for model, marker, stroke in zip(("AL1", "AP1", "BD"), "os^", STROKES, strict=False):
            found = np.array([binding(model, mass) for mass in MASSES])
            for m, (b, slope) in zip(MASSES, found, strict=True):
                ends = m + np.array([-0.2, 0.2])
                axes.plot(ends, b + slope * (ends - m), **stroke | {"ls": "-"})
            axes.plot(MASSES, found[:, 0], marker, ms=6, color=stroke["color"], label=f"{model}, Gaussians")
            if model == "AL1":
                for mass, b, error in zip(masses, found_by_one.value, found_by_one.error, strict=True):
                    if mass in MASSES:
                        exact = found[MASSES.tolist().index(mass), 0]
                        print(
                            f"m_Q = {mass:g} GeV: one network {b:.2f}({error:.2f}), Gaussians {exact:.2f} MeV"
                        )
        axes.errorbar(masses, found_by_one.value, found_by_one.error, fmt="x-", lw=1, ms=6, color="#222222",
                      label="AL1, one network")  # fmt: skip
        for mass, name in ((1.836, "c"), (5.227, "b")):
            axes.axvline(mass, color="#999999", lw=1)
            axes.text(mass + 0.05, 2, name)
        axes.axhline(0, color="#222222", lw=1)
        axes.set(xlabel="$m_Q$ [GeV]", ylabel="binding energy of $T_{QQ}$, 0(1$^+$) [MeV]")
        axes.legend()
        picture.savefig(Path(__file__).with_name("heavy_mass.png"), dpi=110, bbox_inches="tight")


if __name__ == "__main__":
    main()
