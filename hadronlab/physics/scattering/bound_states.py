"""Bound states from the R-matrix poles, matched to the exact decaying tail e^{−κr} (no Dirichlet box)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

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
    mesh: LagrangeMesh, kinetic: float, poles: Tensor, edge: Tensor, modes: Tensor
) -> BoundStates:
    """Roots of ρ(E) = −1/κ, E = −c κ²; arguments as in `scattering.Resolvent`.

    There is exactly one root between each negative pole and the next pole (or threshold), for 1 + κρ climbs
    from −∞ there to +∞ (to 1 at threshold): bisection in κ cannot miss or double one. Not differentiable.
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
    # With the slope −κ at the edge the Bloch operator adds κ e eᵀ in the basis of the poles. Its eigenvector
    # stays sound for deep states, whose tail at the edge is below rounding.
    outer = edge.unsqueeze(-1) * edge.unsqueeze(-2)
    matched = torch.diag_embed(poles).unsqueeze(-3) + kappa[..., None, None] * outer.unsqueeze(-3)
    vectors = torch.linalg.eigh(matched).eigenvectors
    rank = torch.arange(n_states, device=poles.device).reshape(-1, 1, 1)
    z = torch.take_along_dim(vectors, rank.expand(*vectors.shape[:-1], 1), dim=-1).squeeze(-1)
    u = z @ modes.mT
    tail = (z * edge.unsqueeze(-2)).sum(-1).square() / kinetic**2  # u(a)², in the scale of u
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
