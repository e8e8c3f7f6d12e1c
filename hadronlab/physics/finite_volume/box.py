"""Eigenstates of a radial Hamiltonian in a spherical box: the finite volume of the synthetic lattice."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.constants import HBAR_C, kinetic_constant
from hadronlab.physics.scattering.lagrange_mesh import LagrangeMesh

LocalPotential = Callable[[Tensor], Tensor]
NonlocalPotential = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class BoxSpectrum:
    """Levels of H0 + V + U in a sphere, lowest first.

    energies: (n,) MeV. u: (n, N) rψ on the mesh, ∫ u² dr = 1, positive nearest the origin. mesh: its nodes.
    """

    energies: Tensor
    u: Tensor
    mesh: LagrangeMesh
    kinetic: float
    local: LocalPotential | None
    nonlocal_part: NonlocalPotential | None

    def wavefunctions(self, r: Tensor) -> Tensor:
        """ψ_n(r) = u/r, (n, len(r)), fm^-3/2 √(1/4π): ∫ 4π r² ψ² dr = 1. Needs 0 ≤ r ≤ radius."""
        return self._psi(r.to(self.mesh.r))

    def laplacian(self, r: Tensor) -> Tensor:
        """∇²ψ_n(r), (n, len(r)), from ħ²/2m ∇²ψ = (V − E)ψ + ∫ 4π r'² U ψ dr': no differences are taken."""
        r = r.to(self.mesh.r)
        psi = self._psi(r)
        right = -self.energies[:, None] * psi
        if self.local is not None:
            right = right + self.local(r) * psi
        if self.nonlocal_part is not None:
            kernel = self.nonlocal_part(r[:, None], self.mesh.r[None, :])
            right = right + (self._psi(self.mesh.r) * self.mesh.weight) @ kernel.T
        return right / self.kinetic

    def _psi(self, r: Tensor) -> Tensor:
        # ψ is regular at 0, where u/r is 0/0: step to where the division still has its digits.
        safe = r.clamp(min=1e-6 * self.mesh.radius)
        return self.mesh.interpolate(self.u, safe) / (safe * math.sqrt(4.0 * math.pi))


def sphere_radius(length: float) -> float:
    """Radius of the sphere that has the volume of a periodic cube of side `length`, in the unit of that."""
    return length * (3.0 / (4.0 * math.pi)) ** (1.0 / 3.0)


def box_mesh(radius: float, n_points: int, boundary: str = "neumann") -> LagrangeMesh:
    """The mesh on which `box_spectrum` takes the potentials. Raises HadronlabError for an unknown boundary."""
    if boundary not in ("neumann", "dirichlet"):
        raise HadronlabError(f"boundary '{boundary}' is unknown: choose 'neumann' or 'dirichlet'")
    return LagrangeMesh(radius, n_points, closed=boundary == "dirichlet")


def box_spectrum(
    radius: float,
    reduced_mass: float,
    hbar_c: float = HBAR_C,
    local: LocalPotential | None = None,
    nonlocal_part: NonlocalPotential | None = None,
    n_points: int = 200,
    boundary: str = "neumann",
    n_levels: int | None = None,
) -> BoxSpectrum:
    """Eigenstates of −(ħ²/2m)∇² + V(r) + U(r,r') in a sphere, S-wave.

    Args:
        radius: fm; `sphere_radius(L)` for the volume of a lattice of side L.
        reduced_mass: MeV. hbar_c: MeV fm.
        local: r → V, MeV. nonlocal_part: (r, r') → U, MeV fm^-3, symmetric.
        n_points: mesh points; the upper third of the levels is not accurate.
        boundary: "neumann" (dψ/dr = 0, like the zero mode of a periodic box) or "dirichlet" (ψ = 0).
        n_levels: how many to return (all if None).

    Raises:
        HadronlabError: an unknown boundary, or more levels than points.
    """
    mesh = box_mesh(radius, n_points, boundary)
    n_levels = n_points if n_levels is None else n_levels
    if not 1 <= n_levels <= n_points:
        raise HadronlabError(f"n_levels={n_levels} must lie between 1 and n_points={n_points}")
    kinetic = kinetic_constant(reduced_mass, hbar_c)
    H = kinetic * mesh.stiffness
    if boundary == "neumann":  # dψ/dr = 0 is u' = u/r at the edge: the Bloch operator with that slope
        H = H - kinetic / radius * torch.outer(mesh.edge, mesh.edge)
    if local is not None:
        H = H + torch.diag(local(mesh.r))
    if nonlocal_part is not None:
        H = H + mesh.kernel(nonlocal_part(mesh.r[:, None], mesh.r[None, :]))
    energies, vectors = torch.linalg.eigh(H)
    u = (vectors / mesh.dr.sqrt()[:, None]).T[:n_levels]
    u = u * u[:, :1].sign()
    return BoxSpectrum(energies[:n_levels], u, mesh, kinetic, local, nonlocal_part)
