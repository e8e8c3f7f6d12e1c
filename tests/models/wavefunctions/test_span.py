"""A span of wave functions: the same passes as a single one's, by the slow ones of torch.func."""

from functools import partial

import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.models.wavefunctions.span import states_of
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.systems.quarks import quark_system

SYSTEM = quark_system("nucleon", "u u d", 0.5, 0.5)


def span(make, states=2):
    torch.manual_seed(0)
    psi = states_of(make, SYSTEM, states)
    psi.rotate(torch.randn(states, states, dtype=torch.float64))
    return psi


@pytest.mark.parametrize(
    "make",
    [
        partial(InvariantWaveFunction, widths=(4, 3)),
        partial(DeepQuarkWaveFunction, widths=(4, 3), channel_sum="exact"),
        partial(DeepQuarkWaveFunction, widths=(4, 3)),
    ],
)
def test_passes_equal_those_of_automatic_differentiation(make):
    psi = span(make)
    r = 0.5 * torch.randn(3, 3, 5, dtype=torch.float64)
    channel = torch.tensor([0, 1, 1, 0, 1]) if psi.samples_channel else None
    m = 1 if psi.samples_channel else SYSTEM.n_channels
    assert psi(r).shape == (2 * SYSTEM.n_channels, 5)
    assert psi.sampled_amplitudes(r, channel).shape == (2 * m, 5)
    torch.testing.assert_close(
        psi.log_density(r, channel), psi.sampled_amplitudes(r, channel).square().sum(0).log()
    )
    value, t_psi = psi.kinetic(r, channel)
    torch.testing.assert_close(value, psi(r))
    slow = WaveFunction.kinetic(psi, r)[1]
    if channel is not None:
        slow = slow.unflatten(0, (2, -1)).gather(1, channel.expand(2, 1, -1))[:, 0]
    torch.testing.assert_close(t_psi, slow, rtol=1e-7, atol=1e-9)

    cotangent = torch.randn(2 * m, 5, dtype=torch.float64)
    out = psi.sampled_amplitudes(r, channel)
    grads = torch.autograd.grad((cotangent * out).sum(), list(psi.parameters()))
    torch.testing.assert_close(
        psi.parameter_gradient(r, cotangent, channel),
        torch.cat([g.flatten() for g in grads]),
        rtol=1e-7,
        atol=1e-9,
    )


def test_a_state_alone_shares_the_members():
    psi = span(partial(InvariantWaveFunction, widths=(4, 3)))
    r = 0.5 * torch.randn(3, 3, 5, dtype=torch.float64)
    second = psi.state(1)
    assert second.n_states == 1
    torch.testing.assert_close(second(r), psi(r)[SYSTEM.n_channels :])
    assert all(a is b for a, b in zip(second.parameters(), psi.parameters(), strict=True))


def test_members_begin_at_different_sizes():
    psi = states_of(partial(InvariantWaveFunction, widths=(4, 3), size=0.8), SYSTEM, 3)
    alone = InvariantWaveFunction(SYSTEM).scale
    for member, size in zip(psi.members, (1.0, 0.5, 1.8), strict=True):
        torch.testing.assert_close(member.scale, 0.8 * size * alone)
    assert isinstance(states_of(InvariantWaveFunction, SYSTEM, 1), InvariantWaveFunction)
    with pytest.raises(ConfigError, match=r"task\.states=0"):
        states_of(InvariantWaveFunction, SYSTEM, 0)


def test_excited_members_have_the_tails_of_the_lowest_threshold():
    """Where there is one; a state alone has those that it is given."""
    make = partial(InvariantWaveFunction, widths=(4,))
    first, second = states_of(make, quark_system("tbb", "b b u~ d~", 1, 0), 2).spanning()
    assert not first.of_tails.any() and second.of_tails.any()
    assert first.binding is None and second.binding == 1.0
    assert not any(member.of_tails.any() for member in states_of(make, SYSTEM, 2).spanning())


def test_members_are_made_of_the_states():
    psi = span(partial(InvariantWaveFunction, widths=(4, 3)), 3)
    r = 0.5 * torch.randn(3, 3, 5, dtype=torch.float64)
    states = psi(r).detach().unflatten(0, (3, -1))
    shares, norms = psi.shares(), psi.member_norms()
    torch.testing.assert_close(shares.norm(dim=1), torch.ones(3).double())
    for k, member in enumerate(psi.spanning()):
        torch.testing.assert_close(norms[k] * torch.tensordot(shares[k], states, 1), member(r).detach())
    alone = psi.members[0]
    assert alone.spanning() == [alone] and float(alone.shares()) == 1 and float(alone.member_norms()) == 1


def test_a_common_factor_of_the_states_does_not_pile_up():
    """It is free: 60 times ten would leave single precision, in which walkers move."""
    psi = span(partial(InvariantWaveFunction, widths=(4, 3)))
    r = 0.5 * torch.randn(3, 3, 5)
    before = psi.log_density(r)
    for _ in range(60):
        psi.rotate(10 * torch.eye(2, dtype=torch.float64))
    torch.testing.assert_close(psi.log_density(r), before, rtol=1e-5, atol=1e-5)
