"""Stochastic reconfiguration over several values: rows of all of them side by side, every one with its own means."""

import pytest
import torch

from hadronlab.models.wavefunctions.conditioned import conditioned
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.over_values import energy_gradient_over_values, reconfigure_over_values
from hadronlab.optim.sr_statistics import SRStatistics, accumulate
from hadronlab.optim.state_rows import residual
from hadronlab.sampling.local_energy import LocalEnergy, local_energy
from hadronlab.systems.quarks import quark_system


@pytest.fixture(params=[8, 300])  # walkers: fewer rows than parameters, and more
def sampled(request):
    torch.manual_seed(0)
    system = quark_system("D", "c u~", 0, 0.5)
    psi = conditioned(InvariantWaveFunction(system, widths=(4, 3), conditioned_on=("m_Q",)), None, 2)
    with torch.no_grad():
        psi.weights.normal_(0, 0.1)
    psi.follow()
    samples = [(0.5 * torch.randn(2, 3, request.param, dtype=torch.float64), None) for _ in psi.members]
    return psi, samples, [local_energy(m, *points) for m, points in zip(psi.members, samples, strict=True)]


def direction(psi, samples, local, **settings):
    return reconfigure_over_values(DampedSolver(1e-3), psi, samples, local, 1.0, **settings)


def test_it_is_the_mean_of_every_metric_and_gradient(sampled):
    psi, samples, local = sampled
    S, F = 0.0, 0.0
    for member, value, (r, channel), found in zip(psi.members, psi.values, samples, local, strict=True):
        own = SRStatistics.zeros(member.n_parameters, r)
        accumulate(own, member, r, channel, found.psi, residual(found))
        J = psi.gradients_from(value, torch.eye(member.n_parameters, dtype=torch.float64))
        S, F = S + J.T @ own.fisher @ J / len(local), F + J.T @ own.gradient / len(local)
    exact = torch.linalg.solve(S + 1e-3 * torch.eye(len(F), dtype=torch.float64), F)
    torch.testing.assert_close(direction(psi, samples, local), exact, rtol=1e-7, atol=1e-9)
    torch.testing.assert_close(energy_gradient_over_values(psi, samples, local), F, rtol=1e-9, atol=1e-12)


def test_energies_that_differ_between_the_values_do_not_count(sampled):
    """H_p + c_p has the same states: E of each value is its own, as it would not be with one mean over all walkers."""
    psi, samples, local = sampled
    moved = [
        LocalEnergy(x.energy + 9 * k, x.kinetic, x.potential, x.psi, x.h_psi + 9 * k * x.psi, x.weights, x.distances)
        for k, x in enumerate(local)
    ]  # fmt: skip
    torch.testing.assert_close(
        direction(psi, samples, moved), direction(psi, samples, local), rtol=1e-7, atol=1e-9
    )
