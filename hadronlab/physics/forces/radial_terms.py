"""Radial factors that are sums of r^p e^{−μr} e^{−r²/ρ²}: what integrals over Gaussians know in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RadialTerm:
    """strength · r^power e^{−decay·r} e^{−(r/width)²}, in the units of its interaction (GeV and fm, Hartree and bohr)."""

    strength: float
    power: float = 0.0
    decay: float = 0.0
    width: float = math.inf

    def __call__(self, r: np.ndarray) -> np.ndarray:
        return self.strength * r**self.power * np.exp(-self.decay * r - (r / self.width) ** 2)
