"""The quark model of baryons by Yoshida, Hiyama, Hosaka, Oka and Sadato [YHHOS 2015], with spin–orbit and tensor forces."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.physics.constants import HBAR_C_GEV
from hadronlab.physics.forces.interaction import Interaction


@dataclass(frozen=True)
class HeavyBaryons(Interaction):
    """Parameters as quoted of the publication, whose tables were not at hand: look them up before you cite a number. K, C and masses in GeV, cutoff Λ in fm⁻¹.

    V_ij = −(3/16) λ_i·λ_j { −4K/(3μ_ij r) + b r + (32πα_ss/(9m_i m_j)) (Λ²/(4πr)) e^{−Λr} S_i·S_j
           + (α_so g²/(3r³)) [(1/m_i² + 1/m_j² + 4/(m_i m_j)) ℓ_ij·(S_i + S_j) + (1/m_i² − 1/m_j²) ℓ_ij·(S_i − S_j)]
           + (4α_ten g²/(3m_i m_j r³)) S_ij },  g = 1 − e^{−Λr}, and a constant C of the baryon.
    The factors before α_so and α_ten are those with which the published masses come out (docs/spectra.md).
    """

    m_q: float = 0.300
    m_s: float = 0.510
    m_c: float = 1.750
    m_b: float = 5.112
    K: float = 0.090
    b: float = 0.165  # GeV²
    alpha_ss: float = 1.2
    alpha_so: float = 0.077
    alpha_ten: float = 0.077
    cutoff: float = 3.5
    C: float = -1.139

    operators: ClassVar[tuple[str, ...]] = (
        "color",
        "color*spin",
        "color*spin_orbit",
        "color*antisymmetric_spin_orbit",
        "color*tensor",
    )

    def mass(self, flavor: str) -> float:
        masses = {"q": self.m_q, "s": self.m_s, "c": self.m_c, "b": self.m_b}
        if flavor not in masses:
            raise ConfigError(f"this quark model has no flavour {flavor!r}: use u, d (or q), s, c, b")
        return masses[flavor]

    def for_content(self, anti: tuple[bool, ...]) -> Interaction:
        if len(anti) != 3:
            raise ConfigError(
                f"this quark model is one of baryons, and this has {len(anti)} particles: give three quarks"
            )
        return self

    def radial(self, r: Tensor, mass_i: Tensor, mass_j: Tensor) -> tuple[Tensor, ...]:
        x, cutoff = r / HBAR_C_GEV, self.cutoff * HBAR_C_GEV  # GeV⁻¹, GeV
        product = mass_i * mass_j
        squares, difference = 1 / mass_i**2 + 1 / mass_j**2, 1 / mass_i**2 - 1 / mass_j**2
        regular = torch.expm1(-cutoff * x) ** 2 / x**3
        central = -4 / 3 * self.K * (1 / mass_i + 1 / mass_j) / x + self.b * x
        contact = (
            32
            * math.pi
            / 9
            * self.alpha_ss
            / product
            * cutoff**2
            / (4 * math.pi * x)
            * torch.exp(-cutoff * x)
        )
        orbit = self.alpha_so / 3 * regular
        tensor = 4 / 3 * self.alpha_ten * regular / product
        parts = central, contact, orbit * (squares + 4 / product), orbit * difference, tensor
        return tuple(-3 / 16 * v for v in parts)

    def many_body(self, distances: Tensor, masses: Tensor) -> Tensor:
        return torch.full_like(distances[0], self.C)
