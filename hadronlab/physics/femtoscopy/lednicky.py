"""Lednický–Lyuboshits: C(k) from scattering length and effective range, with charges and absorption or without.

Outside of the force the S wave is ∝ F0 + t (G0 + iF0), t = k f = sin δ e^{iδ}. The formula keeps this down to r = 0 and
corrects the inside to first order, by the effective range r (A the Gamow factor, 1 without charges):

    Δ(k) = ∫ 4πr² S [ |F0 + t (G0 + iF0)|² − F0² ]/(kr)² dr − 2π S(0) r |t|²/(A k²).

For neutral pairs and a Gaussian source this is |f|²/2R² (1 − r/2√πR) + 2 Re f F1(2kR)/√πR − Im f F2(2kR)/R; here every
source will do. It is no substitute for the wave itself from small sources: see `shortfall`.
"""

from __future__ import annotations

import math

import torch
from scipy.special import digamma
from torch import Tensor

from hadronlab.physics.femtoscopy.background import Background, Density, gamow
from hadronlab.physics.femtoscopy.koonin_pratt import KooninPratt
from hadronlab.physics.scattering.quadrature import panels
from hadronlab.physics.scattering.rmatrix import Resolvent

SMALLEST_RADIUS = 1.2  # fm: below it a C of hadrons (r_eff 1 to 3 fm) is wrong by tens of per cent at small k


def threshold_amplitude(
    k: Tensor, inverse_length: Tensor | float, effective_range: Tensor | float, bohr: float = 0.0
) -> Tensor:
    """t = k f = sin δ e^{iδ}, complex (…, M), from k cot δ = −1/a0 + ½ r k² at k (M,), fm⁻¹.

    With charges from A k cot δ + 2kη h(η) = −1/a0 + ½ r k², h = Re ψ(iη) − ln|η|. inverse_length: 1/a0 = −1/f0, fm⁻¹,
    (…,), complex for an absorption, with Im f0 > 0; effective_range: r, fm, (…,). Differentiable in both.
    """
    K = -_column(inverse_length) + 0.5 * _column(effective_range) * k**2
    if bohr:
        eta = 0.5 * bohr / k
        h = torch.as_tensor(digamma(1j * eta.cpu().numpy()).real).to(k) - eta.abs().log()
        K = K - bohr * h
    width = gamow(k, bohr) * k
    return width / (K - 1j * width)


class Lednicky:
    """Δ(k) at fixed momenta, for every source and amplitude: integrals over F0², F0G0 and G0² are tabulated once.

    k: (M,) fm⁻¹, > 0. bohr: b = 2ηk, fm⁻¹. reach: up to where the sources reach, fm.
    """

    def __init__(self, k: Tensor, bohr: float = 0.0, *, reach: float):
        k = k.double()
        r, dr = (x.to(k.device) for x in panels(0.0, reach, 1e-3, 5.0 / float(k.max())))  # G0 ∋ r ln r
        self.k, self.background = k, Background(k, r, dr, bohr)
        F, G, kr = self.background.waves.F, self.background.waves.G, k.unsqueeze(-1) * r
        self._FF, self._FG, self._GG = ((x / kr**2).T for x in (F * F, F * G, G * G))
        self._contact = 2.0 * math.pi / (gamow(k, bohr) * k**2)

    def change(self, amplitude: Tensor, effective_range: Tensor | float, density: Density) -> Tensor:
        """Δ (…, M), one S-wave channel of distinguishable hadrons; weights as in `pair`. Differentiable in all.

        amplitude: t (…, M) of `threshold_amplitude`. effective_range: r, fm, (…,); 0 leaves the inside uncorrected.
        """
        share = self.background.pairs(density)
        FF, FG, GG = _shares(amplitude)
        outside = (share @ self._FF) * FF + (share @ self._FG) * FG + (share @ self._GG) * GG
        return outside - self._inside(amplitude, effective_range) * self._at_zero(density)

    def fixed(self, amplitude: Tensor, effective_range: float) -> tuple[Tensor, Tensor]:
        """A (M, n) and b (M,) of Δ = A p − b S(0), p = `background.pairs`: of one amplitude (M,), for many sources."""
        FF, FG, GG = (share.unsqueeze(-1) for share in _shares(amplitude))
        outside = FF * self._FF.T + FG * self._FG.T + GG * self._GG.T
        return outside, self._inside(amplitude, effective_range)

    def _inside(self, amplitude: Tensor, effective_range: Tensor | float) -> Tensor:
        return self._contact * _column(effective_range) * amplitude.abs() ** 2

    def _at_zero(self, density: Density) -> Tensor:
        return density(torch.zeros_like(self.background.r[:1]))


def _shares(t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of F0², F0G0 and G0² in |F0 + t (G0 + iF0)|² − F0²."""
    size = t.abs() ** 2
    return size - 2.0 * t.imag, 2.0 * t.real, size


def _column(x: Tensor | float) -> Tensor | float:
    return x.unsqueeze(-1) if isinstance(x, Tensor) and x.ndim else x


def shortfall(
    calculation: KooninPratt,
    resolvent: Resolvent,
    density: Density,
    inverse_length: Tensor | float,
    effective_range: Tensor | float,
) -> Tensor:
    """What the formula misses, Δ_Lednický − Δ (…, M), of a potential whose threshold parameters are given.

    Tens of per cent of C from sources below SMALLEST_RADIUS, and wherever k² is beyond the effective range expansion.
    """
    background = calculation.background
    formula = Lednicky(calculation.k, background.bohr, reach=float(background.r[-1]))
    amplitude = threshold_amplitude(calculation.k, inverse_length, effective_range, background.bohr)
    return formula.change(amplitude, effective_range, density) - calculation.change(resolvent, density)
