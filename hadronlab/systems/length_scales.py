"""How large a system is, from its masses and potential alone: the units of a network's inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.errors import ConfigError

if TYPE_CHECKING:
    from hadronlab.systems.few_body import FewBodySystem

ALIKE = 1e-6  # slopes at contact that differ by less, times the Compton length of the lightest pair, differ by rounding


def reduced_masses(system: FewBodySystem) -> Tensor:
    """μ_p of every pair, (n_pairs,), in the unit of the masses."""
    masses = torch.as_tensor(system.masses, dtype=torch.float64)
    i, j = torch.as_tensor(system.pairs).T
    return masses[i] * masses[j] / (masses[i] + masses[j])


def natural_scales(system: FewBodySystem) -> tuple[Tensor, float]:
    """The mean distance s_p expected of every pair, (n_pairs,) in fm, and the kinetic energy then, GeV.

    All pairs at distances d_p = b (μ_p/μ̄)^(−1/4) with the b that minimises Σ_p (2/N) ħ²c²/(2 μ_p d_p²) + min eig V(d),
    and s = 3d/2, the mean distance of e^{−r/d}: exact for hydrogen. The fourth root lies between the linear potential
    (μ^{−1/3}) and pairs that share their size with lighter partners. Raises ConfigError where there is no such minimum.
    """
    mu = reduced_masses(system)
    shape = (mu / mu.log().mean().exp()) ** -0.25
    multiples = torch.logspace(-3, 2, 400, dtype=torch.float64)
    decay = (
        shape[:, None] * multiples * (system.hbar_c / mu.min())
    )  # of the Compton length of the lightest pair
    kinetic = (system.hbar_c**2 / (2 * mu[:, None] * decay**2)).sum(0) * 2 / len(system.masses)
    potential = torch.linalg.eigvalsh(system.potential(decay.T))[:, 0]
    best = int((kinetic + potential).argmin())
    if best in (0, len(multiples) - 1):
        raise ConfigError(
            f"the forces between {' '.join(system.labels)} do not hold them together at any size: nothing to compute"
        )
    return 1.5 * decay[:, best], float(kinetic[best])


def contact_slopes(system: FewBodySystem) -> tuple[Tensor, bool]:
    """Kato's slope −d ln ψ/dr at r_p = 0 of every pair, (n_pairs,): −μ_p lim r V/ħ²c², averaged over the channels; and whether
    it is that of all of them. So it is of leptons, mesons and baryons without 1/r in their spin forces; elsewhere it is a matrix.
    """
    mu = reduced_masses(system)
    length, one = float(system.hbar_c / mu.min()), torch.eye(system.n_channels, dtype=torch.float64)
    slopes, alike = [], True
    for p in range(len(mu)):
        distances = torch.full((2, len(mu)), length, dtype=torch.float64)
        distances[:, p] = torch.tensor([1e-6, 2e-6]) * length
        v = system.potential(distances)
        residue = (v[0] - v[1]) * distances[1, p]  # (c/r − c/2r)·2r
        matrix = -mu[p] * residue / system.hbar_c**2
        slopes.append(matrix.diagonal().mean())
        alike &= bool((matrix - slopes[-1] * one).abs().max() * length < ALIKE)
    return torch.stack(slopes), alike


def is_confining(system: FewBodySystem, length: float) -> bool:
    """Whether the lowest eigenvalue of V rises without end when all distances grow alike."""
    far = length * torch.tensor([100.0, 1000.0], dtype=torch.float64)[:, None].expand(2, len(system.pairs))
    lowest = torch.linalg.eigvalsh(system.potential(far))[:, 0]
    return bool(lowest[1] > 2 * lowest[0].abs())
