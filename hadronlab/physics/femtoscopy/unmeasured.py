"""Channels whose force nobody knows, between two extremes and none at all (Δ = 0): a hard wall, and a black disc.

Their Δ bracket what the channel may add to C(k): the ³S₁ pairs of NΩ, which decay to ΛΞ and ΣΞ, for one.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hadronlab.physics.femtoscopy.background import Background
from hadronlab.physics.femtoscopy.sources import Source
from hadronlab.physics.scattering.coulomb_waves import CoulombWaves, coulomb_waves
from hadronlab.physics.scattering.quadrature import panels


def hard_wall(k: Tensor, source: Source, radius: float = 2.0, bohr: float = 0.0) -> Tensor:
    """Δ (…, M) of u(radius) = 0, nothing inside; k (M,) fm⁻¹, radius in fm, bohr = 2ηk in fm⁻¹."""
    edge = coulomb_waves(k, k.new_tensor([radius]), bohr)
    h = torch.hypot(edge.F, edge.G)

    def density(waves: CoulombWaves) -> Tensor:
        return ((edge.G * waves.F - edge.F * waves.G) / h) ** 2

    return _change(k, source, radius, bohr, density)


def black_disc(k: Tensor, source: Source, radius: float = 2.0, bohr: float = 0.0) -> Tensor:
    """Δ (…, M) where all that comes within `radius` is lost: incoming waves alone outside, |u|² = ¼(F0² + G0²)."""
    return _change(k, source, radius, bohr, lambda waves: (waves.F**2 + waves.G**2) / 4)


def _change(k: Tensor, source: Source, radius: float, bohr: float, density) -> Tensor:
    longest = 5.0 / float(k.max())
    parts = [panels(0.0, radius, 1.0, longest), panels(radius, max(source.reach, radius), 1.0, longest)]
    r, dr = (torch.cat(x).to(k) for x in zip(*parts, strict=True))
    background = Background(k, r, dr, bohr)
    excess = torch.where(r > radius, density(background.waves), 0.0) - background.waves.F**2
    return background.pairs(source.density) @ (excess / (k.unsqueeze(-1) * r) ** 2).T
