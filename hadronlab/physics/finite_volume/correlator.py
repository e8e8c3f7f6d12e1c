"""What the levels of a box make of a correlator: R(t) = Σ_n b_n e^{−ΔE_n t}, and its effective energy shift."""

from __future__ import annotations

import numpy as np


def overlaps(states: np.ndarray, weight: np.ndarray, R: np.ndarray) -> np.ndarray:
    """b_n = (Σ_r ψ_n R) (Σ_r ψ_n), (…, n): the share of every level in the sum of R over the box.

    states (…, n, S): ψ_n on orbits, √multiplicity in them; weight (S,): √multiplicity; R (…, S) on the same orbits.
    """
    return (states * (weight * R)[..., None, :]).sum(-1) * (states * weight).sum(-1)


def effective_energy_shift(energies: np.ndarray, b: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """ln[C(t)/C(t+1)], (…, T), of C(t) = Σ_n b_n e^{−ΔE_n t} at `steps` (T,) from where b was taken; ΔE (…, n) per step.

    nan where C changes its sign.
    """
    C = [
        np.sum(b[..., None, :] * np.exp(-energies[..., None, :] * (steps + later)[:, None]), -1)
        for later in (0, 1)
    ]
    ratio = C[0] / C[1]
    return np.log(np.where(ratio > 0, ratio, np.nan))
