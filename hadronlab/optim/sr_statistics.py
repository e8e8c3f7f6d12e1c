"""Stochastic reconfiguration: the quantum Fisher matrix and the energy gradient of a sample of walkers, of one or more states.

For ψ with channels and ρ = Σ_α ψ_α², the state Σ_α ψ_α |α⟩ has the Fubini–Study metric and gradient

    S = ⟨Σ_α ∂ψ_α ∂ψ_αᵀ/ρ⟩ − ⟨Ō⟩⟨Ō⟩ᵀ,    Ō = Σ_α ψ_α ∂ψ_α/ρ,    F = 2 ⟨Σ_α ∂ψ_α ((Hψ)_α − E ψ_α)/ρ⟩.

The channel index costs two rows a sample in place of n: Ō, and Σ_α z_α ∂ψ_α/√ρ with z a random ±1 vector
projected orthogonal to ψ, whose mean outer product is the part of the metric orthogonal to ψ. One channel:
S = Cov(O), F = 2 Cov(O, E_L) [DeepQuark, Eq. 9, 16–18].

K states ψ_i with ρ = Σ_iα ψ_iα² follow the sum of their levels in the same way, every state by two rows of its own:

    S = K ⟨Σ_i ∂ψ_i·(1 − P) ∂ψ_iᵀ/ρ⟩,    F = 2K ⟨Σ_i ∂ψ_i·(1 − P) Hψ_i/ρ⟩,

P onto the span of the sample, with the sample's own overlaps: with exact ones noise would pull the states together. As a
motion ψ_i → ψ_i + ψ_j has the rows Σ_α c_iα ψ_jα, taking P out of rows is a linear regression on K² such columns: for
one state, subtracting the mean of Ō.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.models.wavefunctions.wavefunction import chunks
from hadronlab.optim.gram import add_gram_, mirror_
from hadronlab.optim.processes import ALONE, Processes
from hadronlab.optim.state_rows import homing_rows, residual, row_cotangents, span_rows
from hadronlab.sampling.local_energy import LocalEnergy

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.wavefunction import WaveFunction
    from hadronlab.optim.natural_gradient import DampedSolver


@dataclass
class SRStatistics:
    """Sums over samples for the P × P form, fit to be reduced over processes in one message.

    gram: (P, P) Σ of outer products of rows; cross: (K², P) those of `span_rows` with rows, Σ Ō of one state; span:
    (K², K²) those of `span_rows`; force: (P,) Σ of the gradient's half; n: samples. Here P counts tangent coordinates
    of the wave function.
    """

    gram: Tensor
    cross: Tensor
    span: Tensor
    force: Tensor
    n: Tensor

    @classmethod
    def zeros(cls, n_parameters: int, like: Tensor, states: int = 1) -> SRStatistics:
        p, k = n_parameters, states**2
        shapes = (p, p), (k, p), (k, k), (p,), (1,)
        return cls(*(like.new_zeros(shape, dtype=torch.float64) for shape in shapes))

    def reduce(self, total: Callable[[Tensor], Tensor]) -> SRStatistics:
        """Sum over the processes in one call, the symmetric matrix packed as a triangle."""
        k, p = self.cross.shape
        i, j = torch.tril_indices(p, p, device=self.gram.device)
        rest = self.cross, self.span, self.force, self.n
        packed = total(torch.cat([self.gram[i, j], *(x.flatten() for x in rest)]))
        triangle, cross, span, force, n = packed.split([len(i), k * p, k * k, p, 1])
        gram = torch.zeros_like(self.gram)
        gram[i, j] = triangle
        gram[j, i] = triangle
        return SRStatistics(gram, cross.view(k, p), span.view(k, k), force, n)

    @property
    def states(self) -> int:
        """K."""
        return math.isqrt(len(self.span))

    @property
    def motions(self) -> Tensor:
        """Of the states within the span, by the parameters, (K², P): what `span_rows` have in common with rows."""
        return torch.linalg.solve_ex(self.span, self.cross)[0]

    @property
    def fisher(self) -> Tensor:
        """S, (P, P)."""
        scale = self.states / float(self.n)
        return torch.addmm(
            self.gram, self.cross.T, self.motions, beta=scale, alpha=-scale
        )  # Eq. (9), Eq. (18)

    @property
    def gradient(self) -> Tensor:
        """F = ∂ΣE/∂θ, (P,)."""
        return 2.0 * self.states * self.force / self.n  # Eq. (16)


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
        cotangents = row_cotangents(psi[:, part], generator, statistics.states)
        rows = wavefunction.tangent_rows(points.to(dtype), cotangents.to(dtype), some, rows)
        add_gram_(statistics.gram, rows.flatten(1))
        within = span_rows(cotangents, psi[:, part], statistics.states).flatten(1)
        statistics.cross += (within.to(rows.dtype) @ rows.flatten(1).T).double()
        statistics.span += within @ within.T
        if len(psi) == len(cotangents):  # the rows are complete
            weights = (torch.einsum("rkb,kb->rb", cotangents, h[:, part]) * root[part]).to(rows.dtype)
            for few in chunks(points.shape[-1], 256):  # rounded like the rows themselves
                statistics.force += torch.tensordot(rows[..., few], weights[:, few], 2).double()
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
    """Rows O (n, n_tangent) and residuals e (n,) of all processes, homing ones of several states among them: OᵀO = S and
    2 Oᵀe = F in the mean over z.
    """
    states = wavefunction.n_states
    cotangents = row_cotangents(psi, generator, states)
    rows = wavefunction.tangent_rows(r.to(dtype), cotangents.to(dtype), channel).flatten(1)
    e = torch.einsum("rkb,kb->rb", cotangents, h) * psi.square().sum(0).sqrt()
    n = processes.total(r.new_tensor([float(r.shape[-1])]))
    within = span_rows(cotangents, psi, states).flatten(1)
    motions = torch.linalg.solve_ex(
        processes.total(within @ within.T),
        processes.total((within.to(dtype) @ rows.T).double()),
    )[0]
    rows -= motions.T.to(dtype) @ within.to(dtype)
    root = (n / states).sqrt()
    rows, e = processes.gather(rows.T.div_(root.to(dtype))), processes.gather(e.flatten()) / root
    homing, target = homing_rows(wavefunction, motions)
    return torch.cat([rows, homing.to(dtype)]), torch.cat([e, target])


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

    Of several states the solver's cap limits the root mean square of their steps.

    With Q the orthonormal basis of the tangent coordinates S = Q S' Qᵀ and F = Q F', so that (S + λ)⁻¹ F =
    Q (S' + λ)⁻¹ F' exactly. Kernel form when all processes together have fewer rows than coordinates, else P × P.
    `step` is the learning rate, which the solver's cap counts; `dtype` that of the rows and of the products of rows;
    `generator` draws z, one for every process.
    """
    states, size = wavefunction.n_states, wavefunction.n_tangent
    h, step = residual(local, clip, processes, states), step / states**0.5
    if solver.previous is not None:
        solver.previous = wavefunction.to_tangent(solver.previous)
    if r.shape[-1] * processes.size * min(2 * states, len(h)) < size:
        rows, e = kernel_rows(wavefunction, r, channel, local.psi, h, dtype, generator, processes)
        delta = solver.solve_kernel(rows, 2.0 * e, step).double()
    else:
        statistics = SRStatistics.zeros(size, r, states)
        accumulate(statistics, wavefunction, r, channel, local.psi, h, dtype=dtype, generator=generator)
        if processes.size > 1:
            statistics = statistics.reduce(processes.total)
        homing, target = homing_rows(wavefunction, statistics.motions)
        metric = statistics.fisher.addmm_(homing.T, homing)
        force = statistics.gradient.addmv_(homing.T, target, alpha=2.0)
        delta = solver.solve_gram(metric, force, step)  # Eq. (8), Eq. (17)
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
    """∂E/∂θ, of several states that of the sum of their levels, = 2 ⟨Σ_α ∂ψ_α ((Hψ)_α − E ψ_α)/ρ⟩, (P,), for first-order optimisers   [DeepQuark, Eq. 16]."""
    states = wavefunction.n_states
    weights = residual(local, clip, processes, states) / local.density.sqrt()
    gradient = processes.total(wavefunction.parameter_gradient(r, weights, channel))
    return 2.0 * states * gradient / processes.total(r.new_tensor([float(r.shape[-1])]))
