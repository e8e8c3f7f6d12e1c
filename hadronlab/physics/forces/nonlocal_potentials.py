"""Nonlocal potentials known in closed form, U(r,r') in MeV fm^-3: truths for closure tests."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.forces.local_potentials import LocalPotential


@dataclass(frozen=True)
class PereyBuck:
    """S-wave of V((r+r')/2) e^{−|r−r'|²/β²}/(π^{3/2} β³), F. Perey and B. Buck, Nucl. Phys. 32 (1962) 353.

    It is symmetric, and tends to the local V(r) as the range of nonlocality β → 0. The average over the angle
    between r and r' is e^{−(r²+r'²)/β²} sinh(z)/z, z = 2rr'/β², written so that a large z cannot overflow.

    Args: form, V(r) in MeV; nonlocality, β in fm.
    """

    form: LocalPotential
    nonlocality: float

    def __post_init__(self) -> None:
        if not self.nonlocality > 0:
            raise HadronlabError(
                f"PereyBuck: nonlocality={self.nonlocality} fm must be positive; use the local form for zero"
            )

    def nonlocal_part(self, r: Tensor, rp: Tensor) -> Tensor:
        """U(r, r'), MeV fm^-3, broadcast."""
        beta = self.nonlocality
        twice_z = (4.0 * r * rp / beta**2).clamp(min=1e-12)
        angle = torch.exp(-(((r - rp) / beta) ** 2)) * -torch.expm1(-twice_z) / twice_z
        return self.form(0.5 * (r + rp)) * angle / (math.pi**1.5 * beta**3)


@dataclass(frozen=True)
class LocalAndSeparable:
    """share · V(r) δ(r−r') + c e^{−β(r² + r'²)}: part of a local force made nonlocal, of one rank.

    Its nonlocal part has the one eigenvalue c (π/2β)^{3/2}, MeV.

    Args: form, V(r) in MeV; share of it; strength c in MeV fm⁻³, exponent β in fm⁻².
    """

    form: LocalPotential
    share: float
    strength: float
    exponent: float

    def __post_init__(self) -> None:
        if not self.exponent > 0:
            raise HadronlabError(f"LocalAndSeparable: exponent={self.exponent} fm⁻² must be positive")

    def local(self, r: Tensor) -> Tensor:
        """share · V(r), MeV, in the shape of r, fm."""
        return self.share * self.form(r)

    def nonlocal_part(self, r: Tensor, rp: Tensor) -> Tensor:
        """U(r, r'), MeV fm^-3, broadcast."""
        return self.strength * torch.exp(-self.exponent * (r**2 + rp**2))
