"""Local energies that are exact: of eigenstates, and of matrix elements done by hand."""

import pytest
import torch

from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.sampling.local_energy import clip_limits, local_energy
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system


def points(n, batch=50, scale=1.0, seed=3):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(n, 3, batch, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("kato", [False, True])
def test_positronium_is_exact_everywhere(kato):
    """ψ = e^{−r/2} is the ground state: E_L = −1/4 Hartree at every point."""
    psi = InvariantWaveFunction(lepton_system("ps", "e- e+"), widths=(3,), kato=kato)
    with torch.no_grad():
        psi.network.weights[-1].zero_()
        psi.envelope.raw_decay.fill_(float(torch.tensor(0.5).double().expm1().log()))
    local = local_energy(psi, points(2, scale=3.0))
    torch.testing.assert_close(local.energy, torch.full_like(local.energy, -0.25), rtol=1e-10, atol=0)


class Oscillator(WaveFunction):
    """ψ = exp(−Σ_{i<j} a r_ij²/2), ground state of N equal masses, V = Σ_{i<j} k r_ij²/2, a = √(km/N)/ħc."""

    decay = 1.3

    def forward(self, r):
        squares = sum((r[i] - r[j]).square().sum(0) for i, j in self.system.pairs)
        return (-0.5 * self.decay * squares).exp().expand(self.n_channels, -1)


class Spring:
    """V of the oscillator on the masses and channels of a real system."""

    def __init__(self, system, decay):
        n, mass = system.n_particles, float(system.masses[0])
        self.strength = n * decay**2 * system.hbar_c**2 / mass
        self.energy = 1.5 * (n - 1) * n * decay * system.hbar_c**2 / mass
        self.system = system

    def __getattr__(self, name):
        return getattr(self.system, name)

    def potential_apply(self, distances, psi):
        return 0.5 * self.strength * distances.square().sum(0) * psi


def test_oscillator_is_exact_everywhere():
    """(N − 1) oscillators of frequency N a ħ²c²/m; kinetic and potential parts vary, their sum does not."""
    psi = Oscillator(quark_system("nucleon", "u u d", 0.5, 0.5))
    spring = Spring(psi.system, psi.decay)
    psi.system = spring
    local = local_energy(psi, points(3))
    torch.testing.assert_close(local.energy, torch.full_like(local.energy, spring.energy), rtol=1e-10, atol=0)
    assert float(local.kinetic.std()) > 0.01


def test_channel_sum_is_the_quadratic_form():
    """E = ψᵀHψ/ψᵀψ with V from the matrix, for a system whose channels mix."""
    system = quark_system("tcc", "c c u~ d~", 1, 0)
    torch.manual_seed(0)
    psi = InvariantWaveFunction(system, widths=(5, 4))
    r = points(4, 10, 0.6)
    local = local_energy(psi, r, chunk=3)
    value, t_psi = WaveFunction.kinetic(psi, r)
    matrix = system.potential(system.distances(r).T)
    potential = torch.einsum("ab,bac,cb->b", value, matrix, value)
    density = value.square().sum(0)
    torch.testing.assert_close(local.potential, (potential / density).detach(), rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(
        local.kinetic, ((value * t_psi).sum(0) / density).detach(), rtol=1e-8, atol=1e-10
    )
    torch.testing.assert_close(local.weights.sum(0), torch.ones(10, dtype=torch.float64))


def test_sampled_channels_average_to_the_exact_sum():
    """Σ_α ρ(r, α) E_L(r, α) / Σ_α ρ(r, α) is the exact channel sum."""
    system = quark_system("nucleon", "u u d", 0.5, 0.5)
    torch.manual_seed(0)
    exact = DeepQuarkWaveFunction(system, widths=(5,), boundary=1.5, channel_sum="exact")
    sampled = DeepQuarkWaveFunction(system, widths=(5,), boundary=1.5)
    sampled.load_state_dict(exact.state_dict())
    r = points(3, 6, 0.5)
    reference = local_energy(exact, r)
    parts = [local_energy(sampled, r, torch.full((6,), a)) for a in range(4)]
    energy = sum(p.density * p.energy for p in parts) / sum(p.density for p in parts)
    torch.testing.assert_close(energy, reference.energy)


def test_clip_spares_all_but_outliers():
    energy = torch.tensor([1.0, 1.1, 0.9, 1.0, 50.0], dtype=torch.float64)
    low, high = clip_limits(energy, 2.0)
    assert bool((energy[:4] > low).all()) and bool((energy[:4] < high).all()) and 2 < float(high) < 25
    assert torch.equal(energy.clamp(*clip_limits(energy, None)), energy)  # within ∓∞ nothing is changed
