"""What is taken out of local energies where particles meet has the mean zero, and leaves them finite there."""

import pytest
import torch

from hadronlab.estimates.chains import chain_statistics
from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.sampling.contact import REACH, contact_terms
from hadronlab.sampling.local_energy import local_energy
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system

SYSTEMS = {
    "ps": lambda: lepton_system("ps", "e- e+"),
    "nucleon": lambda: quark_system("nucleon", "u u d", 0.5, 0.5),
    "tcc": lambda: quark_system("tcc", "c c u~ d~", 1, 0),
}
MODELS = {
    "other cusps": lambda s: InvariantWaveFunction(s, widths=(5,), features=("saturating",), kato=False),
    "deepquark": lambda s: DeepQuarkWaveFunction(s, widths=(5,), channel_sum="exact"),
    "a sampled channel": lambda s: DeepQuarkWaveFunction(s, widths=(5,)),
}


def made(name, model):
    torch.manual_seed(4)
    return MODELS[model](SYSTEMS[name]())


def with_terms(psi, r, channel=None):
    """Local energies, and these with the terms, over the energy scale."""
    local = local_energy(psi, r, channel)
    terms = contact_terms(psi, r, channel, local)
    return torch.stack([local.energy, local.energy + terms]) / psi.energy_scale


@pytest.mark.parametrize("model", MODELS)
def test_the_mean_over_two_particles_is_zero(model):
    """By the midpoint rule, to its error: the term has a kink at the reach."""
    psi = made("ps", model)
    n, reach = 4000, REACH * float(psi.scale[0])
    r = torch.zeros(2, 3, n, dtype=torch.float64)
    r[0, 2] = (torch.arange(n, dtype=torch.float64) + 0.5) / n * reach
    channel = torch.zeros(n, dtype=torch.long) if psi.samples_channel else None
    raw, whole = with_terms(psi, r, channel)
    weighted = r[0, 2] ** 2 * psi.log_density(r, channel).exp() * (whole - raw)
    assert weighted.sum().abs() < 1e-4 * weighted.abs().sum() and weighted.abs().sum() > 0


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", ["nucleon", "tcc"])
def test_the_mean_over_walkers_is_zero(name, model):
    psi = made(name, model)
    sampler = MetropolisSampler(psi, 500, seed=2)
    sampler.sample(150)
    raw, whole = torch.stack([with_terms(psi, *sampler.sample()) for _ in range(6)], 1)
    found = chain_statistics(whole - raw)
    assert abs(found.mean) < 4 * found.error


@pytest.mark.parametrize("name", SYSTEMS)
def test_energies_are_finite_where_two_particles_meet(name):
    psi = made(name, "other cusps")
    generator = torch.Generator().manual_seed(5)
    r = psi.length * torch.randn(psi.system.n_particles, 3, 12, dtype=torch.float64, generator=generator)
    found = []
    for distance in (2e-3, 1e-3):  # of the first four of the samples
        moved = r.clone()
        offset = torch.tensor([0.6, 0.0, 0.8], dtype=torch.float64)[:, None]
        moved[0, :, :4] = moved[1, :, :4] + distance * psi.length * offset
        found.append(with_terms(psi, moved)[:, :4])
    raw, whole = (found[1] - found[0]).abs()
    assert (whole < 0.05 * raw).all() and raw.min() > 1
