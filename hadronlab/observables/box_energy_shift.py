"""The effective energy shift of R(t) that the levels of the box predict, beside that of the data."""

from __future__ import annotations

import numpy as np
import torch

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.learned_box import masses
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.results import Results
from hadronlab.physics.finite_volume.correlator import effective_energy_shift, overlaps
from hadronlab.physics.finite_volume.kinematics import energy_shift
from hadronlab.physics.finite_volume.periodic_box import BoxForce, BoxLevels, PeriodicBox

MANY = 24
HIGHEST = 255.0  # MeV above threshold: levels that still count at the first time


def predicted_energy_shift(learned: LearnedPotential, box: PeriodicBox, levels: BoxLevels) -> Results:
    """Of the levels on the lattice of the data: `energy_shift_predicted` and `energy_shift_data`, MeV, a row a source, at `energy_shift_t` in units of a."""
    data, correlator = learned.data, learned.data.correlator
    assert correlator is not None and correlator.site is not None
    start = {source: min(t for s, t in zip(data.sources, data.times, strict=True) if s == source and t is not None)
             for source in dict.fromkeys(data.sources)}  # fmt: skip
    t = np.array([t for t in correlator.t if t >= max(start.values()) and t + 1 in correlator.t])
    if not len(t):
        return Results(warnings=["no energy shift of R(t): it needs two times, from the one of the fit on"])
    shifts = energy_shift(levels.energies, masses(learned))
    low, unit = shifts[0] < HIGHEST, correlator.inverse_spacing
    weight, own = np.sqrt(box.cube.multiplicity), learned.bins.of(data.bins)[: len(learned.models)]
    orbits, at = np.argsort(box.cube.orbit(correlator.site)), np.searchsorted(correlator.t, t)
    predicted, measured = [], []
    for source, first in start.items():
        R = correlator.values[source][own][..., orbits]  # (1+B, T, orbits)
        b = overlaps(levels.states[:, low], weight, R[:, np.searchsorted(correlator.t, first)])
        predicted.append(unit * effective_energy_shift(shifts[:, low] / unit, b, (t - first).astype(float)))
        C = R @ weight**2
        ratio = C[:, at] / C[:, at + 1]
        measured.append(unit * np.log(np.where(ratio > 0, ratio, np.nan)))
    return Results(
        {
            "energy_shift_t": Estimate(t.astype(float)),
            **{
                f"energy_shift_{name}": learned.estimate(
                    torch.from_numpy(np.stack(rows, 1)), "MeV", rows=tuple(start)
                )
                for name, rows in (("predicted", predicted), ("data", measured))
            },
        }
    )


def levels_that_count(box: PeriodicBox) -> int:
    """Levels without a force up to HIGHEST, and some more."""
    free = box.levels([BoxForce()], min(MANY, box.cube.size - 1)).energies[0]
    return int((free < HIGHEST).sum()) + 2
