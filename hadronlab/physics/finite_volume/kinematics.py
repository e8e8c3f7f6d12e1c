"""Two free hadrons: energy and momentum of each in their rest frame. Energies, masses and momenta in one unit."""

from __future__ import annotations

from typing import Any

import numpy as np

Number = float | np.ndarray


def energy(k2: Number, masses: tuple[float, float]) -> Any:
    """√(m1² + k²) + √(m2² + k²); nan below k² = −m², where no bound state can be."""
    m1, m2 = masses
    with np.errstate(invalid="ignore"):
        found = np.sqrt(m1**2 + np.asarray(k2)) + np.sqrt(m2**2 + np.asarray(k2))
    return found if np.ndim(k2) else float(found)


def momentum_squared(energy: Number, masses: tuple[float, float]) -> Any:
    """k² of the energy in the rest frame: negative below m1 + m2."""
    m1, m2 = masses
    s = np.square(energy)
    return (s - (m1 + m2) ** 2) * (s - (m1 - m2) ** 2) / (4.0 * s)


def energy_shift(eigenvalue: Number, masses: tuple[float, float]) -> Any:
    """ΔE = √(m1² + k²) + √(m2² + k²) − m1 − m2 of an eigenvalue k²/2μ of −∇²/2μ + V."""
    m1, m2 = masses
    return energy(2.0 * m1 * m2 / (m1 + m2) * eigenvalue, masses) - m1 - m2
