"""S-wave scattering by local and nonlocal potentials: the R-matrix on a Lagrange mesh.

With u = r φ, Eq. 1 of [Wang] reads −c u'' + V u + ∫ 4π r r' U(r,r') u(r') dr' = E u, c = ħ²/2m. On [0, a] the
Bloch operator L = c δ(r − a) d/dr makes it Hermitian: (H + L − E) u = c δ(r − a) u'(a). Let E_λ, u_λ be the
eigenpairs of H + L and γ_λ = u_λ(a). Then

    u(a)/u'(a) = ρ(E) = c Σ_λ γ_λ²/(E_λ − E)   and outside   u = sin(kr + δ)  ⇒  tan(ka + δ) = k ρ(E),

so one diagonalisation gives every energy. The branch is exact too: ρ falls from +∞ to −∞ at each pole, hence
δ(k) = arctan(k ρ) + π #{E_λ < E} − ka is continuous, and tends to π × (number of bound states) at k = 0.

Of two point charges H holds their potential too, and outside u = cos δ F0 + sin δ G0, the Coulomb functions, of which sin kr
and cos kr are the neutral case: tan δ = (k ρ F′ − F)/(G − k ρ G′) at a, derivatives with respect to kr.

This is the case of one S wave of `coupled_channels`, which gives the same numbers for it, and the only one with charges. It
stands by itself because it is real and scalar: matching a matrix to complex waves would make phases of one channel three
times as dear (benchmarks/coupled_channels.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.constants import HBAR_C, kinetic_constant
from hadronlab.physics.scattering.bound_states import BoundStates, bound_states
from hadronlab.physics.scattering.coulomb_waves import (
    CoulombWaves,
    bohr_constant,
    coulomb_waves,
    phase_integral,
)
from hadronlab.physics.scattering.effective_range import threshold_parameters
from hadronlab.physics.scattering.lagrange_mesh import LagrangeMesh

ROUNDING = 1e-14  # of an energy


@dataclass(frozen=True)
class Resolvent:
    """Eigenpairs of H + L for one potential, or a batch of them: everything scattering asks for.

    poles (…, N): E_λ, MeV, ascending. edge (…, N): √c γ_λ, so that ρ(E) = Σ edge²/(E_λ − E).
    modes (…, N, N): u_λ(r_i)/√c for node i and pole λ. radius: a, fm. kinetic: c = ħ²/2m, MeV fm².
    bohr: b = 2ηk of point charges, fm^-1, 0 without; their potential c b/r is in H.
    """

    mesh: LagrangeMesh
    kinetic: float
    poles: Tensor
    edge: Tensor
    modes: Tensor
    bohr: float = 0.0

    def rho(self, energy: Tensor) -> Tensor:
        """u(a)/u'(a), fm, at energies (…, M) MeV → (…, M); infinite on a pole."""
        return (self.edge.square().unsqueeze(-2) / self._gap(energy)).sum(-1)

    def _beside_poles(self, k: Tensor) -> tuple[Tensor, Tensor]:
        """Energies c k², MeV, moved by their rounding where they hit a pole, and the number of poles below, (…, M) each."""
        energy = (self.kinetic * k.to(self.poles) ** 2).expand(*self.poles.shape[:-1], -1).contiguous()
        poles = self.poles.detach().contiguous()
        passed = torch.searchsorted(poles, energy)
        next_pole = torch.take_along_dim(poles, passed.clamp(max=self.mesh.n_points - 1), dim=-1)
        return torch.where(energy == next_pole, energy * (1.0 - ROUNDING), energy), passed.to(energy)

    def _gap(self, energy: Tensor) -> Tensor:
        return self.poles.unsqueeze(-2) - energy.unsqueeze(-1)

    def phase_shifts(self, k: Tensor) -> Tensor:
        """Continuous δ(k), rad, k (M,) in fm^-1 → (…, M); δ(0) = π × number of bound states.

        Of a charged pair it is what the strong force adds, u → cos δ F0 + sin δ G0. With repulsion δ(0) = π × number of
        bound states still; with attraction, which binds infinitely many, δ(0) is no multiple of π but π × the quantum
        defect of the high atomic levels.
        """
        up, sign, passed, outside = self._matched(k)
        sine, cosine = sign * (up * outside.dF - outside.F), sign * (outside.G - up * outside.dG)
        # The angle of (u′/k, u) less that of (F′, F) is δ, distorted within each half-turn: it counts the turns.
        angle = torch.atan(up) + math.pi * passed - phase_integral(k.to(up), self.mesh.radius, self.bohr)
        distorted = torch.atan2(sine, sign * (outside.dF + up * outside.F))
        turns = ((angle - distorted) / (2.0 * math.pi)).round()
        return torch.atan2(sine, cosine) + 2.0 * math.pi * turns

    def wave_functions(self, k: Tensor) -> Tensor:
        """u_k(r_i) on the mesh, (…, M, N), with u → sin(kr + δ) outside, cos δ F0 + sin δ G0 of charges; φ = u/r."""
        up, sign, _, outside = self._matched(k)
        ratio = self.edge.unsqueeze(-2) / self._gap(self._beside_poles(k)[0])
        inner = ratio @ self.modes.transpose(-1, -2) * self.kinetic  # u(r)/u'(a)
        size = torch.hypot(up * outside.dF - outside.F, outside.G - up * outside.dG)
        return inner * (k.to(up) * sign / size).unsqueeze(-1)  # u'(a) = ±k/size, for F'G − FG' = 1

    def _matched(self, k: Tensor) -> tuple[Tensor, Tensor, Tensor, CoulombWaves]:
        """kρ, the sign of u'(a), the number of poles below, (…, M) each, and the free waves at the end of the mesh, (M,)."""
        k = k.to(self.poles)
        if bool((k <= 0).any()):
            raise HadronlabError("phase shifts need momenta k > 0; use scattering_length for k = 0")
        energy, passed = self._beside_poles(k)
        waves = coulomb_waves(k, self.mesh.r.new_tensor([self.mesh.radius]), self.bohr)
        edge = CoulombWaves(*(getattr(waves, field.name)[:, 0] for field in fields(waves)))
        return k * self.rho(energy), 1.0 - 2.0 * (passed % 2), passed, edge

    def k_cot_delta(self, k2: Tensor) -> Tensor:
        """k cot δ, fm^-1, at k² (…, M) of either sign, fm^-2, of neutral pairs: real below threshold too, −κ at a bound state."""
        if self.bohr:
            raise HadronlabError("k cot δ below threshold is that of neutral pairs")
        rho, x = self.rho(self.kinetic * k2), k2.abs().sqrt() * self.mesh.radius
        sine = (
            torch.where(k2 > 0, torch.sinc(x / math.pi), torch.where(x > 0, torch.sinh(x) / x, 1.0))
            * self.mesh.radius
        )
        cosine = torch.where(k2 > 0, torch.cos(x), torch.cosh(x))
        return (cosine + rho * k2 * sine) / (rho * cosine - sine)  # u = k cot δ · sin(kr)/k + cos(kr)

    def scattering_length(self) -> Tensor:
        """a0 (…,), fm, k cot δ = −1/a0 + ½ r_eff k²: positive with one bound state; see `effective_range`."""
        return self._threshold()[0]

    def effective_range(self) -> Tensor:
        """r_eff (…,), fm, from the exact expansion of ρ(E) at E = 0."""
        return self._threshold()[1]

    def _threshold(self) -> tuple[Tensor, Tensor]:
        return threshold_parameters(self.poles, self.edge, self.mesh.radius, self.kinetic, self.bohr)

    def bound_states(self) -> BoundStates:
        """Every state below threshold, matched to the decaying tail; which of infinitely many: `bound_states`."""
        return bound_states(self.mesh, self.kinetic, self.poles, self.edge, self.modes, self.bohr)


class RMatrix:
    """Scattering observables of U(r,r') and V(r) sampled on the nodes `.r`; both vanish beyond `radius`.

    Truncate at `radius` and nowhere inside it: a kernel with a step inside the mesh spoils the exponential
    convergence. Rule of thumb: n_points ≥ 20 + 2 radius k_max / π, more for a hard core.
    Which momenta the data support is the caller's to decide. Leading dimensions are batched (jackknife bins).

    Args:
        radius: a, fm.
        n_points: number of nodes.
        reduced_mass: MeV.
        hbar_c: MeV fm (1.0 for the separable toy in units of μ).
        charges: Z1·Z2. Not zero, the point Coulomb force is added, inside and outside the mesh; phase shifts are then
            relative to F0, scattering length, effective range and bound states modified by it.

    Raises:
        HadronlabError: wrong shapes, non-finite values, or a U that is not symmetric.
    """

    def __init__(
        self,
        radius: float,
        n_points: int,
        reduced_mass: float,
        hbar_c: float = HBAR_C,
        device: torch.device | str | None = None,
        charges: int = 0,
    ):
        if not reduced_mass > 0:
            raise HadronlabError(f"reduced_mass is {reduced_mass} MeV: give a positive mass")
        self.mesh = LagrangeMesh(radius, n_points, device=device)
        self.kinetic = kinetic_constant(reduced_mass, hbar_c)
        self.radius = self.mesh.radius
        self.r = self.mesh.r  # (n,) fm
        self.weight = self.mesh.weight  # (n,) of ∫ 4π r² dr, fm³
        self.bohr = bohr_constant(charges, reduced_mass, hbar_c)
        self.coulomb = self.kinetic * self.bohr / self.r  # (n,) MeV; on the mesh its integrals are exact
        self._free = self.kinetic * self.mesh.stiffness + torch.diag(self.coulomb)

    def hamiltonian(self, U: Tensor | None = None, V: Tensor | None = None) -> Tensor:
        """H + L on the mesh, (…, n, n) MeV. U: (…, n, n) MeV fm^-3, V: (…, n) MeV; either may be None."""
        H = self._free
        if V is not None:
            H = H + torch.diag_embed(self.mesh.checked("V", V, 1))
        if U is not None:
            H = H + self.mesh.kernel(self.mesh.checked("U", U, 2))
        return H

    def solve(self, U: Tensor | None = None, V: Tensor | None = None) -> Resolvent:
        """Diagonalise once; ask the result for phase shifts, threshold parameters and bound states."""
        return self.diagonalise(self.hamiltonian(U, V))

    def diagonalise(self, hamiltonian: Tensor) -> Resolvent:
        """Of H + L (…, n, n), MeV, as `hamiltonian` makes it."""
        poles, vectors = torch.linalg.eigh(hamiltonian)
        edge = math.sqrt(self.kinetic) * (self.mesh.edge @ vectors)
        modes = vectors / (self.mesh.dr.unsqueeze(-1) * self.kinetic).sqrt()
        return Resolvent(self.mesh, self.kinetic, poles, edge, modes, self.bohr)

    def phase_shifts(self, U: Tensor | None, V: Tensor | None, k: Tensor) -> Tensor:
        """δ(k), rad, (…, M) for k (M,) fm^-1; continuous, δ(0) = π n_bound."""
        return self.solve(U, V).phase_shifts(k)

    def scattering_length(self, U: Tensor | None = None, V: Tensor | None = None) -> Tensor:
        """a0 (…,), fm; k cot δ = −1/a0 + ½ r_eff k²."""
        return self.solve(U, V).scattering_length()

    def effective_range(self, U: Tensor | None = None, V: Tensor | None = None) -> Tensor:
        """r_eff (…,), fm."""
        return self.solve(U, V).effective_range()

    def bound_states(self, U: Tensor | None = None, V: Tensor | None = None) -> BoundStates:
        """Energies below threshold, u(r) on the mesh, rms separations."""
        return self.solve(U, V).bound_states()
