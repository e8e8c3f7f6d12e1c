"""Local potentials V(r), MeV with r in fm: sums of Gaussians and squared Yukawas, and the published fits.

Every class takes plain numbers, so that a yaml file can name it (`_target_`); V(r) is `potential(r)` or
`potential.local(r)`. Plain classes, for a list of dataclasses would come out of a yaml file as settings.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.constants import HBAR_C


class LocalPotential(ABC):
    """V(r) in MeV; subclasses implement `__call__`."""

    @abstractmethod
    def __call__(self, r: Tensor) -> Tensor:
        """V(r), MeV, in the shape of r, fm."""

    def local(self, r: Tensor) -> Tensor:
        """V(r), MeV: the local part of a potential (it is all of this one)."""
        return self(r)


class Gaussians(LocalPotential):
    """Σ_i c_i e^{−β_i r²}: strengths c in MeV, exponents β in fm^-2, or ranges d in fm with β = 1/d²."""

    def __init__(
        self,
        strengths: Sequence[float],
        exponents: Sequence[float] | None = None,
        ranges: Sequence[float] | None = None,
    ):
        if ranges is not None and exponents is None:
            exponents = [1.0 / d**2 for d in ranges]
        elif exponents is None or ranges is not None:
            raise HadronlabError("Gaussians: give either exponents (fm^-2) or ranges (fm), not both")
        if len(strengths) != len(exponents):
            raise HadronlabError(
                f"Gaussians: {len(strengths)} strengths and {len(exponents)} exponents or ranges"
            )
        self.strengths, self.exponents = tuple(strengths), tuple(exponents)

    def __call__(self, r: Tensor) -> Tensor:
        V = torch.zeros_like(r)
        for c, beta in zip(self.strengths, self.exponents, strict=True):
            V = V + c * torch.exp(-beta * r**2)
        return V


class YukawaSquared(LocalPotential):
    """c (1 − e^{−β r²})^n (e^{−m r}/r)²: two-pion exchange with a form factor.

    strength c in MeV fm², mass m in MeV, exponent β in fm^-2, power n ≥ 1 (V stays finite at r = 0).
    """

    def __init__(self, strength: float, mass: float, exponent: float, power: int = 1):
        if power < 1:
            raise HadronlabError(f"YukawaSquared: power={power} leaves a 1/r² singularity, choose 1 or more")
        self.strength, self.mass, self.exponent, self.power = strength, mass, exponent, power

    def __call__(self, r: Tensor) -> Tensor:
        r = r.clamp(min=1e-8)  # the limit r → 0 is finite, the quotient is not
        form = -torch.expm1(-self.exponent * r**2)
        return self.strength * form**self.power * torch.exp(-2 * self.mass / HBAR_C * r) / r**2


class Yukawas(LocalPotential):
    """Σ_i c_i e^{−m_i x}/x, x = m r: strengths c in MeV, whole multiples m_i of the mass m in fm⁻¹. Singular at r = 0."""

    def __init__(self, mass: float, strengths: Sequence[float], multiples: Sequence[float]):
        if len(strengths) != len(multiples) or not mass > 0:
            raise HadronlabError(
                f"Yukawas: {len(strengths)} strengths, {len(multiples)} multiples, mass={mass}: give as many, and a mass in fm⁻¹"
            )
        self.mass, self.strengths, self.multiples = mass, tuple(strengths), tuple(multiples)

    def __call__(self, r: Tensor) -> Tensor:
        x = self.mass * r
        terms = (c * torch.exp(-m * x) for c, m in zip(self.strengths, self.multiples, strict=True))
        return sum(terms, torch.zeros_like(r)) / x


class SumOfPotentials(LocalPotential):
    """Σ of local potentials."""

    def __init__(self, terms: Sequence[LocalPotential]):
        self.terms = tuple(terms)

    def __call__(self, r: Tensor) -> Tensor:
        return sum((term(r) for term in self.terms), torch.zeros_like(r))


def omega_ccc() -> LocalPotential:
    """Ω_ccc–Ω_ccc ¹S₀, t/a = 26, Y. Lyu et al., Phys. Rev. Lett. 127 (2021) 072003: m = 4796 MeV."""
    return Gaussians(strengths=(239.5, -62.7, -98.8), exponents=(49.7, 7.8, 3.4))


def reid_1s0() -> LocalPotential:
    """Nucleon–nucleon ¹S₀ with a soft core, R. V. Reid, Ann. Phys. 50 (1968) 411."""
    return Yukawas(mass=0.7, strengths=(-10.463, -1650.6, 6484.2), multiples=(1.0, 4.0, 7.0))


def omega_omega() -> LocalPotential:
    """Ω–Ω ¹S₀, S. Gongyo et al., Phys. Rev. Lett. 120 (2018) 212001: m = 1712 MeV."""
    return Gaussians(strengths=(914.0, 305.0, -112.0), ranges=(0.143, 0.305, 0.949))


def nucleon_omega() -> LocalPotential:
    """N–Ω ⁵S₂, t/a = 12, T. Iritani et al., Phys. Lett. B 792 (2019) 284: m = 954.7 and 1711.5 MeV."""
    return SumOfPotentials(
        (
            Gaussians(strengths=(-313.0,), exponents=(81.7,)),
            YukawaSquared(strength=-252.0, mass=146.0, exponent=0.85),
        )
    )


def nucleon_phi() -> LocalPotential:
    """N–φ ⁴S₃/₂, Y. Lyu et al., Phys. Rev. D 106 (2022) 074507: m = 954 and 1048 MeV."""
    return SumOfPotentials(
        (
            Gaussians(strengths=(-371.0, -119.0), ranges=(0.13, 0.30)),
            YukawaSquared(strength=-97.0, mass=146.4, exponent=1 / 0.63**2, power=2),
        )
    )
