"""A well in boxes: the learned potential that is known, and correlators made of its levels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from hadronlab.data.r_correlator import RCorrelator
from hadronlab.data.sources import Radii
from hadronlab.data.wave_data import WaveData
from hadronlab.data.wedge import wedge_sites
from hadronlab.models.potentials.potential import Potential
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.finite_volume.kinematics import energy_shift
from hadronlab.physics.finite_volume.periodic_box import BoxForce, PeriodicBox
from hadronlab.systems.hadrons import HadronPair

MASS, SPACING = 1400.0, 0.2
PAIR = HadronPair("hadrons", MASS, MASS)
FACTORS = (1.0, 0.97, 1.04, 0.99)  # of the mean and three jackknife bins


class Known(Potential):
    """A well, and with it a separable kernel or none."""

    has_local = True
    depth, exponent = 60.0, 1.5

    def __init__(self, factor: float, kernel: float = 0.0) -> None:
        super().__init__()
        self.factor, self.strength, self.has_nonlocal = factor, kernel, kernel != 0.0

    def local(self, r: Tensor) -> Tensor:
        return -self.depth * self.factor * torch.exp(-self.exponent * r**2)

    def kernel(self, r: Tensor, rp: Tensor) -> Tensor:
        return self.strength * self.factor * torch.exp(-2.0 * (r**2 + rp**2))


class Short(Known):
    """A well that has ended at half the side of a box of 16 sites."""

    depth, exponent = 250.0, 5.0


def learned(data: WaveData, kernel: float = 0.0, model: type[Known] = Known) -> LearnedPotential:
    return LearnedPotential([model(f, kernel) for f in FACTORS[: 1 + data.n_bins]], data, PAIR, 2.0)


def without_lattice(bins: int = 3) -> WaveData:
    data = Radii(r_max=3.0, n_radii=30).load(PAIR)
    nothing = torch.zeros(1 + bins, 0, len(data.r), dtype=torch.float64)
    return replace(data, amplitude=nothing, lhs=nothing)


def correlator(side: int = 16) -> tuple[RCorrelator, np.ndarray]:
    """R(t, r) of three levels of the well on a lattice, two sources that mix them otherwise, and their ΔE."""
    inverse = HBAR_C / SPACING
    box = PeriodicBox(side * SPACING, side, HBAR_C**2 / MASS)
    site = wedge_sites(side)
    order = box.cube.orbit(site)
    values = {}
    for source, shares in (("wall", (1.0, 0.05, -0.02)), ("smeared", (1.0, -0.4, 0.1))):
        bins = []
        for factor in FACTORS:
            V = Short(factor).local(torch.from_numpy(box.radii)).numpy()
            levels = box.levels([BoxForce(box.on_orbits(V))], 3)
            shifts = energy_shift(levels.energies[0], (MASS, MASS))
            psi = levels.states[0][:, order] / np.sqrt(box.cube.multiplicity[order])
            decay = np.exp(-np.outer(np.arange(4, 10), shifts / inverse))
            bins.append((decay * np.array(shares)) @ psi)
        values[source] = np.stack(bins)
    found = RCorrelator(
        np.arange(4, 10), values, MASS / inverse, MASS / inverse, inverse, site=site, length=side
    )
    V = box.on_orbits(Short(1.0).local(torch.from_numpy(box.radii)).numpy())
    return found, energy_shift(box.levels([BoxForce(V)], 3).energies[0], (MASS, MASS))
