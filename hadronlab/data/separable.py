"""Wave functions of the separable potential on the grid of [Wang, Sec. 4.1]; units of μ, ħ = 1."""

from __future__ import annotations

import torch

from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError
from hadronlab.physics.forces.separable import Separable
from hadronlab.physics.scattering.quadrature import radial_weights


def separable_wave_data(
    potential: Separable | None = None,
    n_momenta: int = 10,
    k_min: float = 0.01,
    k_max: float = 1.0,
    n_radii: int = 100,
    r_min: float = 0.01,
    r_max: float = 12.5,
    quadrature: str = "rectangle",
) -> WaveData:
    """φ_k(r) of [Wang, Eq. 9] without its phase e^{iδ}, and (E − H0) φ_k in closed form.

    `n_momenta` momenta and `n_radii` radii at equal distances, r_max = 5R = 12.5/μ as in the paper.
    `quadrature` names the rule of ∫ 4π r'² dr' (see `physics.quadrature`). There are no bins and no
    errors. Raises ConfigError for an empty or inverted range.
    """
    potential = potential or Separable()
    if n_momenta < 1 or n_radii < 2:
        raise ConfigError(f"separable data: {n_momenta} momenta and {n_radii} radii; need 1 and 2 or more")
    if not 0 < r_min < r_max or not 0 < k_min <= k_max:
        got = f"{r_min}, {r_max}, {k_min}, {k_max}"
        raise ConfigError(f"separable data: need 0 < r_min < r_max and 0 < k_min <= k_max, got {got}")
    k = torch.linspace(k_min, k_max, n_momenta, dtype=torch.float64)
    r = torch.linspace(r_min, r_max, n_radii, dtype=torch.float64)
    return WaveData(
        r=r,
        weight=radial_weights(quadrature, r),
        amplitude=potential.wave_function(k, r)[None],
        lhs=potential.equation_lhs(k, r)[None],
        error=None,
        equation=torch.ones(n_radii, dtype=torch.bool),
        labels=tuple(f"k={value:.3g}" for value in k.tolist()),
        sources=("",) * n_momenta,
        times=(None,) * n_momenta,
        momenta=k,
        reduced_mass=potential.reduced_mass,
        hbar_c=1.0,
    )
