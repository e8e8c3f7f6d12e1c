"""Which of several parameter sets has the lowest energy, on samples that no quoted number comes from."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.utils import vector_to_parameters

from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.sampling.local_energy import local_energy
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.sampling.ritz import equilibrate, overlaps, ritz


def set_energies(
    wavefunction: WaveFunction,
    sets: Mapping[str, Tensor],
    sampler: MetropolisSampler,
    n_samples: int,
    thermalisation: int,
    max_seconds: float | None = None,
) -> dict[str, float]:
    """Mean local energy, or mean level of several states, of every set of parameters (P,), internal unit, inf where it is not finite; leaves the last set
    in the wave function.

    One population of walkers serves all: `thermalisation` sweeps before the first set, a quarter of them before each
    of the others, which are near it. max_seconds: for all of them together; cuts the samples short.
    """
    steps = max(2, n_samples // sampler.n_walkers)
    share = None if max_seconds is None else max_seconds / len(sets)
    energies: dict[str, float] = {}
    for name, theta in sets.items():
        vector_to_parameters(theta.to(sampler.device), wavefunction.parameters())
        sampler.adapt = True
        equilibrate(wavefunction, sampler, -(-thermalisation // 4) if energies else thermalisation)
        sampler.adapt = False
        parts: list[Tensor] = []
        started = time.monotonic()
        while len(parts) < steps:
            local = local_energy(wavefunction, *sampler.sample())
            parts.append(overlaps(local, wavefunction.n_states))
            if share is not None and time.monotonic() - started > share and len(parts) >= 2:
                break
        mean = torch.stack(parts).mean(0)
        energies[name] = float(ritz(mean).energies.mean()) if bool(mean.isfinite().all()) else math.inf
    return energies
