"""The paper's network."""

import pytest
import torch

from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system

# system, parameters   [DeepQuark, Table 5]
TABLE_5 = [
    (lambda: lepton_system("ps", "e- e+"), 961),
    (lambda: lepton_system("ps_minus", "e- e- e+"), 1041),
    (lambda: lepton_system("ps2", "e- e- e+ e+"), 1137),
    (lambda: quark_system("nucleon", "u u d", 0.5, 0.5), 1105),
    (lambda: quark_system("tcc", "c c u~ d~", 1, 0), 1889),
    (lambda: quark_system("t4c", "c c c~ c~", 0, 0), 1825),
    (lambda: quark_system("t4c", "c c c~ c~", 1, 0), 1857),
    (lambda: quark_system("t4c", "c c c~ c~", 2, 0), 1793),
    (lambda: quark_system("pcc_12", "c c u d c~", 0.5, 0), 3081),
    (lambda: quark_system("pcc_32", "c c u d c~", 1.5, 0), 3041),
    (lambda: quark_system("pcc_52", "c c u d c~", 2.5, 0), 2921),
]


@pytest.mark.parametrize(("system", "count"), TABLE_5)
def test_parameter_counts_of_table_5(system, count):
    assert DeepQuarkWaveFunction(system()).n_parameters == count


def test_folded_copies_equal_the_formula():
    """ψ_α(r) summed by hand over permutations, channels and parity from the bare network of one point."""
    system = quark_system("nucleon", "u u d", 0.5, 0.5)
    psi = DeepQuarkWaveFunction(system, widths=(5, 4), boundary=1.0, channel_sum="exact")
    r = torch.randn(3, 3, 1, dtype=torch.float64)

    def f(point, beta):
        centred = (point - point.mean(0))[..., 0]
        distances = torch.stack([(point[i] - point[j]).norm() for i, j in system.pairs])
        a = torch.cat([centred.flatten(), distances, psi.one_hot[beta]])
        layers = list(zip(psi.network.weights, psi.network.biases, strict=True))
        for weight, bias in layers[:-1]:
            a = torch.tanh(weight @ a + bias)
        return (layers[-1][0] @ a + layers[-1][1])[0]

    expected = torch.zeros(4, dtype=torch.float64)
    for g in system.group:
        for alpha in range(4):
            for beta in range(4):
                d = g.sign * float(g.matrix[alpha, beta])
                permuted = r[list(g.perm)]
                expected[alpha] += d * 0.5 * (f(permuted, beta) + f(-permuted, beta))
    boundary = torch.exp(-sum((r[i] - r[j]).square().sum() for i, j in system.pairs))
    torch.testing.assert_close(psi(r)[:, 0], expected * boundary, rtol=1e-12, atol=1e-14)


def test_sampled_and_exact_channels_agree():
    system = quark_system("nucleon", "u u d", 0.5, 0.5)
    torch.manual_seed(1)
    exact = DeepQuarkWaveFunction(system, widths=(5, 4), boundary=1.0, channel_sum="exact")
    sampled = DeepQuarkWaveFunction(system, widths=(5, 4), boundary=1.0)
    sampled.load_state_dict(exact.state_dict())
    r = torch.randn(3, 3, 8, dtype=torch.float64)
    channel = torch.arange(8) % 4
    psi, t_psi = exact.kinetic(r)
    psi_sampled, t_sampled = sampled.kinetic(r, channel)
    torch.testing.assert_close(psi_sampled, psi)
    torch.testing.assert_close(t_sampled, t_psi.gather(0, channel[None]))
    torch.testing.assert_close(
        sampled.log_density(r, channel), psi.gather(0, channel[None])[0].square().log()
    )


@pytest.mark.parametrize("widths", [(5,), (4, 3, 6)])
@pytest.mark.parametrize("channel_sum", ["sampled", "exact"])
def test_kinetic_energy_chunk_by_chunk(widths, channel_sum):
    """Any number of hidden layers, and samples of a full chunk, of the incomplete last one and alone."""
    system = quark_system("nucleon", "u u d", 0.5, 0.5)
    torch.manual_seed(2)
    psi = DeepQuarkWaveFunction(system, widths=widths, boundary=2.0, channel_sum=channel_sum)
    r = 0.7 * torch.randn(3, 3, 700, dtype=torch.float64)
    channel = torch.arange(700) % psi.n_channels if psi.samples_channel else None
    value, kinetic = psi.kinetic(r, channel)
    for some in (slice(0, 3), slice(697, 700)):
        alone = None if channel is None else channel[some]
        expected_value, expected = WaveFunction.kinetic(psi, r[..., some], alone)
        torch.testing.assert_close(value[:, some], expected_value, rtol=1e-10, atol=1e-12)
        torch.testing.assert_close(kinetic[:, some], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("system", [TABLE_5[3][0], TABLE_5[4][0]], ids=["nucleon", "tcc"])
def test_walkers_begin_as_the_boundary_factor_spreads_them(system):
    """A constant network leaves e^{−2Σr²/b²}: the first walkers and those that have walked have its Σ_p ⟨r_p²⟩, twice
    the expected one."""
    psi = DeepQuarkWaveFunction(system(), widths=(2,), channel_sum="exact")
    with torch.no_grad():
        for layer in psi.network.weights:
            layer.zero_()
        psi.network.biases[-1].fill_(1.0)
    # antisymmetry would cancel a constant
    psi.coefficients = torch.ones_like(psi.coefficients)
    sampler = MetropolisSampler(psi, n_walkers=4000, seed=1)
    expected = float(2 * psi.scale.square().sum())
    for r in (sampler.r, sampler.sample(300)[0]):
        squares = psi.system.distances(r.double()).square().sum(0)
        assert abs(float(squares.mean()) - expected) < 4 * float(squares.std()) / 4000**0.5
