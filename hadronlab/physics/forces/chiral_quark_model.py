"""A chiral quark model: exchange of pions, kaons, η and σ between light quarks, one-gluon exchange, screened confinement.

[Vijande, Fernández, Valcarce, J. Phys. G 31, 481 (2005)], their central parts.
"""

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
class ChiralQuarkModel(Interaction):
    """V_ij of five parts, x = r in GeV⁻¹, Y(z) = e^{−z}/z, μ the reduced mass of the pair:

    confinement  λ_i·λ_j [−a_c (1 − e^{−μ_c r}) + Δ]
    gluon        λ_i·λ_j (α/4) [1/x − σ_i·σ_j e^{−x/r0}/(6 m_i m_j r0² x)],  α = α_0/ln((μ² + μ_0²)/Λ_0²), r0 = r̂_0/μ
    σ            −g² Λ²/(Λ² − m²) m [Y(mx) − (Λ/m) Y(Λx)] between light quarks
    π, K, η      g² m²/(12 m_i m_j) Λ²/(Λ² − m²) m [Y(mx) − (Λ/m)³ Y(Λx)] σ_i·σ_j F_ij between light quarks

    with F = Σ_{a=1…3} λ^a λ^a, Σ_{a=4…7} λ^a λ^a and cos θ_P λ^8 λ^8 − sin θ_P, and g² short for g²/4π. Energies in GeV, meson
    masses m, their cutoffs Λ and μ_c in fm⁻¹, as published. Raises ConfigError for a parameter out of its range.
    """

    name: str
    m_q: float
    m_s: float
    m_c: float
    m_b: float
    confinement: float  # a_c
    screening: float  # μ_c, fm⁻¹
    shift: float  # Δ
    alpha: float  # α_0
    mu_0: float
    Lambda_0: float  # fm⁻¹
    r_0: float  # r̂_0, GeV fm
    g2: float  # g²/4π
    theta: float  # θ_P, degrees
    mass_pi: float
    mass_sigma: float
    mass_eta: float
    mass_K: float
    cutoff_pi: float
    cutoff_sigma: float
    cutoff_eta: float
    cutoff_K: float

    operators: ClassVar[tuple[str, ...]] = (
        "color",
        "color*spin",
        "light",
        "pion*spin",
        "kaon*spin",
        "eta*spin",
        "light*spin",
    )

    def __post_init__(self) -> None:
        masses = {"m_q": self.m_q, "m_s": self.m_s, "m_c": self.m_c, "m_b": self.m_b, "r_0": self.r_0}
        for meson in ("pi", "sigma", "eta", "K"):
            mass, cutoff = getattr(self, f"mass_{meson}"), getattr(self, f"cutoff_{meson}")
            masses |= {f"mass_{meson}": mass, f"cutoff_{meson}": cutoff}
            if mass == cutoff:
                raise ConfigError(
                    f"interaction.cutoff_{meson}={cutoff} is the mass of the meson: give another"
                )
        for key, value in masses.items():
            if not 0 < value < math.inf:
                raise ConfigError(f"interaction.{key}={value}: must be a number above 0")
        if not self.m_q**2 / 4 + self.mu_0**2 > (self.Lambda_0 * HBAR_C_GEV) ** 2:
            raise ConfigError(
                f"interaction.Lambda_0={self.Lambda_0}: α_s of two light quarks has its pole there"
            )

    def mass(self, flavor: str) -> float:
        masses = {"q": self.m_q, "s": self.m_s, "c": self.m_c, "b": self.m_b}
        if flavor not in masses:
            raise ConfigError(f"the chiral quark model has no flavour {flavor!r}: use u, d (or q), s, c, b")
        return masses[flavor]

    def radial(self, r: Tensor, mass_i: Tensor, mass_j: Tensor) -> tuple[Tensor, ...]:
        shapes = torch.broadcast_shapes(r.shape, mass_i.shape, mass_j.shape)
        return tuple(
            sum((s * r**power * torch.exp(-decay * r) for s, power, decay in terms), r.new_zeros(shapes))
            for terms in self._terms(mass_i, mass_j)
        )

    def radial_terms(self, mass_i: float, mass_j: float) -> tuple[tuple[RadialTerm, ...], ...]:
        masses = (torch.tensor(m, dtype=torch.float64) for m in (mass_i, mass_j))
        return tuple(
            tuple(RadialTerm(float(s), power, float(decay)) for s, power, decay in terms)
            for terms in self._terms(*masses)
        )

    def _terms(self, mass_i: Tensor, mass_j: Tensor) -> tuple[list[tuple[Tensor, int, Tensor]], ...]:
        """Of every operator (strength, power, decay) of s r^p e^{−dr}, r in fm; S_i·S_j = σ_i·σ_j/4."""
        unit, product, reduced = HBAR_C_GEV, mass_i * mass_j, mass_i * mass_j / (mass_i + mass_j)
        one, zero = torch.ones_like(product), torch.zeros_like(product)
        alpha = self.alpha / torch.log((reduced**2 + self.mu_0**2) / (self.Lambda_0 * unit) ** 2)
        range_0 = self.r_0 / reduced  # fm
        color = [
            ((self.shift - self.confinement) * one, 0, zero),
            (self.confinement * one, 0, self.screening * one),
            (alpha / 4 * unit, -1, zero),
        ]
        contact = [(-alpha / (6 * product) * unit**3 / range_0**2, -1, 1 / range_0)]
        sigma = self._exchange("sigma", -one, 1)
        pseudoscalar = {m: self._exchange(m, 4 / (12 * product), 3) for m in ("pi", "K", "eta")}
        eta = {
            weight: [(weight * s, p, d) for s, p, d in pseudoscalar["eta"]]
            for weight in (math.cos(math.radians(self.theta)), -math.sin(math.radians(self.theta)))
        }
        return color, contact, sigma, pseudoscalar["pi"], pseudoscalar["K"], *eta.values()

    def _exchange(self, meson: str, factor: Tensor, order: int) -> list[tuple[Tensor, int, Tensor]]:
        """factor · g² [m²]Λ²/(Λ² − m²) m [Y(mx) − (Λ/m)^n Y(Λx)], n = `order`, with m² where it is 3."""
        m, cutoff = getattr(self, f"mass_{meson}"), getattr(self, f"cutoff_{meson}")
        strength = (
            factor * self.g2 * cutoff**2 / (cutoff**2 - m**2) * HBAR_C_GEV * (m * HBAR_C_GEV) ** (order - 1)
        )
        one = torch.ones_like(factor)
        return [(strength, -1, m * one), (-strength * (cutoff / m) ** (order - 1), -1, cutoff * one)]
