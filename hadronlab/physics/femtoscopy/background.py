"""Pairs without a strong force: what charges and quantum statistics alone do to C(k).

For one distance r, averaged over the direction of k and with all partial waves (η = b/2k, ρ = kr, ′ = d/dρ),

    |ψ|²            = F0′² + (1 − 2η/ρ) F0²                     at ρ,      1 without charges,
    Re ψ(r) ψ*(−r)  = √A F0/2ρ   at 2ρ, A = 2πη/(e^{2πη} − 1),             sin 2ρ/2ρ without charges:

the integrals of |D(s)|² and Re D(s) D*(r − s) over s, D(s) = e^{−iks}(F0′ − iF0)(ks) = √A ₁F₁(1 + iη; 1; −2iks), in closed
form (the second is a convolution of confluent hypergeometric functions).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.scattering.coulomb_waves import coulomb_waves

HIGHEST_BARRIER = 100.0  # of η: C is below e^{−2πη} = 1e-272 beyond

Density = Callable[[Tensor], Tensor]  # S(r), fm⁻³, (…, n) at radii (n,), fm


def hidden_below(bohr: float) -> float:
    """Momentum, fm⁻¹, below which C is zero behind the barrier of charges that repel; negative for others."""
    return bohr / (2.0 * HIGHEST_BARRIER)


def gamow(k: Tensor, bohr: float) -> Tensor:
    """A = 2πη/(e^{2πη} − 1), |ψ|² at contact, (M,) at k (M,), fm⁻¹; bohr = 2ηk, fm⁻¹."""
    x = math.pi * bohr / k
    return torch.where(x == 0, torch.ones_like(x), x / torch.expm1(x))


class Background:
    """F0, G0 and the averages above on given nodes, tabulated once: they know nothing of the source.

    Args:
        k: (M,) momenta, fm⁻¹, > 0.
        r: (n,) nodes, fm, increasing.
        dr: (n,) weights of ∫ dr, fm.
        bohr: b = 2ηk, fm⁻¹ (`bohr_constant`), 0 without charges.

    Raises:
        HadronlabError: a momentum that is not positive, or so small that no charged pair of them is ever seen.
    """

    def __init__(self, k: Tensor, r: Tensor, dr: Tensor, bohr: float = 0.0):
        k = k.to(r)
        if not bool((k > 0).all()):
            raise HadronlabError(f"correlations need momenta k > 0, got {float(k.min()):g} fm⁻¹")
        if bool((hidden_below(bohr) > k).any()):
            raise HadronlabError(
                f"k={float(k.min()):.2g} fm⁻¹ is too far below the Coulomb barrier for any pair to be seen: "
                f"give momenta above {hidden_below(bohr):.2g} fm⁻¹"
            )
        self.k, self.r, self.dr, self.bohr = k, r, dr, bohr
        kk = k.unsqueeze(-1)
        self.waves = coulomb_waves(k, r, bohr)
        self.direct = self.waves.dF**2 + (1.0 - bohr / (kk**2 * r)) * self.waves.F**2
        self.exchange = gamow(kk, bohr).sqrt() * coulomb_waves(k, 2.0 * r, bohr).F / (2.0 * kk * r)

    def pairs(self, density: Density) -> Tensor:
        """4πr² S dr, the share of the pairs at each node, (…, n).

        Raises:
            HadronlabError: they do not add up to 1 (90 % at least, for sources with a long tail).
        """
        share = 4.0 * math.pi * self.r**2 * self.dr * density(self.r)
        total = share.detach().sum(-1)
        if not bool(((total > 0.9) & (total < 1.001)).all()):
            raise HadronlabError(
                f"source: ∫ 4πr² S dr = {float(total.reshape(-1)[0]):.4g} on the radii of the calculation, not 1: "
                "normalise S, and give enough points and reach for its radius"
            )
        return share

    def __call__(self, density: Density) -> tuple[Tensor, Tensor]:
        """(direct, exchange), (…, M) each: ∫ d³r S |ψ|² and Re ∫ d³r S ψ(r) ψ*(−r).

        Pairs beyond the last node count as if they lay there, in the direct term.
        """
        share = self.pairs(density)
        beyond = (1.0 - share.sum(-1, keepdim=True)) * self.direct[:, -1]
        return share @ self.direct.T + beyond, share @ self.exchange.T
