"""A network over a range of Hamiltonians: at every value a wave function of the system there."""

from itertools import pairwise

import pytest
import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions.conditioned import conditioned
from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.models.wavefunctions.equivariant import EquivariantWaveFunction
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system

D = quark_system("D", "c u~", 0, 0.5)
XI = quark_system("Xi_cc", "c c u", 0.5, 0.5)


def network(system=D, names=("m_Q",), ranges=None, points=3, make=InvariantWaveFunction):
    torch.manual_seed(0)
    psi = conditioned(make(system, widths=(4, 3), conditioned_on=names), ranges, points)
    with torch.no_grad():
        psi.weights.normal_(0, 0.1)
    psi.follow()
    return psi


def test_values_are_spread_over_the_range_and_hold_the_own_one():
    psi = network(ranges=[1.0, 4.0])
    assert psi.values == [(1.0,), (D.masses[0].item(),), (2.0,), (4.0,)]
    assert [m.system.masses[0].item() for m in psi.members] == [v for (v,) in psi.values]
    assert network().values[0] == (1.469,)  # from c to b
    assert network().values[-1] == (6.011,)
    two = network(names=("m_q", "kappa"), points=2)
    assert len(two.values) == 5 and two.values[0] == pytest.approx((0.5 * 0.315, 0.5 * 0.5069), rel=2e-4)
    assert two.names == ("m_q", "kappa") and two.label((0.5, 1)) == "m_q=0.5,kappa=1"


def test_at_the_own_value_it_is_the_base_and_elsewhere_another():
    psi, r = network(), torch.randn(2, 3, 7, dtype=torch.float64)
    own = psi.members[psi.values.index(psi.own)]
    torch.testing.assert_close(own(r), psi.base(r))
    torch.testing.assert_close(psi(r), psi.base(r))
    torch.testing.assert_close(psi.log_density(r), psi.base.log_density(r))
    assert all((a(r) - b(r)).abs().max() > 1e-3 for a, b in pairwise(psi.members))


@pytest.mark.parametrize("make", [InvariantWaveFunction, EquivariantWaveFunction])
def test_members_have_the_kinetic_energy_of_their_masses(make):
    member, r = network(XI, make=make).members[0], 0.5 * torch.randn(3, 3, 3, dtype=torch.float64)
    psi, t_psi = member.kinetic(r)
    torch.testing.assert_close(psi, member(r))
    torch.testing.assert_close(t_psi, WaveFunction.kinetic(member, r)[1], rtol=1e-6, atol=1e-8)


def test_members_have_the_contact_slopes_of_their_masses():
    psi = network()
    for member in psi.members:
        fresh = InvariantWaveFunction(member.system, widths=(4, 3))
        torch.testing.assert_close(member.envelope.slope, fresh.envelope.slope)


@pytest.mark.parametrize("make", [InvariantWaveFunction, EquivariantWaveFunction])
@pytest.mark.parametrize("names", [("m_Q",), ("m_q", "kappa")])
def test_derivatives_by_the_parameters_of_all_values(names, make):
    """Against the difference along a direction in all of them: exact to h², and θ_p is linear in θ."""
    psi, r = network(names=names, points=2, make=make), 0.5 * torch.randn(2, 3, 4, dtype=torch.float64)
    theta = parameters_to_vector(psi.parameters()).detach()
    direction, h = torch.randn_like(theta), 1e-4
    for k, value in enumerate(psi.values):
        ends = []
        for sign in (1, -1):
            vector_to_parameters(theta + sign * h * direction, psi.parameters())
            psi.follow()
            ends.append(psi.members[k](r)[0])
        vector_to_parameters(theta.clone(), psi.parameters())
        psi.follow()
        rows = psi.members[k].parameter_rows(r, torch.ones(1, 1, 4, dtype=torch.float64))[:, 0].T
        torch.testing.assert_close(
            psi.gradients_from(value, rows) @ direction, (ends[0] - ends[1]) / (2 * h), rtol=1e-5, atol=1e-7
        )


def test_the_members_are_no_part_of_a_checkpoint():
    psi = network()
    assert sum(p.numel() for p in psi.parameters()) == psi.n_parameters
    assert not [name for name in psi.state_dict() if not name.startswith(("weights", "base."))]
    other = network()
    with torch.no_grad():
        other.weights.zero_()
    other.load_state_dict(psi.state_dict())
    r = torch.randn(2, 3, 5, dtype=torch.float64)
    torch.testing.assert_close(other.at((3.3,))(r), psi.at((3.3,))(r))


def test_masses_of_leptons():
    psi = network(lepton_system("ps-", "e- e- e+"), ("m_e",))
    assert [m.system.masses.tolist() for m in psi.members] == [[v] * 3 for (v,) in psi.values]
    known = [psi.threshold_at(value) for value in psi.values]  # atoms of electrons as they are
    assert [one is not None for one in known] == [value == psi.own for value in psi.values]


@pytest.mark.parametrize(
    "system, names, ranges, points, told",
    [
        (D, ("m_X",), None, 3, "model.conditioned_on: there is no 'm_X'; energies of D depend on m_c, m_q, kappa"),
        (D, ("m_b",), None, 3, "there is no 'm_b'"),
        (quark_system("N", "u u d", 0.5, 0.5), ("m_Q",), None, 3, "m_Q is the mass of c or b, of which u u d has none"),
        (quark_system("B_c", "b c~", 0, 0), ("m_Q",), None, 3, "of which b c~ has both"),
        (D, ("m_Q",), [2.0, 1.0], 3, r"task.range=\[2.0, 1.0\]: give \[low, high\] for m_c"),
        (D, ("m_Q", "kappa"), [1.0, 2.0], 3, "task.range=.* for m_c, kappa"),
        (D, ("m_Q",), [], 3, r"task.range=\[\]"),
        (D, ("m_Q",), [-1.0, 2.0], 3, "masses must be above 0"),
        (D, ("m_Q",), None, 1, "task.points=1"),
        (D, (), None, 3, r"model.conditioned_on=\[m_Q\]"),
    ],
)  # fmt: skip
def test_what_is_none_is_refused(system, names, ranges, points, told):
    with pytest.raises(ConfigError, match=told):
        network(system, names, ranges, points)


def test_networks_without_the_setting_are_not_conditioned():
    with pytest.raises(ConfigError, match="name what the network is conditioned on"):
        conditioned(DeepQuarkWaveFunction(D, widths=(3,)), None, 3)
