"""Quark models of charmonium with spin–orbit and tensor forces: BGS [Barnes, Godfrey, Swanson 2005] and others of its form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.physics.constants import HBAR_C_GEV
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.forces.radial_terms import RadialTerm


@dataclass(frozen=True)
class Charmonium(Interaction):
    """One-gluon exchange and a scalar confinement of charm quarks, in GeV units; default: BGS.

    V_ij = −(3/16) λ_i·λ_j { −4α/(3r) + b r + (32πα/(9m²)) (σ/√π)³ e^{−σ²r²} S_i·S_j
           + [(2α/r³ − b/(2r)) ℓ_ij·(S_i + S_j) + (α/(3r³)) S_ij]/m² }   [BGS, Eqs. 1–3; of cc̄ the factor is 1].
    The last two to first order; where r_c > 0 they are not, and 1/r³ is 1/r_c³ below r_c.
    """

    m_c: float = 1.4794  # GeV
    alpha_s: float = 0.5461
    b: float = 0.1425  # GeV²
    sigma: float = 1.0946  # GeV
    r_c: float = 0.0  # fm

    operators: ClassVar[tuple[str, ...]] = ("color", "color*spin", "color*spin_orbit", "color*tensor")

    def __post_init__(self) -> None:
        wrong = [f"{k}={v}" for k, v in vars(self).items() if not (v >= 0 and math.isfinite(v))]
        if wrong or not self.m_c or not self.sigma:
            raise ConfigError(f"charmonium: {', '.join(wrong) or 'm_c or sigma = 0'}: give numbers above 0")

    @property
    def first_order(self) -> bool:
        return self.r_c == 0

    def mass(self, flavor: str) -> float:
        if flavor != "c":
            raise ConfigError(
                f"a quark model of charmonium has no flavour {flavor!r}: use c, or another interaction"
            )
        return self.m_c

    def radial(self, r: Tensor, mass_i: Tensor, mass_j: Tensor) -> tuple[Tensor, ...]:
        x = r / HBAR_C_GEV  # GeV⁻¹
        cubed = x**-3 if self.first_order else x.clamp(min=self.r_c / HBAR_C_GEV) ** -3
        central = -4 / 3 * self.alpha_s / x + self.b * x
        contact = self._contact * torch.exp(-((self.sigma * x) ** 2))
        orbit = (2 * self.alpha_s * cubed - self.b / (2 * x)) / self.m_c**2
        tensor = self.alpha_s / 3 * cubed / self.m_c**2
        return tuple(-3 / 16 * v for v in (central, contact, orbit, tensor))

    @property
    def _contact(self) -> float:
        return 32 * math.pi * self.alpha_s / (9 * self.m_c**2) * (self.sigma / math.sqrt(math.pi)) ** 3

    def radial_terms(self, mass_i: float, mass_j: float) -> tuple[tuple[RadialTerm, ...], ...]:
        unit, a = HBAR_C_GEV, -3 / 16  # fm in a GeV⁻¹
        central = RadialTerm(-a * 4 / 3 * self.alpha_s * unit, -1), RadialTerm(a * self.b / unit, 1)
        contact = (RadialTerm(a * self._contact, width=unit / self.sigma),)
        a /= self.m_c**2
        cubed = 2 * self.alpha_s * unit**3
        orbit = RadialTerm(a * cubed, -3), RadialTerm(-a * self.b / 2 * unit, -1)
        tensor = (RadialTerm(a * cubed / 6, -3),)
        return central, contact, orbit, tensor  # those of r_c = 0, which are not taken where they differ
