"""Bound states from the R-matrix poles, matched to the exact decaying tail e^{−κr} (no Dirichlet box)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.physics.lagrange_mesh import LagrangeMesh


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
    mesh: LagrangeMesh, kinetic: float, poles: Tensor, edge: Tensor, modes: Tensor
) -> BoundStates:
    """Roots of ρ(E) = −1/κ, E = −c κ²; arguments as in `scattering.Resolvent`.

    There is exactly one root between each negative pole and the next pole (or threshold), for 1 + κρ climbs
    from −∞ there to +∞ (to 1 at threshold): bisection in κ cannot miss or double one.
    """
    negative = poles < 0
    n_states = int(negative.sum(-1).max())
    found = negative[..., :n_states]
    deep = (-poles[..., :n_states].clamp(max=0) / kinetic).sqrt()
    shallow = (-poles[..., 1 : n_states + 1].clamp(max=0) / kinetic).sqrt()
    squared = edge.square().unsqueeze(-2)
    for _ in range(64):  # 2^-64 of the bracket: the last bit
        kappa = 0.5 * (deep + shallow)
        rho = (squared / (poles.unsqueeze(-2) + kinetic * kappa.square().unsqueeze(-1))).sum(-1)
        below = 1.0 + kappa * rho < 0
        deep, shallow = torch.where(below, kappa, deep), torch.where(below, shallow, kappa)
    kappa = 0.5 * (deep + shallow)
    ratio = edge.unsqueeze(-2) / (poles.unsqueeze(-2) + kinetic * kappa.square().unsqueeze(-1))
    u = ratio @ modes.transpose(-1, -2)
    tail = (ratio * edge.unsqueeze(-2)).sum(-1).square() / kinetic**2  # u(a)², in the scale of u
    a, q = mesh.radius, 2.0 * kappa
    norm = (u.square() * mesh.dr).sum(-1) + tail / q
    r2 = (u.square() * mesh.dr * mesh.r**2).sum(-1) + tail * (a**2 / q + 2 * a / q**2 + 2 / q**3)
    top = torch.gather(u, -1, u.abs().argmax(-1, keepdim=True))
    u = u * top.sign() / norm.sqrt().unsqueeze(-1)
    nan = torch.full_like(kappa, torch.nan)
    return BoundStates(
        energies=torch.where(found, -kinetic * kappa.square(), nan),
        kappa=torch.where(found, kappa, nan),
        u=torch.where(found.unsqueeze(-1), u, nan.unsqueeze(-1)),
        rms_radius=torch.where(found, (r2 / norm).sqrt(), nan),
    )
