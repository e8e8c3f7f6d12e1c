"""Bound states of coupled channels: counted by inertia, found by bisection, their tails exact in every channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from hadronlab.physics.scattering.coupled_resolvent import CoupledResolvent


PARTS = 16  # of a bracket at once: many small matrices cost as much as one


@dataclass(frozen=True)
class CoupledBoundStates:
    """States below the lowest threshold, lowest first; NaN fills a batch whose members hold different numbers of them.

    energies (…, B): MeV, from the zero of the thresholds. u (…, B, C, N): rφ of every channel on the mesh,
    Σ_a ∫_0^∞ u_a² dr = 1, positive at its largest. shares (…, B, C): ∫ u_a² dr, the probability of each channel (of S–D
    waves: P_S, P_D). amplitudes (…, B, C): A_a of u_a → A_a e^{−κ_a r}, fm^-1/2. rms_radius (…, B): √⟨r²⟩ of the separation, fm.
    """

    energies: Tensor
    u: Tensor
    shares: Tensor
    amplitudes: Tensor
    rms_radius: Tensor

    @property
    def count(self) -> Tensor:
        """Number of bound states, (…,)."""
        return torch.isfinite(self.energies).sum(-1)


@torch.no_grad()
def coupled_bound_states(resolvent: CoupledResolvent) -> CoupledBoundStates:
    """States below the lowest threshold that decay in every channel; not differentiable."""
    energy, found = _levels(resolvent)
    waves, mesh = resolvent.waves(energy), resolvent.mesh
    # the eigenvector of the matched Hamiltonian stays sound for deep states, whose tail at the edge is below rounding
    edge = resolvent.edge.unsqueeze(-3)  # (…, 1, C, P)
    outside = edge.mT @ (waves.slope.real.unsqueeze(-1) * edge)
    vectors = torch.linalg.eigh(torch.diag_embed(resolvent.poles).unsqueeze(-3) - outside).eigenvectors
    # state b is eigenvalue b of its matrix
    z = torch.diagonal(vectors[..., : energy.shape[-1]], dim1=-3, dim2=-1).mT.unsqueeze(-1)  # (…, B, P, 1)
    u = (resolvent.modes.unsqueeze(-4) @ z.unsqueeze(-3)).squeeze(-1)
    u_edge = (edge @ z).squeeze(-1) / resolvent.kinetic.sqrt()
    r, dr, relative = waves.beyond()
    shares = (u.square() * mesh.dr).sum(-1) + u_edge.square() * waves.norm.real
    r2 = (u.square() * mesh.dr * mesh.r**2).sum(-1) + u_edge.square() * (dr * (r * relative) ** 2).sum(-1)
    norm = shares.sum(-1)
    top = torch.gather(u.flatten(-2), -1, u.flatten(-2).abs().argmax(-1, keepdim=True))
    scale = top.sign() / norm.sqrt().unsqueeze(-1)
    turn = torch.tensor([1j**channel.orbital for channel in resolvent.channels], device=energy.device)
    nan, known = torch.full_like(energy, torch.nan), found.unsqueeze(-1)
    return CoupledBoundStates(
        energies=torch.where(found, energy, nan),
        u=torch.where(known.unsqueeze(-1), u * scale.unsqueeze(-1), nan[..., None, None]),
        shares=torch.where(known, shares / norm.unsqueeze(-1), nan.unsqueeze(-1)),
        amplitudes=torch.where(known, u_edge * scale / (turn * waves.value).real, nan.unsqueeze(-1)),
        rms_radius=torch.where(found, (r2.sum(-1) / norm).sqrt(), nan),
    )


def _levels(resolvent: CoupledResolvent) -> tuple[Tensor, Tensor]:
    """Energies E = M − c κ², (…, B), and whether there is such a state.

    How many eigenvalues of H + L − Σ s_a(E) g_a g_aᵀ lie below E only grows with E, by one at each state: bisection in κ
    cannot miss or double one, degenerate ones neither. Fifteen points at a time.
    """
    entrance, poles = resolvent.channels[resolvent.first], resolvent.poles
    threshold, kinetic = entrance.threshold, entrance.kinetic
    n_states = int((poles < threshold).sum(-1).max())  # the decaying tails make it fewer
    wanted = torch.arange(n_states, dtype=poles.dtype, device=poles.device)

    def below(kappa: Tensor) -> Tensor:
        energy = threshold - kinetic * kappa.square()
        return resolvent.poles_below(energy, resolvent.waves(energy).slope.real)

    found = below(torch.zeros_like(poles[..., :n_states])) > wanted
    n_states = int(found.sum(-1).max()) if n_states else 0
    found, wanted = found[..., :n_states], wanted[:n_states]
    # no state lies below its pole
    deep = torch.where(found, ((threshold - poles[..., :n_states]) / kinetic).clamp(min=0.0).sqrt(), 1.0)
    width = torch.where(found, -deep, 0.0)
    parts = torch.arange(1, PARTS, dtype=poles.dtype, device=poles.device) / PARTS
    for _ in range(14):  # 16^-14 of the bracket: the last bit
        kappa = deep.unsqueeze(-1) + width.unsqueeze(-1) * parts
        number = below(kappa.flatten(-2)).unflatten(-1, kappa.shape[-2:])
        deep = deep + width * (number <= wanted.unsqueeze(-1)).sum(-1) / PARTS
        width = width / PARTS
    return threshold - kinetic * (deep + 0.5 * width).square(), found
