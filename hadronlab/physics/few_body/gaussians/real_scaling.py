"""Resonances by real scaling r → r s   [Hazi–Taylor]: bound states stay, levels of a continuum move with the width of the box that
the basis makes, and a narrow resonance is a plateau, over which one level after the other passes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hadronlab.physics.few_body.gaussians.complex_scaling import CUT, Pole, independent, poles
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian, Particles

LEAST = 0.05  # of ln s, over which a plateau is flat: a level of a continuum moves by twice that towards its threshold

PASSING = 0.3  # of the speed of a continuum, at which levels beside a plateau move


def scaled_levels(
    particles: Particles, exponents: np.ndarray, scales: Sequence[float], cut: float = CUT
) -> list[np.ndarray]:
    """Levels in the space of the Gaussians A/s², A (K, d, d), for every scale s; unit of the masses, the lowest first.

    S is the same for all s, for the Gaussians are of unit norm: independent functions are chosen once.
    """
    hamiltonian = Hamiltonian(particles)
    basis: np.ndarray | None = None
    found = []
    for scale in scales:
        energy, overlap = hamiltonian.matrices(exponents / scale**2, exponents / scale**2)
        if basis is None:
            basis = independent(overlap, cut)
        found.append(np.linalg.eigvalsh(basis.T @ energy @ basis))
    return found


def plateaus(
    levels: Sequence[np.ndarray], scales: Sequence[float], thresholds: Sequence[float]
) -> list[Pole]:
    """What stands still over `LEAST` of ln s or more while a level beside it moves, by energy; `along`: the first and last scale.

    A level of a continuum moves by 2|E − E_thr| d(ln s), as it does with the angle of complex scaling. Where the basis fails, as it
    does for large scales, all levels stand still.
    """
    logarithms = np.log(scales)
    found = poles(levels, logarithms.tolist(), thresholds, least=LEAST)
    return [
        Pole(one.energy, one.spread, tuple(np.exp(one.along)))
        for one in found
        if _passing(levels, logarithms, np.array(thresholds), one) > PASSING
    ]


def _passing(levels: Sequence[np.ndarray], logarithms: np.ndarray, starts: np.ndarray, still: Pole) -> float:
    """Mean speed of the levels next below or above, whichever is faster, over that of a continuum at the nearest threshold."""
    speeds: dict[int, list[float]] = {-1: [], 1: []}
    for k in np.flatnonzero((logarithms >= still.along[0]) & (logarithms < still.along[1])).tolist():
        here, later = levels[k], levels[k + 1]
        for side, found in speeds.items():
            j = int(np.abs(here - still.energy).argmin()) + side
            if 0 <= j < len(here) and here[j] > starts.min():
                turned = 2 * (logarithms[k + 1] - logarithms[k]) * np.abs(here[j] - starts).min()
                found.append(abs(later[j] - here[j]) / turned)
    return max((float(np.mean(found)) for found in speeds.values() if found), default=0.0)
