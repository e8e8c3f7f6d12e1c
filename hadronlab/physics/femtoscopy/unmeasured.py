"""Channels whose force nobody knows, between two extremes and none at all (Δ = 0): a hard wall, and a black disc.

Their Δ bracket what the channel may add to C(k): the ³S₁ pairs of NΩ, which decay to ΛΞ and ΣΞ, for one.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hadronlab.physics.femtoscopy.background import Background
from hadronlab.physics.femtoscopy.pair import PairWeights
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
    """Δ (…, M) where all that comes within `radius` is lost: incoming waves alone outside, |u|² = ¼(F0² + G0²).

    Charges that repel turn most waves back before they come so near: there u′/u = −ik at `radius`, which without charges is
    the same, in u = F0 + t (G0 + iF0).
    """
    if not bohr > 0:
        return _change(k, source, radius, bohr, lambda waves: (waves.F**2 + waves.G**2) / 4)
    edge = coulomb_waves(k, k.new_tensor([radius]), bohr)
    t = -torch.complex(edge.dF, edge.F) / torch.complex(edge.dG - edge.F, edge.dF + edge.G)
    return _change(
        k, source, radius, bohr, lambda waves: (waves.F + t * torch.complex(waves.G, waves.F)).abs() ** 2
    )


def bracket(
    weights: PairWeights, known: float, k: Tensor, source: Source, radius: float = 2.0, bohr: float = 0.0
) -> tuple[Tensor, Tensor]:
    """The least and the most that S waves of other total spins than `known` add to C, (…, M) each; zero without such."""
    low, high = torch.zeros_like(k), torch.zeros_like(k)
    others = [weight for spin, weight in weights.change.items() if spin != known]
    if others:
        wall, disc = (change(k, source, radius, bohr) for change in (hard_wall, black_disc))
        low = sum(others) * torch.minimum(wall, disc).clamp(max=0.0)
        high = sum(others) * torch.maximum(wall, disc).clamp(min=0.0)
    return low, high


def _change(k: Tensor, source: Source, radius: float, bohr: float, density) -> Tensor:
    longest = 5.0 / float(k.max())
    parts = [panels(0.0, radius, 1.0, longest), panels(radius, max(source.reach, radius), 1.0, longest)]
    r, dr = (torch.cat(x).to(k) for x in zip(*parts, strict=True))
    background = Background(k, r, dr, bohr)
    excess = torch.where(r > radius, density(background.waves), 0.0) - background.waves.F**2
    return background.pairs(source.density) @ (excess / (k.unsqueeze(-1) * r) ** 2).T
