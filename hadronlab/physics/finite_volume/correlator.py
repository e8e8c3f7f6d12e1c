"""What the levels of a box make of a correlator: R(t) = Σ_n b_n e^{−ΔE_n t}, and its effective energy shift."""

from __future__ import annotations

import numpy as np


def overlaps(states: np.ndarray, weight: np.ndarray, R: np.ndarray) -> np.ndarray:
    """b_n = (Σ_r ψ_n R) (Σ_r ψ_n), (…, n): the share of every level in the sum of R over the box.

    states (…, n, S): ψ_n on orbits, √multiplicity in them; weight (S,): √multiplicity; R (…, S) on the same orbits.
    """
    return (states * (weight * R)[..., None, :]).sum(-1) * (states * weight).sum(-1)


def sum_over_box(energies: np.ndarray, b: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """C(t) = Σ_n b_n e^{−ΔE_n t}, (…, T), at `steps` (T,) from where b was taken; ΔE (…, n) per step."""
    return np.asarray(
        np.sum(b[..., None, :] * np.exp(-energies[..., None, :] * np.asarray(steps)[:, None]), -1)
    )


def effective_energy_shift(energies: np.ndarray, b: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """ln[C(t)/C(t+1)], (…, T), of `sum_over_box`. nan where C changes its sign."""
    ratio = sum_over_box(energies, b, steps) / sum_over_box(energies, b, steps + 1.0)
    return np.log(np.where(ratio > 0, ratio, np.nan))
