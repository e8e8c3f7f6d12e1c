"""The local energy of a wave function with channels, and what its gradient needs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.models.wavefunctions.at_once import at_once
from hadronlab.models.wavefunctions.wavefunction import chunks

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.wavefunction import WaveFunction


@dataclass(frozen=True)
class LocalEnergy:
    """H at a batch of samples of ρ, without rest masses, in the internal unit of the system (GeV or Hartree).

    energy, kinetic, potential: (batch,), energy = kinetic + potential, each ΣψOψ/ρ.
    psi, h_psi: (K, batch), the K channels that make up ρ = Σ ψ² (all, or the sampled one), of all states, and Hψ.
    weights: (n_channels, batch), ψ_α²/Σψ², the share of every channel.
    distances: (n_pairs, batch), fm.
    """

    energy: Tensor
    kinetic: Tensor
    potential: Tensor
    psi: Tensor
    h_psi: Tensor
    weights: Tensor
    distances: Tensor

    @property
    def density(self) -> Tensor:
        """ρ, (batch,)."""
        return self.psi.square().sum(0)

    def some(self, chosen: slice) -> LocalEnergy:
        """Of these samples."""
        return LocalEnergy(*(getattr(self, field.name)[..., chosen] for field in fields(self)))


@torch.no_grad()
def local_energy(
    wavefunction: WaveFunction, r: Tensor, channel: Tensor | None = None, chunk: int | None = None
) -> LocalEnergy:
    """E_L = Σ_α ψ_α (Hψ)_α / Σ_α ψ_α² at positions r (N, 3, batch), the exact (Rao–Blackwell) sum over
    channels.

    With `channel` (batch,) it is E_L(r, α) = (Hψ)_α/ψ_α   [DeepQuark, Eq. 15].
    """
    system, states = wavefunction.system, wavefunction.n_states
    psi_parts, t_parts, v_parts, distances = [], [], [], []
    # beside what the wave function divides itself, V holds n_channels² numbers a sample
    chunk = at_once(r, 4096, max(16, system.n_channels**2 // 16)) if chunk is None else chunk
    for part in chunks(r.shape[-1], chunk):
        some = None if channel is None else channel[part]
        psi, t_psi = wavefunction.kinetic(r[..., part], some)
        distance = system.distances(r[..., part])
        psi_parts.append(psi)
        t_parts.append(t_psi)
        of_states = psi.split(system.n_channels)
        v_parts.append(torch.cat([system.potential_apply(distance, state) for state in of_states]))
        distances.append(distance)
    psi, t_psi, v_psi = torch.cat(psi_parts, 1), torch.cat(t_parts, 1), torch.cat(v_parts, 1)
    weights = psi.square().unflatten(0, (states, -1)).sum(0)
    weights /= weights.sum(0)
    if channel is not None:
        sampled = channel.expand(states, 1, -1)
        psi, v_psi = (x.unflatten(0, (states, -1)).gather(1, sampled)[:, 0] for x in (psi, v_psi))
    density = psi.square().sum(0)
    kinetic, potential = (psi * t_psi).sum(0) / density, (psi * v_psi).sum(0) / density  # Eq. (15)
    return LocalEnergy(
        kinetic + potential, kinetic, potential, psi, t_psi + v_psi, weights, torch.cat(distances, 1)
    )


def clip_limits(values: Tensor, width: float | None) -> tuple[Tensor, Tensor]:
    """Median ∓ `width` mean absolute deviations, ∓∞ without width. For gradients only: it biases an energy."""
    if width is None:
        return values.new_tensor(-torch.inf), values.new_tensor(torch.inf)
    median = values.median()
    reach = width * (values - median).abs().mean()
    return median - reach, median + reach


@torch.no_grad()
def particle_kinetic(wavefunction: WaveFunction, r: Tensor, chunk: int = 4096) -> Tensor:
    """ħ²c²/(2m_i) Σ_α |∇_i ψ_α|²/Σ_α ψ_α² of every particle, (N, batch), at positions r (N, 3, batch): its mean over ρ is ⟨T_i⟩.

    By central differences of ψ in double precision, wrong by a relative 1e-7.
    """
    system, found = (
        wavefunction.system,
        torch.empty(r.shape[0], r.shape[-1], dtype=torch.float64, device=r.device),
    )
    step = 1e-4 * wavefunction.length
    with wavefunction.parameters_kept():
        for part in chunks(r.shape[-1], chunk):
            here = r[..., part].double()
            density = wavefunction(here).square().sum(0)
            for i, mass in enumerate(system.masses.tolist()):
                square = torch.zeros_like(density)
                for axis in range(3):
                    moved = torch.zeros_like(here)
                    moved[i, axis] = step
                    slope = (wavefunction(here + moved) - wavefunction(here - moved)) / (2 * step)
                    square += slope.square().sum(0)
                found[i, part] = system.hbar_c**2 / (2 * mass) * square / density
    return found
