"""Koonin–Pratt: C(k) = ∫ d³r S(r) |ψ_k(r)|² from the R-matrix, and its slope in the Hamiltonian.

Few waves feel the strong force: C is that of `Background` plus, with weights of spin and statistics (`pair`), the change

    Δ(k) = ∫ 4πr² S (u² − F0²)/(kr)² dr,     u → cos δ F0 + sin δ G0.

With x = u/u′(a) = (H + L − E)⁻¹ c δ_a, ρ = x(a), A = F0 − kρF0′, B = G0 − kρG0′ at the edge a and h² = A² + B²,

    cos δ = B/h,  sin δ = −A/h,  u = (k/h) x inside,  u = cos δ F0 + sin δ G0 outside,

the same on both sides of a pole of ρ: no tan δ, no branch. The slope in H is the adjoint, dΔ = −λᵀ dH x for the
coefficients x of u, with the irregular partner v = cos δ G0 − sin δ F0,

    λ = (8π/k²) { (H + L − E)⁻¹ S u + [ v′(a)/u′(a) ∫₀^a S u² dr + ∫_a^∞ S u v dr ] u/ck }:

one diagonalisation serves all momenta, and eigenvectors are never differentiated.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from hadronlab.physics.femtoscopy.background import Background, Density
from hadronlab.physics.femtoscopy.sources import Source
from hadronlab.physics.scattering.coulomb_waves import coulomb_waves
from hadronlab.physics.scattering.lagrange_mesh import LagrangeMesh
from hadronlab.physics.scattering.quadrature import panels
from hadronlab.physics.scattering.rmatrix import Resolvent

# How near E may come to a pole, in c(k² + 1/a²). Values lose nothing there; in λ the two terms cancel like 1/distance.
NEAREST, NEAREST_SLOPE = 1e-13, 1e-7


class KooninPratt:
    """C(k) at fixed momenta for potentials on a mesh: waves and nodes are tabulated once, for every source.

    Args:
        mesh: of the R-matrix; potentials vanish beyond it (the Coulomb force does not).
        kinetic: c = ħ²/2μ, MeV fm².
        k: (M,) momenta, fm⁻¹, > 0.
        bohr: b = 2ηk, fm⁻¹ (`bohr_constant`); the Hamiltonian must hold the same Coulomb force.
        reach: up to where the sources reach, fm (`Source.reach`); shorter than the mesh counts as its radius.
    """

    def __init__(self, mesh: LagrangeMesh, kinetic: float, k: Tensor, bohr: float = 0.0, *, reach: float):
        self.mesh, self.kinetic, self.k = mesh, kinetic, k.to(mesh.r)
        r, dr = (x.to(mesh.r) for x in panels(mesh.radius, reach, 1.0, 5.0 / float(k.max())))
        self.background = Background(self.k, torch.cat([mesh.r, r]), torch.cat([mesh.dr, dr]), bohr)
        edge = coulomb_waves(self.k, mesh.r.new_tensor([mesh.radius]), bohr)
        self._edge = (edge.F, edge.dF, edge.G, edge.dG)  # (M, 1) each

    def waves(self, resolvent: Resolvent) -> Tensor:
        """u_k → cos δ F0 + sin δ G0 at the nodes `background.r`, (…, M, n): those of the mesh, then those beyond."""
        return self._solve(resolvent, NEAREST)[0]

    def change(self, resolvent: Resolvent, density: Density, hamiltonian: Tensor | None = None) -> Tensor:
        """Δ (…, M), differentiable in what the density depends on.

        resolvent: of one potential or a batch (…) of them; the density may have one S for each, (…, n).
        hamiltonian: the H + L (…, N, N) that was diagonalised; with it Δ is differentiable in H, by the adjoint.
        """
        share = self.background.pairs(density)
        u = self.waves(resolvent)
        if hamiltonian is not None:
            u = u.detach()
        excess = (u**2 - self.background.waves.F**2) / (self.k.unsqueeze(-1) * self.background.r) ** 2
        change = (excess @ share.unsqueeze(-1)).squeeze(-1)
        if hamiltonian is not None and hamiltonian.requires_grad:
            x, slope = self.slopes(resolvent, density)
            change = change - (slope * (x @ (hamiltonian - hamiltonian.detach()))).sum(-1)  # 0, with a slope
        return change

    @torch.no_grad()
    def slopes(self, resolvent: Resolvent, density: Density) -> tuple[Tensor, Tensor]:
        """x and λ, (…, M, N) each, of dΔ = −λᵀ dH x; for a local potential ∂Δ/∂V(r_i) = −λ_i x_i."""
        n, root = self.mesh.n_points, self.mesh.dr.sqrt()
        weight = (density(self.background.r) * self.background.dr).unsqueeze(-2)
        u, v, inner, gap, turn = self._solve(resolvent, NEAREST_SLOPE)
        pull = weight * u
        inside = (pull * u)[..., :n].sum(-1, keepdim=True)
        outside = (pull[..., n:] * v).sum(-1, keepdim=True)
        partner = (turn * inside + outside) / (self.kinetic * self.k.unsqueeze(-1))
        answer = self._on_mesh(resolvent, (pull[..., :n] @ resolvent.modes) / gap + partner * inner)
        scale = 8.0 * math.pi / self.k.unsqueeze(-1) ** 2
        return root * u[..., :n], scale * root * answer

    def _on_mesh(self, resolvent: Resolvent, inner: Tensor) -> Tensor:
        return self.kinetic * inner @ resolvent.modes.mT

    def _solve(self, resolvent: Resolvent, nearest: float) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """u (…, M, n), v outside (…, M, n − N), u in the modes and E_λ − E (…, M, N), v′(a)/u′(a) (…, M, 1)."""
        kk, waves, n = self.k.unsqueeze(-1), self.background.waves, self.mesh.n_points
        F, dF, G, dG = self._edge
        gap = resolvent.poles.unsqueeze(-2) - self.kinetic * kk**2
        least = nearest * self.kinetic * (kk**2 + 1.0 / self.mesh.radius**2)
        gap = torch.where(gap.abs() < least, least, gap)
        edge = resolvent.edge.unsqueeze(-2)
        rho = (edge**2 / gap).sum(-1, keepdim=True)
        A, B = F - kk * rho * dF, G - kk * rho * dG
        h = torch.hypot(A, B)
        sine, cosine = -A / h, B / h
        inner = (kk / h) * edge / gap
        outside = cosine * waves.F[:, n:] + sine * waves.G[:, n:]
        u = torch.cat([self._on_mesh(resolvent, inner), outside], -1)
        return u, cosine * waves.G[:, n:] - sine * waves.F[:, n:], inner, gap, h * (cosine * dG - sine * dF)


def correlation_function(
    resolvent: Resolvent,
    k: Tensor,
    source: Source,
    exchange: float = 0.0,
    fraction: float = 1.0,
) -> Tensor:
    """C(k), (…, M), of one S-wave channel with a force: direct + exchange · Re ∫ S ψ(r) ψ*(−r) + fraction · Δ.

    Args:
        resolvent: `RMatrix.solve(U, V)`, which knows the charges.
        k: (M,) relative momentum, fm^-1, > 0.
        source: with `density` and `reach`.
        exchange, fraction: as `pair_weights` has them; by default all pairs are in this channel and distinguishable.

    Raises:
        HadronlabError: k is not positive, the source is not normalised.
    """
    calculation = KooninPratt(resolvent.mesh, resolvent.kinetic, k, resolvent.bohr, reach=source.reach)
    direct, exchanged = calculation.background(source.density)
    return direct + exchange * exchanged + fraction * calculation.change(resolvent, source.density)
