"""Shares of pairs of hadrons: products of hadrons, closed forms of oscillators, and samples against integrals."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions.gaussians import GaussianBasis
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.observables.channel_shares import ChannelShares
from hadronlab.observables.evaluation import evaluate
from hadronlab.observables.levels import Levels
from hadronlab.observables.samples import Samples
from hadronlab.physics.few_body.gaussians.draws import Draws
from hadronlab.physics.few_body.gaussians.overlap_functions import overlap_functions
from hadronlab.physics.forces.charmonium import Charmonium
from hadronlab.sampling.independent import IndependentSampler
from hadronlab.systems.hadron_pairs import hadron_pairs
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system
from hadronlab.systems.spectra import solve_system


class FarApart(WaveFunction):
    """Two hadrons, antisymmetrised, in a shell of distances."""

    def __init__(self, pair, distance):
        super().__init__(pair.system)
        self.pair, self.distance = pair, distance

    def forward(self, r):
        psi = 0.0
        for g in self.system.group:
            moved = r[list(g.perm)]
            shell = torch.exp(-((self.pair.apart(moved).norm(dim=0) - self.distance) ** 2))
            psi = psi + g.sign * torch.from_numpy(g.matrix) @ (shell * self.pair.amplitudes(moved))
        return psi


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "which"),
    [
        ("c c u~ d~", 1, 0, 0),
        ("c c u~ d~", 1, 0, 1),
        pytest.param("c c u u d~", 0.5, 1.5, 1, marks=pytest.mark.slow),
    ],
)
def test_two_hadrons_far_apart_have_the_share_one_in_their_channel_alone(quarks, spin, isospin, which):
    """For every point by itself, whichever way its particles stand, equal hadrons or not."""
    system = quark_system("x", quarks, spin, isospin)
    pair = hadron_pairs(system)[which]
    generator = torch.Generator().manual_seed(1)
    apart = torch.randn(3, 60, generator=generator, dtype=torch.float64)
    apart *= (12 + 0.3 * torch.randn(60, generator=generator)) / apart.norm(dim=0)
    inner = [
        0.3 * torch.randn(p.n_particles, 3, 60, generator=generator, dtype=torch.float64) for p in pair.parts
    ]
    r = pair.placed(apart, inner)
    for k in range(60):  # all ways
        r[..., k] = r[list(system.group[k % len(system.group)].perm), :, k]
    psi = FarApart(pair, 12.0)
    found = ChannelShares().measure(Samples(psi, r, None, SimpleNamespace(psi=psi(r)), 30.0))
    for other in hadron_pairs(system):
        share = found[f"channel_share.{other.name}"]
        expected = torch.full_like(share, float(other.name == pair.name))
        torch.testing.assert_close(share, expected, atol=1e-6, rtol=0)


def test_oscillators():
    """ψ and φ Gaussians of ω and ω_1, ω_2 in all coordinates: u = ∏_k (2√(ωω_k)/(ω + ω_k))^{3/2} (ω/π)^{3/4} e^{−ωρ²/2} times the
    channel's own part."""
    system = quark_system("x", "c b s~ u~", 1, 0.5)
    pair = hadron_pairs(system)[0]
    omega, own = 0.7, (0.4, 1.9)
    state = np.random.default_rng(0).normal(size=system.n_channels)
    state /= np.linalg.norm(state)
    whole = SimpleNamespace(
        exponents=omega * np.eye(3)[None], coefficients=state[None, :, None], energies=np.zeros(1)
    )
    parts = [
        (part, SimpleNamespace(exponents=np.full((1, 1, 1), w), coefficients=np.ones((1, 1, 1))))
        for part, w in zip(pair.parts, own, strict=True)
    ]
    rho = np.linspace(0.1, 4, 5)
    found = overlap_functions(system, whole, parts, pair.members, pair.channels, rho)[0]
    expected = (omega / np.pi) ** 0.75 * np.exp(-omega * rho**2 / 2) * (state @ pair.channels[:, 0, 0])
    for w in own:
        expected *= (2 * np.sqrt(omega * w) / (omega + w)) ** 1.5
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "L", "scale"),
    [
        ("c c u~ d~", 1, 0, 0, 1),
        pytest.param("c c u~ d~", 0, 0, 1, 8, marks=pytest.mark.slow),
        pytest.param("u u s s s~", 0.5, 1, 0, 4, marks=pytest.mark.slow),
    ],
)
def test_samples_agree_with_integrals(quarks, spin, isospin, L, scale):
    """Also of states made small, in which channels overlap and no way of standing is preferred."""
    system = quark_system("x", quarks, spin, isospin, L=L)
    found = solve_system(system, size=10)
    found = replace(found, exponents=scale * found.exponents)
    psi = GaussianBasis(system)
    psi.take_coefficients(found)
    shares = ChannelShares()
    closed = shares.of_levels(Levels(system, found)).estimates
    draws = Draws.of(system, found)
    walkers = {"n_walkers": 400, "thermalisation": 300}
    if draws is not None:
        walkers["make_sampler"] = lambda _, **given: IndependentSampler(draws, **given)
    drawn = evaluate(psi, {"shares": shares}, n_samples=8000, **walkers).estimates
    names = [name for name in closed if name.startswith("channel_share.")]
    assert len(names) > 1 and max(closed[name].value for name in names) > 0.1
    for name in names:
        if closed[name].value < 1e-3:  # from so few of the points that their spread is not the error
            assert drawn[name].value < 5e-3
            continue
        assert drawn[name].error < 0.03
        assert abs(drawn[name].value - closed[name].value) < 4 * drawn[name].error, name
    for found in (closed, drawn):
        width = np.diff(found["channel_distance"].value)[0]
        sums = found["channel_density"].value.sum(1) * width
        np.testing.assert_allclose(sums, [found[name].value for name in names], rtol=1e-3, atol=1e-6)


@pytest.mark.slow
def test_a_looser_state_lies_more_in_its_threshold():
    """T_cc, bound by 15 MeV, T_bb by 153, and the second T_bb by 2."""
    shares = {}
    for name, quarks in (("D D*", "c c u~ d~"), ("B B*", "b b u~ d~")):
        system = quark_system(name, quarks, 1, 0)
        shares |= ChannelShares().of_levels(Levels(system, solve_system(system, 2, size=22))).scalars
    tcc, tbb = shares["channel_share.D D*"].value, shares["channel_share.B B*"].value
    assert 0.8 < tcc < 0.9 and 0.35 < tbb < 0.45
    assert shares["channel_share.B B*.1"].value > 0.9


def test_what_has_no_such_channels():
    of = ChannelShares().of_levels
    meson = quark_system("jpsi", "c c~", 1, 0)
    assert not of(Levels(meson, solve_system(meson, size=3))).estimates
    leptons = lepton_system("ps2", "e- e- e+ e+")
    assert not of(Levels(leptons, solve_system(leptons, size=4))).estimates
    force = Charmonium(m_c=1.4794, alpha_s=0.5461, b=0.1425, sigma=1.0946, r_c=0.2)
    mixed = quark_system("x", "c c c~ c~", 1, 0, L=1, interaction=force)
    found = of(Levels(mixed, SimpleNamespace()))
    assert not found.estimates and "are unknown" in found.warnings[0]
    with pytest.raises(ConfigError, match=r"channel_shares\.bins=1"):
        ChannelShares(bins=1)
