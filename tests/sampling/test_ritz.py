"""Rayleigh–Ritz from samples: exact levels where the span is invariant, one state, states that depend on each other."""

import pytest
import torch

from hadronlab.errors import HadronlabError
from hadronlab.sampling.local_energy import LocalEnergy
from hadronlab.sampling.ritz import overlaps, ritz


def sample(psi, h_psi):
    empty = psi[:1]
    return LocalEnergy(psi[0], psi[0], psi[0], psi, h_psi, empty, empty)


def test_eigenstates_are_found_in_any_basis_on_any_sample():
    """Their levels have no statistical error at all, though they are not orthogonal on the sample."""
    torch.manual_seed(0)
    states, n, batch = 3, 2, 50
    ends = torch.randn(states, n * batch, dtype=torch.float64)
    mix = torch.randn(states, states, dtype=torch.float64)
    energies = torch.tensor([-1.0, 0.5, 2.0], dtype=torch.float64)
    psi, h_psi = ((mix @ x).unflatten(1, (n, batch)).flatten(0, 1) for x in (ends, energies[:, None] * ends))
    local = sample(psi, h_psi)
    found = ritz(overlaps(local, states))
    torch.testing.assert_close(found.energies, energies)
    torch.testing.assert_close((found.vectors @ mix).abs().argmax(1), torch.arange(states))
    each = found.of_samples(local)
    torch.testing.assert_close(each, energies[:, None].expand(-1, batch))


def test_of_samples_have_the_levels_as_means():
    torch.manual_seed(1)
    psi, h_psi = torch.randn(2, 4, 300, dtype=torch.float64).unbind()
    local = sample(psi, h_psi)
    found = ritz(overlaps(local, 2))
    torch.testing.assert_close(found.of_samples(local).mean(1), found.energies)
    one = ritz(overlaps(local, 1))
    torch.testing.assert_close(one.vectors, torch.ones(1, 1).double(), rtol=1e-14, atol=0)
    torch.testing.assert_close(
        one.of_samples(local)[0], (psi * h_psi).sum(0) / psi.square().sum(0), rtol=1e-12, atol=1e-12
    )


def test_the_density_keeps_its_norm():
    torch.manual_seed(2)
    psi, h_psi = torch.randn(2, 4, 300, dtype=torch.float64).unbind()
    local = sample(psi, h_psi)
    rotated = (ritz(overlaps(local, 2)).vectors @ psi.view(2, -1)).view(4, -1)
    ratio = rotated.square().sum(0) / local.density
    assert float(ratio.mean()) == pytest.approx(1.0, abs=1e-12)


def test_dependent_states_are_refused():
    psi = torch.ones(2, 10, dtype=torch.float64)
    with pytest.raises(HadronlabError, match="depend on each other"):
        ritz(overlaps(sample(psi, psi), 2))
