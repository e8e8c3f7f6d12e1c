"""Rayleigh–Ritz in the span of several states, from samples of ρ = Σ_i |ψ_i|².

    S_ij = ⟨Σ_α ψ_iα ψ_jα/ρ⟩,    H_ij = ⟨Σ_α ψ_iα (Hψ_j)_α/ρ⟩,    H c_i = E_i S c_i.

H is not made symmetric: where the span is that of eigenstates, Hψ_j = Σ_k ψ_k A_kj at every point, H = SA and the levels of
any sample are exact; those of (H + Hᵀ)/2 are not. What is left is noise of second order in Hψ − Eψ. One state is the special
case S = 1, E = ⟨E_L⟩.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.sampling.local_energy import LocalEnergy, local_energy

if TYPE_CHECKING:
    from hadronlab.models.wavefunctions.wavefunction import WaveFunction
    from hadronlab.sampling.metropolis import MetropolisSampler

ROUNDS = 10  # of walkers and Ritz vectors that follow each other, before several states stand still
DEPENDENT = 1e-9  # least eigenvalue of S over its largest: below, no rounding keeps the states apart
NEARLY_ORTHOGONAL = 0.5  # least eigenvalue of the overlaps of the vectors of H: below, or where levels are complex, its symmetric part has them


@dataclass(frozen=True)
class Ritz:
    """energies: (K,), ascending, internal unit. vectors: (K, K), rows c_i; the ρ of all ψ̃_i = Σ_j c_ij ψ_j has the norm of
    that of the ψ_j.
    """

    energies: Tensor
    vectors: Tensor

    def of_samples(self, local: LocalEnergy) -> Tensor:
        """(K, batch), E_i + ψ̃_i·(H − E_i)ψ̃_i/ρ with mean E_i: what every sample contributes to the levels, to first order."""
        states = len(self.energies)
        psi, h_psi = (
            torch.tensordot(self.vectors, x.unflatten(0, (states, -1)), 1) for x in (local.psi, local.h_psi)
        )
        density, energies = local.density / states, self.energies[:, None]
        return energies + (psi * (h_psi - energies[..., None] * psi)).sum(1) / density


def overlaps(local: LocalEnergy, states: int, total: Callable[[Tensor], Tensor] = lambda x: x) -> Tensor:
    """S and H of a sample, (2, K, K); total: sum over the processes that share it."""
    weighted = (local.psi / local.density).unflatten(0, (states, -1)).flatten(1)
    parts = [x.unflatten(0, (states, -1)).flatten(1) for x in (local.psi, local.h_psi)]
    sums = torch.stack([weighted @ part.T for part in parts])
    n = total(sums.new_full((1,), local.psi.shape[-1]))
    return total(sums) / n


def ritz(matrices: Tensor) -> Ritz:
    """Levels of `overlaps` (2, K, K), nan where these are not finite, and vectors of a positive diagonal. Raises HadronlabError for states that depend on
    each other."""
    states = matrices.shape[-1]
    if states == 1:
        return Ritz(matrices[1, 0] / matrices[0, 0], torch.ones_like(matrices[0]))
    if not bool(matrices.isfinite().all()):
        return Ritz(matrices.new_full((states,), torch.nan), torch.eye(states).to(matrices))
    overlap, energy = 0.5 * (matrices[0] + matrices[0].T), matrices[1]
    norms, axes = torch.linalg.eigh(overlap)
    if not bool(norms[0] > DEPENDENT * norms[-1]):
        raise HadronlabError(
            "the states of the span depend on each other: fewer task.states, or more sampler.n_walkers"
        )
    half = axes / norms.sqrt()  # S^{−1/2} but for a rotation
    energies, rotation = _eigen(half.T @ energy @ half)
    vectors = (half @ rotation).T
    signs = torch.where(vectors.diagonal() < 0, -1.0, 1.0)
    return Ritz(energies, vectors * signs[:, None] / len(vectors) ** 0.5)


def _eigen(energy: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues, ascending, and columns of eigenvectors, of norm 1, of a matrix that is symmetric but for noise."""
    values, vectors = torch.linalg.eig(energy)
    order = values.real.argsort()
    values, vectors = values[order], vectors[:, order]
    real = bool((values.imag == 0).all())
    if real and bool(torch.linalg.eigvalsh(vectors.real.T @ vectors.real)[0] > NEARLY_ORTHOGONAL):
        return values.real, vectors.real
    return torch.linalg.eigh(0.5 * (energy + energy.T))


def equilibrate(
    wavefunction: WaveFunction,
    sampler: MetropolisSampler,
    sweeps: int,
    total: Callable[[Tensor], Tensor] = lambda x: x,
) -> None:
    """Take walkers to the density of the Ritz vectors of the states that `wavefunction` holds, in so many sweeps."""
    states = wavefunction.n_states
    for _ in range(ROUNDS if states > 1 else 0):
        local = local_energy(wavefunction, *sampler.sample(-(-sweeps // (ROUNDS + 1))))
        wavefunction.rotate(ritz(overlaps(local, states, total)).vectors)
    sampler.sample(sweeps if states == 1 else -(-sweeps // (ROUNDS + 1)))
