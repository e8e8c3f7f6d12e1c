"""Bound states from the R-matrix poles, matched to the exact decaying tail (no Dirichlet box)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.physics.scattering.decaying_wave import DecayingWave
from hadronlab.physics.scattering.effective_range import zero_energy_waves
from hadronlab.physics.scattering.lagrange_mesh import LagrangeMesh


@dataclass(frozen=True)
class BoundStates:
    """States below threshold, lowest first; NaN fills a batch whose members hold different numbers of them.

    energies (…, B): MeV, negative. kappa (…, B): fm^-1. u (…, B, N): u = r φ on the mesh, positive at its
    largest, ∫_0^∞ u² dr = 1. rms_radius (…, B): √⟨r²⟩ of the separation, fm.
    """

    energies: Tensor
    kappa: Tensor
    u: Tensor
    rms_radius: Tensor

    @property
    def count(self) -> Tensor:
        """Number of bound states, (…,)."""
        return torch.isfinite(self.energies).sum(-1)


def bound_states(
    mesh: LagrangeMesh, kinetic: float, poles: Tensor, edge: Tensor, modes: Tensor, bohr: float = 0.0
) -> BoundStates:
    """Energies at which u and u′ inside and outside agree, E = −c κ²; arguments as in `scattering.Resolvent`.

    The angle of (u′, u) at the edge climbs with E inside and falls outside, by π from one state to the next:
    bisection in κ of their difference cannot miss or double one. A state belongs to every pole below threshold, but
    where a repulsion of the charges lifts it above. Charges that attract bind infinitely many: given are as many of the
    lowest as there are poles below threshold, that is those which the mesh holds, the nuclear states among them, and
    no atomic level much wider than the mesh. Not differentiable.
    """
    a = mesh.radius
    n_states = int((poles < 0).sum(-1).max())
    turns = math.pi * torch.arange(n_states, dtype=poles.dtype, device=poles.device)
    squared, ascending = edge.square().unsqueeze(-2), poles.contiguous()

    def inside(kappa: Tensor) -> Tensor:
        energy = -kinetic * kappa.square()
        rho = (squared / (poles.unsqueeze(-2) - energy.unsqueeze(-1))).sum(-1)
        return torch.atan(rho) + math.pi * torch.searchsorted(ascending, energy).to(rho)

    found = poles[..., :n_states] < 0
    if bohr >= 0:  # with attraction the angle outside falls without end at threshold
        value, slope = zero_energy_waves(a, bohr).irregular[:2]
        found = found & (inside(0.0 * poles[..., :n_states]) > turns + math.atan2(value, slope))
        n_states = int(found.sum(-1).max())
        found, turns = found[..., :n_states], turns[:n_states]
    # no state lies below its pole and the potential outside as well
    deep = torch.maximum(-poles[..., :n_states] / kinetic, poles.new_tensor(-bohr / a)).clamp(min=0.0).sqrt()
    deep = torch.where(found, deep, 1.0 / a)
    shallow = torch.where(found, 0.0, deep)
    for _ in range(56):  # 2^-56 of the bracket: the last bit
        kappa = 0.5 * (deep + shallow)
        below = inside(kappa) < turns + DecayingWave(kappa, a, bohr).angle
        deep, shallow = torch.where(below, kappa, deep), torch.where(below, shallow, kappa)
    kappa = 0.5 * (deep + shallow)
    outside = DecayingWave(kappa, a, bohr)
    # With the slope of the tail, −κ, at the edge the Bloch operator adds κ e eᵀ in the basis of the poles. Its
    # eigenvector stays sound for deep states, whose tail at the edge is below rounding.
    outer = edge.unsqueeze(-1) * edge.unsqueeze(-2)
    matched = torch.diag_embed(poles).unsqueeze(-3) - outside.slope[..., None, None] * outer.unsqueeze(-3)
    levels, vectors = torch.linalg.eigh(matched)
    nearest = (levels + kinetic * kappa.square().unsqueeze(-1)).abs().argmin(-1)[..., None, None]
    z = torch.take_along_dim(vectors, nearest, dim=-1).squeeze(-1)
    u = z @ modes.mT
    tail = (z * edge.unsqueeze(-2)).sum(-1).square() / kinetic**2  # u(a)², in the scale of u
    outer_norm, outer_square = outside.moments()
    norm = (u.square() * mesh.dr).sum(-1) + tail * outer_norm
    r2 = (u.square() * mesh.dr * mesh.r**2).sum(-1) + tail * outer_square
    top = torch.gather(u, -1, u.abs().argmax(-1, keepdim=True))
    u = u * top.sign() / norm.sqrt().unsqueeze(-1)
    nan = torch.full_like(kappa, torch.nan)
    return BoundStates(
        energies=torch.where(found, -kinetic * kappa.square(), nan),
        kappa=torch.where(found, kappa, nan),
        u=torch.where(found.unsqueeze(-1), u, nan.unsqueeze(-1)),
        rms_radius=torch.where(found, (r2 / norm).sqrt(), nan),
    )
