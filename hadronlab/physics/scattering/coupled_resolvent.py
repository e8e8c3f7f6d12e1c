"""What one diagonalisation of coupled channels gives: S(E), phases, inelasticities, mixing angles, thresholds.

With w_a = √c_a u_a the mesh gives w = ρ w′ at the edge, ρ_ab(E) = Σ_λ g_λa g_λb/(E_λ − E). Outside, w_a is a combination of
O_a = G_a + iF_a and its conjugate I_a, over √k_a for a current of one, in an open channel, and the O_a that decays in a closed
one. With s_a = O_a′/O_a no channel is special: w′ − s w is −2i √k_a/O_a of an incoming wave and nothing of an outgoing one, so

    w = ρ̂ (w′ − s w),  ρ̂ = (ρ^−1 − s)^−1   ⇒   S_ab = δ_ab I_a/O_a + 2i √(k_a k_b) ρ̂_ab/(O_a O_b)

for the open a, b; poles of S at any complex energy are those of ρ̂. One l = 0 channel is `rmatrix.Resolvent`.

ρ̂ is the resolvent of H + L − Σ s_a g_a g_aᵀ. For real s (a closed channel, or Re s of an open one, where O = M e^{iθ} has
Re s = M′/M) its poles below E are counted by inertia, never searched for; the angle of all open channels together,
Σ arctan(eigenvalues of √k ρ̂ √k/M²) + π × that number − Σθ_a(a), is ½ arg det S with its turns.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.scattering.channels import Channel, momenta
from hadronlab.physics.scattering.coupled_bound_states import CoupledBoundStates, coupled_bound_states
from hadronlab.physics.scattering.effective_range import edge_parameters
from hadronlab.physics.scattering.free_waves import OutgoingWaves
from hadronlab.physics.scattering.lagrange_mesh import LagrangeMesh
from hadronlab.physics.scattering.phase_parameters import (
    PhaseParameters,
    blatt_biedenharn,
    channel_phases,
    stapp,
)


@dataclass(frozen=True)
class CoupledResolvent:
    """Eigenpairs of H + L for one potential matrix or a batch of them; energies E in MeV from the zero of the thresholds.

    poles (…, P): E_λ, MeV, ascending, P = C·N. edge (…, C, P): g_λa = √c_a u_λa(a). modes (…, C, N, P): u_λa(r_i).
    """

    mesh: LagrangeMesh
    channels: tuple[Channel, ...]
    poles: Tensor
    edge: Tensor
    modes: Tensor

    def waves(self, energy: Tensor) -> OutgoingWaves:
        """The free waves at the edge, of real or complex energies."""
        k = momenta(self.channels, energy.to(self.poles.device))
        return OutgoingWaves(k, self.mesh.radius, [channel.orbital for channel in self.channels])

    def open(self, energy: Tensor) -> Tensor:
        """Which channels are open, (M, C) bool."""
        threshold = self.poles.new_tensor([channel.threshold for channel in self.channels])
        return energy.to(self.poles).unsqueeze(-1) > threshold

    def rho(self, energy: Tensor) -> Tensor:
        """ρ, (…, M, C, C) fm, w = ρ w′ at the edge, at energies (M,) or (…, M), real or complex."""
        return self.sum_over_poles(1.0 / (self.poles.unsqueeze(-2) - energy.unsqueeze(-1)))

    def sum_over_poles(self, weight: Tensor) -> Tensor:
        """Σ_λ g_λa g_λb weight_λ, (…, M, C, C) of (…, M, P)."""
        edge = self.edge.to(weight.dtype)
        products = edge.unsqueeze(-2) * edge.unsqueeze(-3)
        return (weight @ products.flatten(-3, -2).mT).unflatten(-1, (len(self.channels),) * 2)

    def matched(self, energy: Tensor, slope: Tensor) -> Tensor:
        """ρ̂ = (ρ^−1 − s)^−1, (…, M, C, C) fm, for slopes s (…, M, C), fm^-1, at real energies (M,) or (…, M)."""
        return self._bordered(energy, slope).matched

    def poles_below(self, energy: Tensor, slope: Tensor) -> Tensor:
        """How many poles of ρ̂ lie below E, (…, M), for slopes s ≤ 0: eigenvalues of H + L − Σ s_a g_a g_aᵀ, by inertia."""
        return self._bordered(energy, slope).below

    def _bordered(self, energy: Tensor, slope: Tensor) -> _Bordered:
        gap = self.poles.unsqueeze(-2) - energy.unsqueeze(-1)
        nearest = gap.detach().abs().topk(len(self.channels), dim=-1, largest=False).indices
        far = (1.0 / gap.scatter(-1, nearest, 1.0)).scatter(-1, nearest, 0.0)
        edge = self.edge.unsqueeze(-3).expand(*gap.shape[:-1], len(self.channels), -1)
        return _Bordered(
            rho=self.sum_over_poles(far).to(slope.dtype),
            g=torch.take_along_dim(edge, nearest.unsqueeze(-2), -1).to(slope.dtype),
            gap=torch.diag_embed(torch.take_along_dim(gap, nearest, -1)).to(slope.dtype),
            slope=slope.unsqueeze(-1),
            below_far=(far < 0).sum(-1),
        )

    def s_matrix(self, energy: Tensor) -> Tensor:
        """S_ab, complex (…, M, C, C), symmetric and unitary among the open channels, NaN in closed ones. energy: (M,) MeV."""
        S, both = self._open_block(energy)
        return torch.where(both, S, torch.nan)

    def _open_block(self, energy: Tensor) -> tuple[Tensor, Tensor]:
        """S of the open channels, 1 in the others, and which elements are of the open ones."""
        waves, is_open = self.waves(energy), self.open(energy)
        both = is_open.unsqueeze(-1) & is_open.unsqueeze(-2)
        outgoing = torch.where(is_open, waves.value, 1.0)
        current = torch.where(is_open, waves.k.sqrt() / outgoing, 0.0)
        hat = self.matched(energy.to(self.poles), waves.slope)
        return torch.diag_embed(outgoing.conj() / outgoing) + 2j * current.unsqueeze(
            -1
        ) * hat * current.unsqueeze(-2), both

    def total_phase(self, energy: Tensor) -> Tensor:
        """½ arg det S of the open channels, rad, (…, M): the sum of their eigenphases, continuous in E (M,), MeV.

        At the lowest threshold it is π × the number of bound states. NaN below.
        """
        waves, is_open = self.waves(energy), self.open(energy)
        found = self._bordered(energy.to(self.poles), waves.slope.real)
        current = torch.where(is_open, waves.k.abs().sqrt() / waves.value.abs(), 0.0)
        curved = current.unsqueeze(-1) * found.matched * current.unsqueeze(-2)
        angle = torch.atan(torch.linalg.eigvalsh(curved.detach())).sum(-1) + torch.pi * found.below
        angle = angle - torch.where(is_open, waves.angle, 0.0).sum(-1)
        half = 0.5 * torch.angle(
            torch.linalg.det(self._open_block(energy)[0])
        )  # without turns, but to rounding
        turns = ((angle - half) / torch.pi).round()
        return torch.where(is_open.any(-1), half + torch.pi * turns, torch.nan)

    @property
    def first(self) -> int:
        """The channel that opens first; of several the one of the lowest l."""
        return min(
            range(len(self.channels)), key=lambda a: (self.channels[a].threshold, self.channels[a].orbital)
        )

    def phase_shifts(self, energy: Tensor) -> Tensor:
        """δ_a of S_aa = η_a e^{2iδ_a}, rad, (…, M, C), NaN in closed channels. energy: (M,) MeV, ascending.

        With one open channel δ is continuous, π × the number of bound states at its threshold; see `phase_parameters`.
        """
        return channel_phases(self.s_matrix(energy), self.total_phase(energy), self.first)

    def inelasticity(self, energy: Tensor) -> Tensor:
        """η_a = |S_aa|, (…, M, C): 1 where nothing is lost to other channels."""
        return torch.diagonal(self.s_matrix(energy), dim1=-2, dim2=-1).abs()

    def stapp(self, energy: Tensor) -> PhaseParameters:
        """δ1, δ2, ε of two channels, at energies (M,), MeV."""
        return stapp(self.s_matrix(energy), self.total_phase(energy), self.first)

    def blatt_biedenharn(self, energy: Tensor) -> PhaseParameters:
        """δα, δβ, ε of two channels, at energies (M,), MeV."""
        return blatt_biedenharn(self.s_matrix(energy), self.total_phase(energy), self.first)

    def scattering_length(self) -> Tensor:
        """a0 (…,), fm, of the eigenchannel that is the `first` channel at its threshold: k cot δα = −1/a0 + ½ r_eff k²."""
        return self._threshold()[0]

    def effective_range(self) -> Tensor:
        """r_eff (…,), fm, of the same; exact, from ρ̂ and its slope at the threshold."""
        return self._threshold()[1]

    def _threshold(self) -> tuple[Tensor, Tensor]:
        """a0 and r_eff: every other channel, closed or behind its barrier, is matched to its wave at k → 0."""
        entrance = self.channels[self.first]
        lowest = [channel.orbital for channel in self.channels if channel.threshold == entrance.threshold]
        if lowest.count(0) != 1:
            raise HadronlabError(
                f"the waves at the lowest threshold have l={lowest}: a scattering length is of one S wave there"
            )
        energy = self.poles.new_tensor([entrance.threshold])
        waves, others = self.waves(energy), torch.arange(len(self.channels)) != self.first
        slope = torch.where(others, waves.slope.real, 0.0)
        widening = torch.where(others, waves.norm.real, 0.0) / self.kinetic  # ds/dE
        rho, one = self.rho(energy), torch.eye(len(self.channels)).to(self.poles)
        inside = self.sum_over_poles(1.0 / (self.poles.unsqueeze(-2) - energy.unsqueeze(-1)) ** 2)
        left = torch.linalg.inv(one - rho * slope.unsqueeze(-2))
        hat = left @ rho
        growth = left @ inside @ left.mT + (hat * widening.unsqueeze(-2)) @ hat
        a = (..., 0, self.first, self.first)
        return edge_parameters(hat[a], entrance.kinetic * growth[a], self.mesh.radius)

    @property
    def kinetic(self) -> Tensor:
        """c_a of every channel, (C,) MeV fm²."""
        return self.poles.new_tensor([channel.kinetic for channel in self.channels])

    def bound_states(self) -> CoupledBoundStates:
        """Every state below the lowest threshold, matched to the decaying tails of all channels."""
        return coupled_bound_states(self)


class _Bordered:
    """ρ̂ with the poles of ρ that are nearest to E, one for each channel, added last: E may lie on one of them.

    rho (…, C, C): without them. g (…, C, C): their amplitudes, a pole a column. gap: their E_λ − E, diagonal. slope (…, C, 1).
    below_far: how many of the others are below E.
    """

    def __init__(self, rho: Tensor, g: Tensor, gap: Tensor, slope: Tensor, below_far: Tensor):
        self._rho, self._slope, self._below_far = rho, slope, below_far
        self._one = torch.eye(rho.shape[-1]).to(rho)
        self._hat = torch.linalg.solve(self._one - rho * slope.mT, rho)
        self._reach = g + self._hat @ (slope * g)
        self._rest = gap - g.mT @ (slope * self._reach)

    @property
    def matched(self) -> Tensor:
        """ρ̂, (…, C, C)."""
        return self._hat + self._reach @ torch.linalg.solve(self._rest, self._reach.mT)

    @property
    def below(self) -> Tensor:
        """How many of its poles are below E: the signs of D + B(−s)Bᵀ by those of its Schur complements (Haynsworth)."""
        root = (-self._slope).clamp(min=0.0).sqrt()
        lifted = _negative(self._one + root * self._rho * root.mT)
        return (self._below_far - lifted + _negative(self._rest)).to(self._rho)


def _negative(matrix: Tensor) -> Tensor:
    """How many eigenvalues of symmetric matrices (…, C, C) are negative, (…)."""
    return (torch.linalg.eigvalsh(matrix.detach()) < 0).sum(-1)
