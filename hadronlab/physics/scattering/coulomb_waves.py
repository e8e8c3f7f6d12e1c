"""S-waves of two point charges, F0 → sin and G0 → cos of ρ − η ln 2ρ + σ0, for all momenta at once.

u″ = (b/r − k²) u, b = 2ηk the same for every k. F goes outward from its power series at the origin; beyond the
turning point Steed's continued fraction gives (G′ + iF′)/(G + iF), and with it the scale of F and the value of G,
which goes inward: each in the direction in which it grows under the barrier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.constants import FINE_STRUCTURE, HBAR_C
from hadronlab.physics.scattering.taylor_steps import TaylorSteps

BEYOND = 6.0  # of ρ past the turning point 2η, where Steed's fraction converges
FRACTION_TERMS = 100
SERIES_TERMS = 20


@dataclass(frozen=True)
class CoulombWaves:
    """F0, G0 and their derivatives with respect to kr, (M, n) each: M momenta, n radii; dF·G − F·dG = 1."""

    F: Tensor
    dF: Tensor
    G: Tensor
    dG: Tensor


def bohr_constant(charges: int, reduced_mass: float, hbar_c: float = HBAR_C) -> float:
    """b = 2ηk = 2 Z1 Z2 α μ/ħc, fm^-1: 2 over the Bohr radius, negative for an attraction.

    charges: Z1·Z2. reduced_mass: μ, MeV.
    """
    return 2.0 * charges * FINE_STRUCTURE * reduced_mass / hbar_c


def coulomb_waves(k: Tensor, r: Tensor, bohr: float) -> CoulombWaves:
    """F0 and G0 at momenta k (M,), fm^-1, and radii r (n,), fm, in any order; not differentiable.

    bohr: b = 2ηk, fm^-1, of `bohr_constant`; 0 gives sin kr and cos kr exactly.

    Raises:
        HadronlabError: k or r are not positive; a barrier so high that F leaves the range of floating point.
    """
    if bohr == 0.0:
        x = k.unsqueeze(-1) * r
        sine, cosine = torch.sin(x), torch.cos(x)
        return CoulombWaves(sine, cosine, cosine, -sine)
    momentum, radius = (x.detach().cpu().double().numpy() for x in (k, r))
    if not ((momentum > 0).all() and (radius > 0).all()):
        raise HadronlabError("Coulomb waves need momenta k > 0 and radii r > 0")
    if (bohr > 400.0 * momentum).any():  # F ∝ e^{−πη}
        raise HadronlabError(
            f"k={momentum.min():.3g} fm⁻¹ is too far below the Coulomb barrier (η={0.5 * bohr / momentum.min():.0f}): "
            "give larger momenta"
        )
    first = np.minimum(radius.min(), 1.0 / np.maximum(momentum, abs(bohr)))
    last = np.maximum(radius.max(), (np.maximum(bohr / momentum, 0.0) + BEYOND) / momentum)
    steps = TaylorSteps(momentum**2, bohr, first, last)
    regular = steps.outward(*_at_the_origin(momentum, first, bohr))
    u, slope = regular[-1] / np.stack([np.ones_like(momentum), momentum])
    p, q = steed(0.5 * bohr / momentum, momentum * steps.nodes[-1])
    # u = sF: the Wronskian of F and G is q (F² + G²) = 1
    scale = np.sqrt(q) / np.hypot(q * u, slope - p * u)
    F, dF = scale * u, scale * slope
    G = (dF - p * F) / q
    irregular = steps.inward(G, momentum * (p * G - q * F))
    value, derivative = steps.at(radius, np.stack([scale * regular, irregular]))
    F, G, dF, dG = torch.as_tensor(np.concatenate([value, derivative / momentum[:, None]])).to(k)
    return CoulombWaves(F, dF, G, dG)


def phase_integral(k: Tensor, r: float, bohr: float) -> Tensor:
    """∫ √(k² − b/r) dr of the classically allowed radii below r, (M,): the angle of (F′, F), to within π; kr for b = 0."""
    p = (k.square() - bohr / r).clamp(min=0.0).sqrt()
    return r * p - bohr / k * torch.atanh(torch.minimum(p, k) / torch.maximum(p, k)) if bohr else r * p


def _at_the_origin(k: np.ndarray, r: np.ndarray, bohr: float) -> tuple[np.ndarray, np.ndarray]:
    """The regular u = r + ½ b r² + … and u′, (M,) each: n (n + 1) a_n = b a_{n−1} − k² a_{n−2} in u = Σ a_n r^{n+1}."""
    before, term = np.zeros_like(r), r
    u, slope = r, np.ones_like(r)
    for n in range(1, SERIES_TERMS):
        before, term = term, (bohr * r * term - (k * r) ** 2 * before) / (n * (n + 1))
        u, slope = u + term, slope + (n + 1) * term / r
    return u, slope


def steed(eta: np.ndarray, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """p and q of p + iq = (G′ + iF′)/(G + iF) at ρ well beyond the turning point (DLMF 33.8.2), from its far end.

    G + iF is the outgoing wave, at ρ = iκr the decaying one.
    """
    a, tail = 1j * eta, np.zeros_like(rho, dtype=complex)
    for n in range(FRACTION_TERMS, 0, -1):
        tail = (a + n - 1) * (a + n) / (2.0 * (rho - eta + 1j * n) + tail)
    fraction = 1j * (1.0 - eta / rho + tail / rho)
    return fraction.real, fraction.imag
