"""S of coupled channels at energies W whose momenta are those of a lattice: k_a²/2μ_a = ΔW_a + κ_a ΔW_a², ΔW_a = W − M_a.

This is what the operator K of the time-dependent equation says of an energy, κ_a = (1 + 3δ_a²)/8μ_a: relativistic to its order.
The channels then differ by more than their thresholds,

    H u − Σ_a κ_a ΔW_a² P_a u = W u,  P_a the projector on channel a,

and every energy asks for a linear equation of its own, in the eigenvectors of H.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hadronlab.physics.scattering.coupled_resolvent import CoupledResolvent
from hadronlab.physics.scattering.free_waves import OutgoingWaves


def lattice_scattering(solved: CoupledResolvent, energy: Tensor, curvature: Tensor) -> tuple[Tensor, Tensor]:
    """S (…, M, C, C), NaN in closed channels, and ½ arg det S (…, M), of energies (M,), MeV, and κ (C,), MeV⁻¹.

    The turns of the latter are those of the same energies without κ.
    """
    threshold = solved.poles.new_tensor([channel.threshold for channel in solved.channels])
    gap = energy.unsqueeze(-1) - threshold  # (M, C)
    extra = curvature * gap.square()
    k = ((gap + extra) / solved.kinetic).to(torch.complex128).sqrt()
    waves = OutgoingWaves(k, solved.mesh.radius, [channel.orbital for channel in solved.channels])
    is_open = gap > 0
    weighted = solved.modes * solved.mesh.dr.sqrt().unsqueeze(-1)
    shares = weighted.mT @ weighted  # (…, C, P, P)
    rho = torch.stack(
        [_rho(solved, shares, float(E), shift) for E, shift in zip(energy, extra, strict=True)], -3
    ).to(torch.complex128)
    slope = waves.slope.unsqueeze(-2)
    hat = torch.linalg.solve(torch.eye(len(solved.channels)).to(rho) - rho * slope, rho)
    both = is_open.unsqueeze(-1) & is_open.unsqueeze(-2)
    outgoing = torch.where(is_open, waves.value, 1.0)
    current = torch.where(is_open, waves.k.sqrt() / outgoing, 0.0)
    S = torch.diag_embed(outgoing.conj() / outgoing) + 2j * current.unsqueeze(-1) * hat * current.unsqueeze(
        -2
    )
    half = 0.5 * torch.angle(torch.linalg.det(S))
    turns = ((solved.total_phase(energy) - half) / torch.pi).round()
    return torch.where(both, S, torch.nan), half + torch.pi * turns


def _rho(solved: CoupledResolvent, shares: Tensor, energy: float, shift: Tensor) -> Tensor:
    """ρ (…, C, C) at one energy, the channels shifted by κ_a ΔW_a² (C,)."""
    A = torch.diag_embed(solved.poles - energy) - torch.einsum("a,...apq->...pq", shift, shares)
    return solved.edge @ torch.linalg.solve(A, solved.edge.mT)
