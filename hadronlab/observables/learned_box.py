"""A learned potential in a periodic box: its matrix elements, the masses that go with it, and what it does in infinite volume.

Of one channel, or of the S and D waves of two hadrons of total spin 1, V_C + V_T S12 in T1+.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from hadronlab.errors import HadronlabError
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.physics.finite_volume.periodic_box import BoxForce, PeriodicBox

ROOT = math.sqrt(8.0)


def masses(learned: LearnedPotential) -> tuple[float, float]:
    """Of the hadrons on the lattice of the data, or else of the pair."""
    correlator, pair = learned.data.correlator, learned.pair
    if learned.data.channels:
        return learned.data.channels[0].masses
    if correlator is not None:
        return correlator.mass * correlator.inverse_spacing, correlator.mass2 * correlator.inverse_spacing
    if pair.mass1 is None or pair.mass2 is None:
        raise HadronlabError(f"system {pair.name}: a mass is missing")
    return pair.mass1, pair.mass2


def why_not(learned: LearnedPotential, irrep: str) -> str | None:
    """What stands against levels in a box, if anything does."""
    channels, V = learned.data.channels, learned.V0
    if not channels:
        return None
    waves = [channel.orbital for channel in channels]
    if waves != [0, 2] or channels[0].masses != channels[1].masses:
        return f"of several channels those of S and D waves of one pair alone are known, not of {', '.join(learned.data.names)}"
    if irrep != "T1+":
        return "S and D waves of a spin of 1 are in T1+: observables.finite_volume.irrep=T1+"
    if learned.models[0].has_nonlocal or V is None:
        return "a nonlocal part between S and D waves is not known there: choose model=tensor"
    spin_orbit = (V[:, 0, 0] - 2.0 * V[:, 0, 1] / ROOT - V[:, 1, 1]) / 3.0
    if bool(spin_orbit.abs().max() > 1e-9 * V.abs().max()):
        return "L·S is not known there: choose model=tensor"
    return None


def k_cot_delta(learned: LearnedPotential, k2: np.ndarray) -> np.ndarray:
    """In infinite volume at k² (1+B, n), a row a bin: of S and D waves that of the eigenphase δα of Blatt and Biedenharn, nan below
    threshold."""
    if not learned.data.channels:
        return np.asarray(learned.solved("nonlocal").k_cot_delta(torch.from_numpy(k2)))
    found, solved = np.full(k2.shape, np.nan), learned.coupled
    for b, row in enumerate(k2):
        above = row > 0
        k = torch.from_numpy(row[above])
        energy = solved.channels[0].kinetic * k
        delta = solved.blatt_biedenharn(energy).delta[min(b, len(learned.models) - 1), :, solved.first]
        found[b, above] = (k.sqrt() / torch.tan(delta)).numpy()
    return found


def forces(box: PeriodicBox, learned: LearnedPotential, count: int | None = None) -> list[BoxForce]:
    """The potential in a box, for the mean and every bin, or the first `count` of them.

    It ends with the radii of the data, as in the infinite volume.
    """
    end = float(learned.r[-1]) * (1.0 + 1e-12)
    radii, shells = box.radii, torch.from_numpy(box.shell_radii[box.shell_radii <= end])
    V = learned.local(torch.from_numpy(radii[radii <= end]))
    local = tensor = None
    if V is not None:
        padded = np.zeros((*V.shape[:-1], len(radii)))
        padded[..., radii <= end] = V.numpy()
        if learned.data.channels:  # S12 is √8 between S and D
            padded, tensor = padded[:, 0, 0], padded[:, 0, 1] / ROOT
        local = box.on_orbits(padded)
    U = learned.on(shells)[0] if learned.models[0].has_nonlocal else None
    return [
        BoxForce(
            None if local is None else local[b],
            None if U is None else U[b].numpy(),
            None if tensor is None else tensor[b],
        )
        for b in range(len(learned.models))[:count]
    ]
