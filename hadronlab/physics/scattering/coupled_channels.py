"""Coupled channels by the R-matrix: thresholds, centrifugal terms, local V_ab(r) and nonlocal U_ab(r,r').

With u_a = r φ_a and c_a = ħ²/2μ_a,

    −c_a u_a″ + c_a l_a(l_a + 1)/r² u_a + M_a u_a + Σ_b V_ab u_b + Σ_b ∫ 4π r r′ U_ab(r,r′) u_b(r′) dr′ = E u_a

is symmetric for V_ab = V_ba and U_ab(r,r′) = U_ba(r′,r), and the Bloch operator of `rmatrix` acts in each channel alone.
On a mesh of N points it is one matrix of C·N rows, with one diagonalisation for all energies.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.scattering.channels import Channel
from hadronlab.physics.scattering.coupled_resolvent import CoupledResolvent
from hadronlab.physics.scattering.lagrange_mesh import LagrangeMesh


class CoupledRMatrix:
    """Scattering in C channels; potentials on the nodes `.r`, which vanish beyond `radius`.

    Leading dimensions are batched (resampling bins). The rule of thumb of `RMatrix` for n_points holds; a hard core
    under a long tail wants 5 points a fm.

    Args:
        radius: a, fm. n_points: N nodes a channel. channels: C of them, in the order of the indices a, b.

    Raises:
        HadronlabError: no channel, wrong shapes, values that are not finite, or potentials that are not symmetric.
    """

    def __init__(
        self,
        radius: float,
        n_points: int,
        channels: Sequence[Channel],
        device: torch.device | str | None = None,
    ):
        if not channels:
            raise HadronlabError("coupled channels need one channel or more")
        self.mesh = LagrangeMesh(radius, n_points, device=device)
        self.channels = tuple(channels)
        self.radius, self.r, self.weight = self.mesh.radius, self.mesh.r, self.mesh.weight
        self._free = torch.block_diag(*(self._free_of(channel) for channel in self.channels))

    def _free_of(self, channel: Channel) -> Tensor:
        outward = channel.kinetic * channel.orbital * (channel.orbital + 1) / self.r**2
        return channel.kinetic * self.mesh.stiffness + torch.diag(outward + channel.threshold)

    def hamiltonian(self, U: Tensor | None = None, V: Tensor | None = None) -> Tensor:
        """H + L, (…, C·N, C·N) MeV, channel by channel. U: (…, C, C, N, N) MeV fm^-3, V: (…, C, C, N) MeV; or None."""
        channels, H = (len(self.channels),) * 2, self._free
        if V is not None:
            V = self.mesh.checked("V", V, 1, channels)
            if bool((V - V.transpose(-3, -2)).abs().amax() > 1e-6 * V.abs().amax()):
                raise HadronlabError("V_ab(r) is not V_ba(r), so H is not Hermitian: pass a symmetric matrix")
            H = H + _one_matrix(torch.diag_embed(V))
        if U is not None:
            H = H + self.mesh.kernel(_one_matrix(self.mesh.checked("U", U, 2, channels)))
        return H

    def solve(self, U: Tensor | None = None, V: Tensor | None = None) -> CoupledResolvent:
        """Diagonalise once; ask the result for S, phases, bound states and the rest."""
        return self.diagonalise(self.hamiltonian(U, V))

    def diagonalise(self, hamiltonian: Tensor) -> CoupledResolvent:
        """Of H + L (…, C·N, C·N), MeV, as `hamiltonian` makes it."""
        poles, vectors = torch.linalg.eigh(hamiltonian)
        modes = vectors.unflatten(-2, (len(self.channels), -1)) / self.mesh.dr.sqrt().unsqueeze(-1)
        root = self.r.new_tensor([channel.kinetic for channel in self.channels]).sqrt()
        values = (self.mesh.edge * self.mesh.dr.sqrt()) @ modes  # u_λa(a)
        return CoupledResolvent(self.mesh, self.channels, poles, root.unsqueeze(-1) * values, modes)


def _one_matrix(blocks: Tensor) -> Tensor:
    """(…, C, C, N, N) → (…, C·N, C·N)."""
    return blocks.transpose(-3, -2).flatten(-2).flatten(-3, -2)
