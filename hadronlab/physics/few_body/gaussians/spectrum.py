"""What the solving loop has found: stages of the basis, levels, and how far these are expected to fall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Stage:
    """Levels (states,) with a basis of `size` Gaussians, `seconds` after the beginning."""

    size: int
    energies: np.ndarray
    seconds: float


@dataclass(frozen=True)
class Spectrum:
    """The lowest levels and their wave functions ψ_s = 𝒜 Σ_kα c_kαs e^{−½xᵀA_kx} χ_α, the Gaussians of unit norm.

    energies (states,): upper bounds, in the unit of the masses and without these. remaining (states,): how far they are
    expected to lie above the exact ones, extrapolated from the stages, with what a force of many bodies lets the exponents gain by the
    points of a rule only; ∞ where there are too few. rounding: the error of the arithmetic,
    which grows where functions nearly depend on each other, or of what is sampled of forces of many bodies. exponents (K, d, d), of mass-scaled
    Jacobi vectors; coefficients (K, n_functions, states), ⟨ψ_s|ψ_s⟩ = 1 in the sense of `Hamiltonian.matrices`. ended: by
    'accuracy', 'time', 'size', by 'dependence' of further functions on these, or by an 'interruption'.
    """

    energies: np.ndarray
    remaining: np.ndarray
    rounding: float
    exponents: np.ndarray
    coefficients: np.ndarray
    stages: tuple[Stage, ...]
    ended: str


def remaining(stages: Sequence[Stage]) -> np.ndarray:
    """(states,): the gains of later stages, if each is a fixed part of the one before; ∞ before the third stage.

    The part is that of the last two gains, between 1/2 and 3/4; a last gain of less than half of the one before counts as
    that half, for a stage may help one level more than another.
    """
    if len(stages) < 3:
        return np.full_like(stages[-1].energies, np.inf)
    first, second, third = (stage.energies for stage in stages[-3:])
    before, gain = first - second, second - third
    ratio = np.clip(gain / np.maximum(before, np.finfo(float).tiny), 0.5, 0.75)
    gain = np.maximum(gain, before / 2)
    return np.maximum(gain * ratio / (1 - ratio), 0)
