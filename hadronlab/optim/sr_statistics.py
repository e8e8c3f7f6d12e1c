"""Stochastic reconfiguration: the quantum Fisher matrix and the energy gradient of a sample of walkers, of one or more states.

For ψ with channels and ρ = Σ_α ψ_α², the state Σ_α ψ_α |α⟩ has the Fubini–Study metric and gradient

    S = ⟨Σ_α ∂ψ_α ∂ψ_αᵀ/ρ⟩ − ⟨Ō⟩⟨Ō⟩ᵀ,    Ō = Σ_α ψ_α ∂ψ_α/ρ,    F = 2 ⟨Σ_α ∂ψ_α ((Hψ)_α − E ψ_α)/ρ⟩.

The channel index costs two rows a sample in place of n: Ō, and Σ_α z_α ∂ψ_α/√ρ with z a random ±1 vector
projected orthogonal to ψ, whose mean outer product is the part of the metric orthogonal to ψ. One channel:
S = Cov(O), F = 2 Cov(O, E_L) [DeepQuark, Eq. 9, 16–18].

K states ψ̃_i with ρ = Σ_iα ψ̃_iα² follow the sum of their levels. The span of the members ψ_k of which they are made falls
fastest along −(1 − P)Hψ_k, for any choice of its members, so that each follows that by parameters of its own:

    S_k = K ⟨∂ψ_k·(1 − P + wP) ∂ψ_kᵀ/ρ⟩,    F_k = 2K ⟨∂ψ_k·(1 − P) Hψ_k/ρ⟩,    ψ_k of the norm of a state,

P onto the span of the sample, with the sample's own overlaps: with exact ones noise would pull the states together. To F_k
comes what leads the members to an orthonormal set (`followed`). As a
motion ψ_k → ψ_k + ψ̃_j has the rows Σ_α c_α ψ̃_jα, taking P out of rows is a linear regression on K such columns: for
one state, subtracting the mean of Ō. A metric of the states in place of the members, with rows Σ_k c_ik ∂ψ_k, is that
of large differences where members nearly depend on each other: there noise threw them back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from hadronlab.models.wavefunctions.wavefunction import chunks
from hadronlab.optim.gram import add_gram_, mirror_
from hadronlab.optim.processes import ALONE, Processes
from hadronlab.optim.reach import within_reach
from hadronlab.optim.state_rows import followed, residual, row_cotangents, span_rows, weight_within
from hadronlab.sampling.local_energy import LocalEnergy

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.wavefunction import WaveFunction
    from hadronlab.optim.natural_gradient import DampedSolver


@dataclass
class SRStatistics:
    """Sums over samples of one member of K states for the P × P form, fit to be reduced over processes in one message.

    gram: (P, P) Σ of outer products of rows; cross: (K, P) those of `span_rows` with rows, Σ Ō of one state; span:
    (K, K) those of `span_rows`; force: (P,) Σ of the gradient's half; n: samples. Here P counts tangent coordinates
    of the wave function.
    """

    gram: Tensor
    cross: Tensor
    span: Tensor
    force: Tensor
    n: Tensor

    @classmethod
    def zeros(cls, n_parameters: int, like: Tensor, states: int = 1) -> SRStatistics:
        p, k = n_parameters, states
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
        return len(self.span)

    @property
    def fisher(self) -> Tensor:
        """S, (P, P)."""
        scale, taken = self.states / float(self.n), 1.0 - weight_within(self.states)
        motions = torch.linalg.solve_ex(self.span, self.cross)[0]
        return torch.addmm(
            self.gram, self.cross.T, motions, beta=scale, alpha=-scale * taken
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
    span: Tensor | None = None,
    norm: float | Tensor = 1.0,
) -> None:
    """Add samples r (N, 3, batch) with ψ and residual h (n, batch) to the sums, `chunk` samples at a time.

    dtype: of the rows and of their Gram matrix; the sums are float64. span: (K·n, batch), the states among which ψ is one
    member, and norm: what `wavefunction` is to be divided by to be that ψ; None: ψ is the one state.
    """
    span = psi if span is None else span
    root, rows = span.square().sum(0).sqrt(), None
    for part in chunks(r.shape[-1], chunk):
        points, some = r[..., part], None if channel is None else channel[part]
        cotangents = row_cotangents(psi[:, part], generator, root[part])
        rows = wavefunction.tangent_rows(points.to(dtype), cotangents.to(dtype) / norm, some, rows)
        add_gram_(statistics.gram, rows.flatten(1))
        within = span_rows(cotangents, span[:, part]).flatten(1)
        statistics.cross += (within.to(rows.dtype) @ rows.flatten(1).T).double()
        statistics.span += within @ within.T
        if len(psi) == len(cotangents):  # the rows are complete
            weights = (torch.einsum("rkb,kb->rb", cotangents, h[:, part]) * root[part]).to(rows.dtype)
            for few in chunks(points.shape[-1], 256):  # rounded like the rows themselves
                statistics.force += torch.tensordot(rows[..., few], weights[:, few], 2).double()
        else:
            statistics.force += wavefunction.tangent_gradient(points, h[:, part] / root[part] / norm, some)
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
    span: Tensor | None = None,
    norm: float | Tensor = 1.0,
) -> tuple[Tensor, Tensor]:
    """Rows O (n, n_tangent) and residuals e (n,) of all processes: OᵀO = S and 2 Oᵀe = F in the mean over z; the arguments are
    those of `accumulate`.
    """
    span = psi if span is None else span
    states, root = len(span) // len(psi), span.square().sum(0).sqrt()
    cotangents = row_cotangents(psi, generator, root)
    rows = wavefunction.tangent_rows(r.to(dtype), cotangents.to(dtype) / norm, channel).flatten(1)
    e = torch.einsum("rkb,kb->rb", cotangents, h) * root
    n = processes.total(r.new_tensor([float(r.shape[-1])]))
    within, e = span_rows(cotangents, span).flatten(1), e.flatten()
    products = [(within.to(dtype) @ rows.T).double(), (within @ e)[:, None]]
    motions, along = torch.linalg.solve_ex(
        processes.total(within @ within.T), processes.total(torch.cat(products, 1))
    )[0].tensor_split([len(rows)], 1)
    kept = weight_within(states) ** 0.5
    rows -= (1.0 - kept) * (motions.T.to(dtype) @ within.to(dtype))
    if kept:  # of e within the span, of which these rows have less
        e += (1.0 / kept - 1.0) * (along[:, 0] @ within)
    scale = (n / states).sqrt()
    return processes.gather(rows.T.div_(scale.to(dtype))), processes.gather(e) / scale


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

    Of several states the solver's cap limits the step of every member.

    With Q the orthonormal basis of the tangent coordinates S = Q S' Qᵀ and F = Q F', so that (S + λ)⁻¹ F =
    Q (S' + λ)⁻¹ F' exactly. Kernel form when all processes together have fewer rows than coordinates, else P × P.
    `step` is the learning rate, which the solver's cap counts; `dtype` that of the rows and of the products of rows;
    `generator` draws z, one for every process.
    """
    states, members = wavefunction.n_states, wavefunction.spanning()
    norms, pairs = (
        wavefunction.member_norms(),
        zip(*followed(wavefunction, local, clip, processes), strict=True),
    )
    found, solvers = [], solver.split([member.n_parameters for member in members])
    for member, own, norm, (psi, h) in zip(members, solvers, norms, pairs, strict=True):
        more: Any = {"dtype": dtype, "generator": generator, "span": local.psi, "norm": norm}
        if own.previous is not None:
            own.previous = member.to_tangent(own.previous)
        if r.shape[-1] * processes.size * min(2, len(psi)) < member.n_tangent:
            rows, e = kernel_rows(member, r, channel, psi, h, processes=processes, **more)
            delta = own.solve_kernel(rows, 2.0 * e, step).double()
        else:
            statistics = SRStatistics.zeros(member.n_tangent, r, states)
            accumulate(statistics, member, r, channel, psi, h, **more)
            if processes.size > 1:
                statistics = statistics.reduce(processes.total)
            delta = own.solve_gram(statistics.fisher, statistics.gradient, step)  # Eq. (8), Eq. (17)
        if own.previous is not None:  # a checkpoint keeps parameters
            own.previous = member.from_tangent(own.previous)
        found.append(member.from_tangent(delta))
    direction = torch.cat(found)
    share = within_reach(wavefunction, r, channel, local.psi, step * direction, processes)
    solver.join(solvers, share)
    return share * direction


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
