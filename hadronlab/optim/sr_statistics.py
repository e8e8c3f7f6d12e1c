"""Stochastic reconfiguration: the quantum Fisher matrix and the energy gradient of a sample of walkers.

For ψ with channels and ρ = Σ_α ψ_α², the state Σ_α ψ_α |α⟩ has the Fubini–Study metric and gradient

    S = ⟨Σ_α ∂ψ_α ∂ψ_αᵀ/ρ⟩ − ⟨Ō⟩⟨Ō⟩ᵀ,    Ō = Σ_α ψ_α ∂ψ_α/ρ,    F = 2 ⟨Σ_α ∂ψ_α ((Hψ)_α − E ψ_α)/ρ⟩.

The channel index costs two rows a sample in place of n: Ō, and Σ_α z_α ∂ψ_α/√ρ with z a random ±1 vector
projected orthogonal to ψ, whose mean outer product is the part of the metric orthogonal to ψ. One channel:
S = Cov(O), F = 2 Cov(O, E_L) [DeepQuark, Eq. 9, 16–18].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.models.wavefunctions.wavefunction import chunks
from hadronlab.optim.gram import add_gram_, mirror_
from hadronlab.optim.processes import ALONE, Processes
from hadronlab.sampling.local_energy import LocalEnergy, clip_limits

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.wavefunction import WaveFunction
    from hadronlab.optim.natural_gradient import DampedSolver


def row_cotangents(psi: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Cotangents c of the rows Σ_α c_α ∂ψ_α, (R, K, batch), from ψ (K, batch); R = min(K, 2)."""
    density = psi.square().sum(0)
    along = psi / density
    if len(psi) == 1:
        return along[None]
    signs = (
        torch.randint(0, 2, psi.shape, generator=generator, device=psi.device).to(psi.dtype).mul_(2).sub_(1)
    )
    across = signs.sub_(along * (signs * psi).sum(0)) / density.sqrt()
    return torch.stack([along, across])


def residual(local: LocalEnergy, clip: float | None = None, processes: Processes = ALONE) -> Tensor:
    """((Hψ)_α − E ψ_α)/√ρ, (K, batch), E the mean over all processes.

    Both parts, along ψ (E_L − E) and across it, are clipped at `clip` mean deviations from their median; the
    clipped energies are those that E averages.
    """
    root = local.density.sqrt()
    direction = local.psi / root
    across = local.h_psi / root - local.energy * direction
    low, high = clip_limits(processes.gather(local.energy), clip)
    energy = local.energy.clamp(low, high)
    along = energy - processes.gather(energy).mean()
    if clip is not None and len(across) > 1:
        size = across.square().sum(0).sqrt()
        limit = clip_limits(processes.gather(size), clip)[1]
        across = across * (limit / size.clamp_min(limit))
    return along * direction + across


@dataclass
class SRStatistics:
    """Sums over samples for the P × P form, fit to be reduced over processes in one message.

    gram: (P, P) Σ of outer products of rows; row_sum: (P,) Σ Ō; force: (P,) Σ of the gradient's half; n:
    samples. Here P counts tangent coordinates of the wave function.
    """

    gram: Tensor
    row_sum: Tensor
    force: Tensor
    n: Tensor

    @classmethod
    def zeros(cls, n_parameters: int, like: Tensor) -> SRStatistics:
        vector = like.new_zeros(n_parameters, dtype=torch.float64)
        gram = vector.new_zeros(n_parameters, n_parameters)
        return cls(gram, vector, vector.clone(), vector.new_zeros(1))

    def reduce(self, total: Callable[[Tensor], Tensor]) -> SRStatistics:
        """Sum over the processes in one call, the symmetric matrix packed as a triangle."""
        p = len(self.row_sum)
        i, j = torch.tril_indices(p, p, device=self.gram.device)
        packed = total(torch.cat([self.gram[i, j], self.row_sum, self.force, self.n]))
        triangle, row_sum, force, n = packed.split([len(i), p, p, 1])
        gram = torch.zeros_like(self.gram)
        gram[i, j] = triangle
        gram[j, i] = triangle
        return SRStatistics(gram, row_sum, force, n)

    @property
    def fisher(self) -> Tensor:
        """S, (P, P)."""
        mean = self.row_sum / self.n
        return torch.addr(self.gram, mean, mean, beta=1.0 / float(self.n), alpha=-1.0)  # Eq. (9), Eq. (18)

    @property
    def gradient(self) -> Tensor:
        """F = ∂E/∂θ, (P,)."""
        return 2.0 * self.force / self.n  # Eq. (16)


@torch.no_grad()
def accumulate(
    statistics: SRStatistics,
    wavefunction: WaveFunction,
    r: Tensor,
    channel: Tensor | None,
    psi: Tensor,
    h: Tensor,
    chunk: int = 4096,
    dtype: torch.dtype = torch.float64,
    generator: torch.Generator | None = None,
) -> None:
    """Add samples r (N, 3, batch) with ψ and residual h (K, batch) to the sums, `chunk` samples at a time.

    dtype: of the rows and of their Gram matrix; the sums are float64.
    """
    root, rows = psi.square().sum(0).sqrt(), None
    for part in chunks(r.shape[-1], chunk):
        points, some = r[..., part], None if channel is None else channel[part]
        cotangents = row_cotangents(psi[:, part], generator)
        rows = wavefunction.tangent_rows(points.to(dtype), cotangents.to(dtype), some, rows)
        add_gram_(statistics.gram, rows.flatten(1))
        statistics.row_sum += rows[:, 0].sum(1).double()
        if len(psi) == 1:
            weights = h[0, part] * psi[0, part].sign()
            for few in chunks(points.shape[-1], 256):  # rounded like the rows themselves
                statistics.force += (rows[:, 0, few] @ weights[few].to(rows.dtype)).double()
        else:
            statistics.force += wavefunction.tangent_gradient(points, h[:, part] / root[part], some)
        statistics.n += points.shape[-1]
    mirror_(statistics.gram)


@torch.no_grad()
def kernel_rows(
    wavefunction: WaveFunction,
    r: Tensor,
    channel: Tensor | None,
    psi: Tensor,
    h: Tensor,
    dtype: torch.dtype = torch.float64,
    generator: torch.Generator | None = None,
    processes: Processes = ALONE,
) -> tuple[Tensor, Tensor]:
    """Rows O (n, n_tangent) and residuals e (n,) of all processes: OᵀO = S and 2 Oᵀe = F in the mean over z."""
    cotangents = row_cotangents(psi, generator)
    rows = wavefunction.tangent_rows(r.to(dtype), cotangents.to(dtype), channel)
    e = torch.einsum("rkb,kb->rb", cotangents, h) * psi.square().sum(0).sqrt()
    n = processes.total(r.new_tensor([float(r.shape[-1])]))
    rows[:, 0] -= (processes.total(rows[:, 0].sum(1, keepdim=True)) / n).to(dtype)
    root = n.sqrt()
    return processes.gather(rows.flatten(1).T.div_(root.to(dtype))), processes.gather(e.flatten()) / root


def reconfigure(
    solver: DampedSolver,
    wavefunction: WaveFunction,
    r: Tensor,
    channel: Tensor | None,
    local: LocalEnergy,
    step: float,
    clip: float | None = None,
    dtype: torch.dtype = torch.float64,
    generator: torch.Generator | None = None,
    processes: Processes = ALONE,
) -> Tensor:
    """Direction δ (P,), θ ← θ − step · δ   [DeepQuark, Eq. 8, 17]; the same on every process.

    With Q the orthonormal basis of the tangent coordinates S = Q S' Qᵀ and F = Q F', so that (S + λ)⁻¹ F =
    Q (S' + λ)⁻¹ F' exactly. Kernel form when all processes together have fewer rows than coordinates, else P × P.
    `step` is the learning rate, which the solver's cap counts; `dtype` that of the rows and of the products of rows;
    `generator` draws z, one for every process.
    """
    h, size = residual(local, clip, processes), wavefunction.n_tangent
    if solver.previous is not None:
        solver.previous = wavefunction.to_tangent(solver.previous)
    if r.shape[-1] * processes.size * min(2, len(h)) < size:
        rows, e = kernel_rows(wavefunction, r, channel, local.psi, h, dtype, generator, processes)
        delta = solver.solve_kernel(rows, 2.0 * e, step).double()
    else:
        statistics = SRStatistics.zeros(size, r)
        accumulate(statistics, wavefunction, r, channel, local.psi, h, dtype=dtype, generator=generator)
        if processes.size > 1:
            statistics = statistics.reduce(processes.total)
        delta = solver.solve_gram(statistics.fisher, statistics.gradient, step)  # Eq. (8), Eq. (17)
    if solver.previous is not None:  # a checkpoint keeps parameters
        solver.previous = wavefunction.from_tangent(solver.previous)
    return wavefunction.from_tangent(delta)


@torch.no_grad()
def energy_gradient(
    wavefunction: WaveFunction,
    r: Tensor,
    channel: Tensor | None,
    local: LocalEnergy,
    clip: float | None = None,
    processes: Processes = ALONE,
) -> Tensor:
    """∂E/∂θ = 2 ⟨Σ_α ∂ψ_α ((Hψ)_α − E ψ_α)/ρ⟩, (P,), for first-order optimisers   [DeepQuark, Eq. 16]."""
    weights = residual(local, clip, processes) / local.density.sqrt()
    gradient = processes.total(wavefunction.parameter_gradient(r, weights, channel))
    return 2.0 * gradient / processes.total(r.new_tensor([float(r.shape[-1])]))
