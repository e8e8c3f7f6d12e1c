"""Scattering length and effective range: k cot δ = −1/a0 + ½ r_eff k² + …, a0 > 0 with one bound state."""

from __future__ import annotations

import torch
from torch import Tensor

ROUNDING = 1e-9  # of a0 over the radius of the mesh, with a margin


def threshold_parameters(poles: Tensor, edge: Tensor, radius: float, kinetic: float) -> tuple[Tensor, Tensor]:
    """(a0, r_eff), fm, each (…,), exact for ρ(E) = u(a)/u'(a) = Σ edge²/(E_λ − E).

    Outside, the E = 0 solution is r − a0, so a0 = a − ρ(0). Expanding tan(ka + δ) = k ρ to order k²,

        r_eff = 2 (a − a²/a0 + a³/(3 a0²)) − (2/a0²) dρ/dk²,

    which is Bethe's 2∫(v0² − u0²) dr. No fit, no small momentum. NaN for r_eff where a0 is zero to rounding: without a
    potential there is no effective range. poles, edge: (…, N); radius a in fm; kinetic c = ħ²/2m in MeV fm².
    """
    rho = (edge.square() / poles).sum(-1)
    slope = kinetic * (edge.square() / poles.square()).sum(-1)  # dρ/dk², E = c k²
    a0 = radius - rho
    r_eff = 2.0 * (radius - radius**2 / a0 + radius**3 / (3.0 * a0**2)) - 2.0 * slope / a0**2
    return a0, torch.where(a0.abs() > ROUNDING * radius, r_eff, torch.nan)
