"""The separable potential U = ω e^{−μr} e^{−μr'}, exact in closed form [Wang, Sec. 4.1]; ħ = 1, units of μ.

Here m is the REDUCED mass and E = k²/2m. The wave functions of Eq. 9 are taken without their phase e^{iδ}, so
they are real.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError


@dataclass(frozen=True)
class Separable:
    """ω v(r) v(r'), v = e^{−μr} [Wang, Eq. 8]; omega in units of μ⁴, reduced_mass in units of μ = 1."""

    omega: float = -0.017
    mu: float = 1.0
    reduced_mass: float = 3.30

    def __post_init__(self) -> None:
        if not (self.mu > 0 and self.reduced_mass > 0 and self.omega != 0):
            raise HadronlabError(
                f"separable potential with omega={self.omega}, mu={self.mu}, "
                f"reduced_mass={self.reduced_mass}: mu and the mass must be positive and omega not zero"
            )

    def nonlocal_part(self, r: Tensor, rp: Tensor) -> Tensor:
        """U(r, r'), broadcast."""
        return self.omega * torch.exp(-self.mu * (r + rp))  # Eq. (8)

    def k_cot_delta(self, k: Tensor) -> Tensor:
        """k cot δ0(k), the line below [Wang, Eq. 9]: a polynomial in k²."""
        mu, s = self.mu, k**2
        t = mu**2 + s
        return -(
            2 * mu * (mu**2 - s)
            - (3 * mu**2 + s) / (4 * mu**3) * t**2
            + t**4 / (8 * math.pi * self.reduced_mass * self.omega)
        ) / (4 * mu**2)

    def phase_shift(self, k: Tensor) -> Tensor:
        """δ0(k), k > 0: in (0, π) for an attraction, δ(0) = π if it holds a bound state; in (−π, 0) for a repulsion."""
        delta = torch.atan2(k, self.k_cot_delta(k))
        return delta if self.omega < 0 else delta - math.pi

    def wave_function(self, k: Tensor, r: Tensor) -> Tensor:
        """φ_k(r) of [Wang, Eq. 9] without e^{iδ}, k (K,) and r (N,) → (K, N)."""
        k, delta = k.unsqueeze(-1), self.phase_shift(k).unsqueeze(-1)
        inner = torch.exp(-self.mu * r) * (1 + r * (self.mu**2 + k**2) / (2 * self.mu))
        return (torch.sin(k * r + delta) - torch.sin(delta) * inner) / (k * r)  # Eq. (9)

    def equation_lhs(self, k: Tensor, r: Tensor) -> Tensor:
        """(E − H0) φ_k(r), the left side of [Wang, Eq. 4] and of Eq. 10 over 2m r, exact, (K, N): no finite difference
        is needed.
        """
        k, delta = k.unsqueeze(-1), self.phase_shift(k).unsqueeze(-1)
        strength = (self.mu**2 + k**2) ** 2 / (2 * self.mu)
        integral = -torch.sin(delta) / k * strength * torch.exp(-self.mu * r)
        return integral / (2 * self.reduced_mass)  # Eq. (10)

    @property
    def scattering_length(self) -> float:
        """a0, k cot δ = −1/a0 + ½ r_eff k²."""
        return -1.0 / float(self.k_cot_delta(torch.zeros((), dtype=torch.float64)))

    @property
    def effective_range(self) -> float:
        """r_eff: twice the coefficient of k² in k cot δ."""
        mu = self.mu
        return (
            -2 / (4 * mu**2) * (-2 * mu - 7 * mu / 4 + mu**6 / (2 * math.pi * self.reduced_mass * self.omega))
        )

    @property
    def critical_omega(self) -> float:
        """The ω at which the bound state appears: −μ⁵/(10π m)."""
        return -(self.mu**5) / (10 * math.pi * self.reduced_mass)

    @property
    def binding_momentum(self) -> float | None:
        """κ of the bound state, or None. It solves 1 = −2π m ω (κ² + 4μκ + 5μ²)/(μ³ (μ + κ)⁴)."""
        if self.omega >= self.critical_omega:
            return None
        mu, strength = self.mu, -2 * math.pi * self.reduced_mass * self.omega / self.mu**3

        def excess(kappa: float) -> float:  # falls monotonically, so that there is one root
            return strength * (kappa**2 + 4 * mu * kappa + 5 * mu**2) / (mu + kappa) ** 4 - 1

        low, high = 0.0, mu
        while excess(high) > 0:
            high *= 2
        for _ in range(200):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if excess(middle) > 0 else (low, middle)
        return 0.5 * (low + high)

    @property
    def binding_energy(self) -> float | None:
        """B = κ²/2m > 0, or None without a bound state."""
        kappa = self.binding_momentum
        return None if kappa is None else kappa**2 / (2 * self.reduced_mass)

    @property
    def rms_radius(self) -> float | None:
        """√⟨r²⟩ of the separation; u = e^{−κr} − e^{−μr}(1 + b r), b = (μ² − κ²)/2μ, is Eq. 9 at k = iκ."""
        kappa = self.binding_momentum
        if kappa is None:
            return None
        mu, b = self.mu, (self.mu**2 - kappa**2) / (2 * self.mu)

        def moment(p: int) -> float:  # ∫ r^p u² dr, from ∫ r^n e^{−qr} dr = n!/q^{n+1}
            def gamma(n: int, q: float) -> float:
                return math.factorial(n) / q ** (n + 1)

            squares = gamma(p, 2 * kappa) + gamma(p, 2 * mu)
            squares += 2 * b * gamma(p + 1, 2 * mu) + b**2 * gamma(p + 2, 2 * mu)
            return squares - 2 * (gamma(p, kappa + mu) + b * gamma(p + 1, kappa + mu))

        return math.sqrt(moment(2) / moment(0))

    @property
    def low_energy(self) -> dict[str, float]:
        """What is known at k = 0 and below, by the names of the observables."""
        found = {
            "scattering_length": self.scattering_length,
            "inverse_scattering_length": 1.0 / self.scattering_length,
            "effective_range": self.effective_range,
            "binding_energy": self.binding_energy,
            "rms_radius": self.rms_radius,
        }
        return {name: value for name, value in found.items() if value is not None}
