"""What stochastic reconfiguration makes of a sample of states before it asks for derivatives: rows, and what they are to follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.optim.processes import ALONE, Processes
from hadronlab.sampling.local_energy import LocalEnergy, clip_limits

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.wavefunction import WaveFunction

HOMING = 0.1  # weight in the metric of the motions that part the members of a span


def row_cotangents(psi: Tensor, generator: torch.Generator | None = None, states: int = 1) -> Tensor:
    """Cotangents c of the rows Σ_iα c_iα ∂ψ_iα, (R, K·n, batch), from ψ (K·n, batch), R = K min(n, 2).

    Every state has rows of its own: signs drawn over the states too would save some, but in the metric of few walkers
    their noise lets steps grow until the states are lost.
    """
    of_states, root = psi.unflatten(0, (states, -1)), psi.square().sum(0).sqrt()
    size = of_states.square().sum(1, keepdim=True).clamp_min(torch.finfo(psi.dtype).tiny)
    rows = [of_states / size.sqrt()]
    if of_states.shape[1] > 1:
        signs = torch.randint(0, 2, psi.shape, generator=generator, device=psi.device).to(psi.dtype)
        signs = signs.mul_(2).sub_(1).view_as(of_states)
        rows.append(signs - of_states * ((signs * of_states).sum(1, keepdim=True) / size))
    of_all = torch.stack(rows).div_(root).movedim(1, -1)  # (R/K, n, batch, K)
    return torch.diag_embed(of_all, dim1=0, dim2=2).flatten(0, 1).flatten(1, 2)


def span_rows(cotangents: Tensor, psi: Tensor, states: int) -> Tensor:
    """Rows of the motions within the span, (K², R, batch): Σ_α c_iα ψ_jα of cotangents (R, K·n, batch)."""
    of_states = cotangents.unflatten(1, (states, -1)), psi.unflatten(0, (states, -1))
    return torch.einsum("riab,jab->ijrb", *of_states).flatten(0, 1)


def residual(
    local: LocalEnergy, clip: float | None = None, processes: Processes = ALONE, states: int = 1
) -> Tensor:
    """(1 − P)Hψ/√ρ, (K·n, batch), over all processes; of one state (Hψ − Eψ)/√ρ.

    Both parts, along ψ (E_L − E) and across it, are clipped at `clip` mean deviations from their median; it is the
    clipped ones that P is taken out of.
    """
    root = local.density.sqrt()
    direction = local.psi / root
    found = beyond_span(local.h_psi / root, direction, states, processes)
    if clip is None:
        return found
    along = (direction * found).sum(0)
    across = found - along * direction
    low, high = clip_limits(processes.gather(along), clip)
    along = along.clamp(low, high)
    if len(across) > 1:
        size = across.square().sum(0).sqrt()
        limit = clip_limits(processes.gather(size), clip)[1]
        across = across * (limit / size.clamp_min(limit))
    return beyond_span(along * direction + across, direction, states, processes)


def beyond_span(x: Tensor, psi: Tensor, states: int, processes: Processes = ALONE) -> Tensor:
    """x − Σ_jk ψ_j (S⁻¹)_jk ⟨ψ_k·x_i⟩ of every state i; x, psi (K·n, batch) over √ρ."""
    flat, span = (y.unflatten(0, (states, -1)).flatten(1) for y in (x, psi))
    products = processes.total(torch.stack([span @ span.T, span @ flat.T]))
    shares = torch.linalg.solve_ex(products[0], products[1])[0]
    return (flat - shares.T @ span).view_as(x)


def homing_rows(wavefunction: WaveFunction, motions: Tensor) -> tuple[Tensor, Tensor]:
    """Rows (K², n_tangent) and residuals (K²,) by which every member comes to be a state and keeps its norm; none of one state.

    motions: (K², n_tangent), of the states within the span. The span, and so the levels, are free of them; but members
    that nearly depend on each other, as they do at first, make large changes of states out of small noise.
    """
    if wavefunction.n_states == 1:
        return motions[:0], motions.new_zeros(0)
    target = wavefunction.mixture().to(motions).flatten().clamp(-1, 1) * wavefunction.energy_scale
    return HOMING**0.5 * motions, HOMING**0.5 * target
