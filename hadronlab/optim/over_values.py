"""Stochastic reconfiguration of one network for several Hamiltonians, whose mean energy it lowers.

Every value p of what the network is conditioned on has walkers, energy E_p, mean Ō_p and so a metric S_p and a gradient F_p of
its own, by the parameters θ_p that the network has there. Those are linear in θ, θ_p = J_p θ + const., hence

    S = Σ_p J_pᵀ S_p J_p / n_p,    F = Σ_p J_pᵀ F_p / n_p:

the rows of all values side by side. One mean over all walkers would take the spread of E with p for noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.optim.gram import symmetric_product
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.processes import ALONE, Processes
from hadronlab.optim.sr_statistics import energy_gradient, kernel_rows
from hadronlab.optim.state_rows import residual
from hadronlab.sampling.local_energy import LocalEnergy

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.conditioned import ConditionedWaveFunction

Samples = Sequence[tuple[Tensor, Tensor | None]]


def reconfigure_over_values(
    solver: DampedSolver,
    wavefunction: ConditionedWaveFunction,
    samples: Samples,
    local: Sequence[LocalEnergy],
    step: float,
    clip: float | None = None,
    dtype: torch.dtype = torch.float64,
    generator: torch.Generator | None = None,
    processes: Processes = ALONE,
) -> Tensor:
    """Direction δ (P,) from samples and local energies of every member; the arguments are those of `reconfigure`."""
    rows, residuals = zip(
        *_rows(wavefunction, samples, local, clip, dtype, generator, processes), strict=True
    )
    root = len(rows) ** 0.5
    of_all, e = torch.cat(rows).div_(root), torch.cat(residuals).mul_(2.0 / root)
    if len(of_all) < of_all.shape[1]:
        return solver.solve_kernel(of_all, e, step).double()
    force = (of_all.T @ e.to(of_all)).double()
    return solver.solve_gram(symmetric_product(of_all.T), force, step)


def _rows(
    wavefunction: ConditionedWaveFunction,
    samples: Samples,
    local: Sequence[LocalEnergy],
    clip: float | None,
    dtype: torch.dtype,
    generator: torch.Generator | None,
    processes: Processes,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Rows (n, P) and residuals (n,) of every member."""
    parts = zip(wavefunction.members, wavefunction.values, samples, local, strict=True)
    for member, value, (r, channel), found in parts:
        h = residual(found, clip, processes)
        rows, e = kernel_rows(member, r, channel, found.psi, h, dtype, generator, processes)
        yield wavefunction.gradients_from(value, rows), e


def energy_gradient_over_values(
    wavefunction: ConditionedWaveFunction,
    samples: Samples,
    local: Sequence[LocalEnergy],
    clip: float | None = None,
    processes: Processes = ALONE,
) -> Tensor:
    """∂/∂θ of the mean energy, (P,), for first-order optimisers."""
    parts = zip(wavefunction.members, wavefunction.values, samples, local, strict=True)
    gradients = [
        wavefunction.gradients_from(value, energy_gradient(member, *points, found, clip, processes))
        for member, value, points, found in parts
    ]
    return torch.stack(gradients).mean(0)
