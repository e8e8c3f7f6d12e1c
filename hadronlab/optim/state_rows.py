"""What stochastic reconfiguration makes of a sample of states before it asks for derivatives: rows, and what they are to follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.optim.processes import ALONE, Processes
from hadronlab.sampling.local_energy import LocalEnergy, clip_limits

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.wavefunction import WaveFunction

WITHIN = 0.1
ORTHOGONALISATION = 0.3  # how fast members leave each other, in natural kinetic energies: as what lies so far above a state leaves it


def weight_within(states: int) -> float:
    """Weight w in the metric, (1 − P) + wP, of the motions within the span of several states; of one, of its norm, none.

    The levels are free of them, but members that went anywhere would come to depend on each other.
    """
    return WITHIN if states > 1 else 0.0


def row_cotangents(
    psi: Tensor, generator: torch.Generator | None = None, root: Tensor | None = None
) -> Tensor:
    """Cotangents c of the rows Σ_α c_α ∂ψ_α, (min(n, 2), n, batch), from ψ (n, batch); root: √ρ, |ψ| where ψ is alone."""
    size = psi.square().sum(0).clamp_min(torch.finfo(psi.dtype).tiny)
    root = size.sqrt() if root is None else root
    rows = [psi / size.sqrt()]
    if len(psi) > 1:
        signs = torch.randint(0, 2, psi.shape, generator=generator, device=psi.device).to(psi.dtype)
        signs = signs.mul_(2).sub_(1)
        rows.append(signs - psi * ((signs * psi).sum(0) / size))
    return torch.stack(rows).div_(root)


def span_rows(cotangents: Tensor, span: Tensor) -> Tensor:
    """Rows of the motions within the span, (K, R, batch): Σ_α c_α ψ̃_jα of cotangents (R, n, batch), span (K·n, batch)."""
    return torch.einsum("rab,jab->jrb", cotangents, span.unflatten(0, (-1, cotangents.shape[1])))


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


def followed(
    wavefunction: WaveFunction, local: LocalEnergy, clip: float | None = None, processes: Processes = ALONE
) -> tuple[Tensor, Tensor]:
    """Members ψ_k = Σ_j a_kj ψ̃_j of norm 1, and what each is to follow over √ρ, both (K, n, batch):

        Σ_j a_kj (1 − P)Hψ̃_j + wγ Σ_j (a − (aaᵀ)^(−1/2) a)_kj ψ̃_j.

    The second part leads to the orthonormal set that is nearest to the members [Löwdin 1950]. No level depends on it, but a
    state that is a small difference of members that nearly depend on each other has their errors many times over.
    """
    states, shares = wavefunction.n_states, wavefunction.shares().to(local.psi)
    left, _, right = torch.linalg.svd(shares)
    apart = weight_within(states) * ORTHOGONALISATION * wavefunction.energy_scale * (shares - left @ right)
    psi, h = (x.unflatten(0, (states, -1)) for x in (local.psi, residual(local, clip, processes, states)))
    moves = torch.tensordot(shares, h, 1) + torch.tensordot(apart, psi / local.density.sqrt(), 1)
    return torch.tensordot(shares, psi, 1), moves


def beyond_span(x: Tensor, psi: Tensor, states: int, processes: Processes = ALONE) -> Tensor:
    """x − Σ_jk ψ_j (S⁻¹)_jk ⟨ψ_k·x_i⟩ of every state i; x, psi (K·n, batch) over √ρ."""
    flat, span = (y.unflatten(0, (states, -1)).flatten(1) for y in (x, psi))
    products = processes.total(torch.stack([span @ span.T, span @ flat.T]))
    shares = torch.linalg.solve_ex(products[0], products[1])[0]
    return (flat - shares.T @ span).view_as(x)
