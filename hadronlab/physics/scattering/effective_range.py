"""Scattering length and effective range: k cot δ = −1/a0 + ½ r_eff k² + …, a0 > 0 with one bound state.

Of two point charges A k cot δ + 2kη h(η) = −1/a0 + ½ r_eff k² + …, with δ relative to F0, A = 2πη/(e^{2πη} − 1) and
h(η) = Re ψ(iη) − ln|η|; the neutral formula is its limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from scipy.special import iv, jv, kv, yv
from torch import Tensor

ROUNDING = 1e-9  # of a0 over the radius of the mesh, with a margin


@dataclass(frozen=True)
class ZeroEnergyWaves:
    """Solutions of u″ = b u/r at one radius: (u, u′, ∫₀ u dr) each, with u = 0, u′ = 1 and with u = 1 at the origin.

    The limits of F/(√A k) and √A G at k = 0.
    """

    regular: tuple[float, ...]
    irregular: tuple[float, ...]


def zero_energy_waves(radius: float, bohr: float) -> ZeroEnergyWaves:
    """At `radius`, fm, for the Bohr constant b, fm^-1: r and 1 for b = 0, else Bessel functions of 2√(br)."""
    a, b, x = radius, bohr, 2.0 * math.sqrt(abs(bohr) * radius)
    if b == 0.0:
        return ZeroEnergyWaves((a, 1.0, 0.5 * a**2), (1.0, 0.0, a))
    if b > 0:
        regular = 2.0 * a / x * iv(1, x), iv(0, x), a / b * iv(2, x)
        irregular = x * kv(1, x), -2.0 * b * kv(0, x), (1.0 - 0.5 * x**2 * kv(2, x)) / b
    else:
        regular = 2.0 * a / x * jv(1, x), jv(0, x), -a / b * jv(2, x)
        half = 0.5 * math.pi
        irregular = -half * x * yv(1, x), 2.0 * half * b * yv(0, x), (1.0 + 0.5 * half * x**2 * yv(2, x)) / b
    return ZeroEnergyWaves(tuple(map(float, regular)), tuple(map(float, irregular)))


def threshold_parameters(
    poles: Tensor, edge: Tensor, radius: float, kinetic: float, bohr: float = 0.0
) -> tuple[Tensor, Tensor]:
    """`edge_parameters` of ρ(E) = u(a)/u'(a) = Σ edge²/(E_λ − E) at E = 0; poles, edge: (…, N); kinetic c in MeV fm²."""
    rho = (edge.square() / poles).sum(-1)
    slope = kinetic * (edge.square() / poles.square()).sum(-1)  # dρ/dk², E = c k²
    return edge_parameters(rho, slope, radius, bohr)


def edge_parameters(rho: Tensor, slope: Tensor, radius: float, bohr: float = 0.0) -> tuple[Tensor, Tensor]:
    """(a0, r_eff), fm, each (…,), exact for ρ = u(a)/u'(a), fm, and dρ/dk², fm³, at threshold.

    Outside, the E = 0 solution is v = Θ − Φ/a0 of the irregular and regular waves, 1 − r/a0 without charges, so that
    v = ρ(0) v′ at a gives a0, and Bethe's r_eff = 2∫(v² − u²) dr with

        ∫₀^a v² = ⅓ [a v² + (1 + v − a v′) ∫₀^a v]   and   ∫₀^a u² = v′(a)² dρ/dk².

    No fit, no small momentum. NaN for r_eff where a0 is zero to rounding: without a potential there is no effective
    range. radius a in fm; bohr: b = 2ηk, fm^-1.
    """
    waves = zero_energy_waves(radius, bohr)
    phi, theta = waves.regular, waves.irregular
    a0 = (phi[0] - rho * phi[1]) / (theta[0] - rho * theta[1])
    v, dv, area = (t - p / a0 for p, t in zip(phi, theta, strict=True))
    r_eff = 2.0 / 3.0 * (radius * v**2 + (1.0 + v - radius * dv) * area) - 2.0 * slope * dv**2
    return a0, torch.where(a0.abs() > ROUNDING * radius, r_eff, torch.nan)
