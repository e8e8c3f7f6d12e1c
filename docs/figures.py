"""The pictures of README and of the site, made by runs of the program.

    python docs/figures.py [omega_ccc] [tcc] [t4c] [channels] [pair]

Each takes a few minutes on one core and replaces docs/NAME.png.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

from PIL import Image

from hadronlab.api import run
from hadronlab.data.correlations.correlation_data import CorrelationData
from hadronlab.data.correlations.measurement import SyntheticMeasurement, measurements
from hadronlab.data.correlations.write import write_csv
from hadronlab.physics.femtoscopy.sources import Gaussian
from hadronlab.physics.forces.local_potentials import nucleon_omega
from hadronlab.systems.hadrons import HadronPair

PICTURES = {
    "omega_ccc": (("system=omega_ccc", "model=sdnn_deep"), ("localised", "phase_shifts")),
    "tcc": (("system=tcc",), ("convergence", "pair_distances")),
    "t4c": (
        (
            "system=t4c",
            "system.spin=2",
            "model=gaussians",
            "model.size=80",
            "task.states=12",
            "task.seconds=600",
            "observables=[complex_scaling,real_scaling]",
            "observables.complex_scaling.angles=[6,8,10,12,14,16]",
            "observables.complex_scaling.highest=7400",
            "observables.complex_scaling.functions=500",
            "observables.real_scaling.highest=7400",
            "observables.real_scaling.functions=500",
            "observables.real_scaling.steps=31",
        ),
        ("complex_scaling", "real_scaling"),
    ),
    "channels": (
        (
            "system=tbb",
            "model=gaussians",
            "task.states=2",
            "observables=[default,channel_shares]",
        ),
        ("channel_densities",),
    ),
    "pair": (
        (
            "system=pair",
            "system.mass1=954.7",
            "system.mass2=1711.5",
            "system.charges=[1,-1]",
            "system.spins=[0.5,1.5]",
            "system.spin=2",
            "loss.correlation.data.path=mine.csv",
            "loss.correlation.source.radius=1.0",
        ),
        ("correlation_fit", "local_part", "phase_shifts"),
    ),
}
HEIGHT = 560  # pixels


def measurement() -> CorrelationData:
    """25 points of the proton and Ω, R = 1 fm, as an experiment would see them."""
    pair = HadronPair(
        "n_omega", 954.7, 1711.5, potential=nucleon_omega(), charges=[1, -1], spins=[0.5, 1.5], spin=2
    )
    return measurements(SyntheticMeasurement(Gaussian(1.0), points=25), pair)[0]


def draw(name: str) -> Path:
    """Run, and set the figures of the run side by side."""
    overrides, figures = PICTURES[name]
    with tempfile.TemporaryDirectory() as directory, contextlib.chdir(directory):
        if name == "pair":
            write_csv(measurement(), "mine.csv")
        result = run(*overrides, directory="run")
        panels = [Image.open(result.figure(figure)).convert("RGB") for figure in figures]
    panels = [panel.resize((panel.width * HEIGHT // panel.height, HEIGHT)) for panel in panels]
    picture = Image.new("RGB", (sum(panel.width for panel in panels), HEIGHT), "white")
    left = 0
    for panel in panels:
        picture.paste(panel, (left, 0))
        left += panel.width
    path = Path(__file__).parent / f"{name}.png"
    picture.save(path, optimize=True)
    return path


if __name__ == "__main__":
    for chosen in sys.argv[1:] or PICTURES:
        print(draw(chosen))
