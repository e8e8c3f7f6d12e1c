"""A learned potential in a periodic box: its matrix elements and the masses that go with it."""

from __future__ import annotations

import numpy as np
import torch

from hadronlab.errors import HadronlabError
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.physics.finite_volume.periodic_box import BoxForce, PeriodicBox


def masses(learned: LearnedPotential) -> tuple[float, float]:
    """Of the hadrons on the lattice of the data, or else of the pair."""
    correlator, pair = learned.data.correlator, learned.pair
    if correlator is not None:
        return correlator.mass * correlator.inverse_spacing, correlator.mass2 * correlator.inverse_spacing
    if pair.mass1 is None or pair.mass2 is None:
        raise HadronlabError(f"system {pair.name}: a mass is missing")
    return pair.mass1, pair.mass2


def forces(box: PeriodicBox, learned: LearnedPotential, count: int | None = None) -> list[BoxForce]:
    """The potential in a box, for the mean and every bin, or the first `count` of them.

    It ends with the radii of the data, as in the infinite volume.
    """
    end = float(learned.r[-1]) * (1.0 + 1e-12)
    radii, shells = box.radii, torch.from_numpy(box.shell_radii[box.shell_radii <= end])
    V = learned.local(torch.from_numpy(radii[radii <= end]))
    local = None
    if V is not None:
        padded = np.zeros((len(V), len(radii)))
        padded[:, radii <= end] = V.numpy()
        local = box.on_orbits(padded)
    U = learned.on(shells)[0] if learned.models[0].has_nonlocal else None
    return [
        BoxForce(None if local is None else local[b], None if U is None else U[b].numpy())
        for b in range(len(learned.models))[:count]
    ]
