"""Resonances by real scaling r → r s   [Hazi–Taylor]: bound states stay, levels of a continuum move with the width of the box that
the basis makes, and a narrow resonance is a plateau, over which one level after the other passes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hadronlab.physics.few_body.gaussians.complex_scaling import CUT, Pole, independent, poles
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian, Particles

LEAST = 0.05  # of ln s, over which a plateau is flat: a level of a continuum moves by twice that towards its threshold


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
    """What stands still over `LEAST` of ln s or more, by energy; `along`: the first and last scale.

    A level of a continuum moves by 2|E − E_thr| d(ln s), as it does with the angle of complex scaling.
    """
    logarithms = np.log(scales).tolist()
    found = poles(levels, logarithms, thresholds, least=LEAST)
    return [Pole(one.energy, one.spread, tuple(np.exp(one.along))) for one in found]
