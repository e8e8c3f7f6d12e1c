"""The sampler against densities with known moments."""

from functools import partial

import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.estimates.chains import chain_statistics
from hadronlab.models.wavefunctions.deepquark import DeepQuarkWaveFunction
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.sampling.metropolis import MOVES, MetropolisSampler
from hadronlab.sampling.moves import AllParticles, Separation
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system
from hadronlab.systems.splittings import possible_splits


class Gaussian(WaveFunction):
    """ψ = exp(−Σ_{i<j} r_ij²/2w²): every pair distance is Gaussian with ⟨r_ij²⟩ = 3 w²/N."""

    width = 0.7

    def forward(self, r):
        return (0.5 * self.log_density(r)).exp()[None]

    def log_density(self, r, channel=None):
        return -sum((r[i] - r[j]).square().sum(0) for i, j in self.system.pairs) / self.width**2


@pytest.mark.parametrize("move", MOVES)
def test_every_move_alone_or_with_a_partner_samples_the_density(move):
    """Dilations and separations alone keep directions, so that they need a partner to be ergodic."""
    system = quark_system("tcc", "c c u~ d~", 1, 0)
    moves = {move: partial(MOVES[move], weight=0.7)}
    if move in ("dilation", "separation"):
        moves["all"] = partial(AllParticles, weight=0.3)
    sampler = MetropolisSampler(Gaussian(system), n_walkers=400, sweeps=8, seed=2, moves=moves)
    sampler.sample(150)
    sampler.adapt = False
    squares = torch.stack([system.distances(sampler.sample()[0]).square().mean(0) for _ in range(80)])
    statistics = chain_statistics(squares)
    assert abs(statistics.mean - 3 / 4 * 0.7**2) < 4 * statistics.error
    assert statistics.error < 0.01


@pytest.mark.parametrize("quarks", ["c u~", "u d c"])
def test_no_move_is_a_translation_of_the_whole_system(quarks):
    """Such a move is always accepted and would hide walkers that are frozen."""
    spin = 0 if quarks == "c u~" else 0.5
    system = quark_system("test", quarks, spin, 0.5 if quarks == "c u~" else 0)
    sampler = MetropolisSampler(Gaussian(system), n_walkers=500, seed=1)
    for name, move in sampler.moves.items():
        if name == "separation":
            assert move.weight == 0  # mesons and baryons do not come apart
            continue
        proposal, _ = move.propose(sampler.r, 0.5, sampler.generator)
        before, after = system.distances(sampler.r), system.distances(proposal)
        assert bool(((after - before).abs().amax(0) > 1e-6).all()), name


@pytest.mark.parametrize(
    ("system", "splits"),
    [
        (quark_system("D", "c u~", 0, 0.5), 0),
        (quark_system("N", "u u d", 0.5, 0.5), 0),
        (quark_system("tcc", "c c u~ d~", 1, 0), 2),
        (quark_system("pcc", "c c u d c~", 2.5, 0), 4),
        (lepton_system("ps2", "e- e- e+ e+"), 2),
    ],
    ids=lambda x: getattr(x, "name", x),
)
def test_only_parts_that_can_exist_alone_are_pulled_apart(system, splits):
    assert len(possible_splits(system)) == splits


def test_steps_adapt_to_the_wanted_acceptance():
    system = lepton_system("ps", "e- e+")
    sampler = MetropolisSampler(Gaussian(system), n_walkers=200, step=5.0, target_acceptance=0.6)
    sampler.sample(400)
    sampler.reset_acceptance()
    sampler.sample(100)
    assert sampler.acceptance == pytest.approx(0.6, abs=0.05)


class OneChannelHolds(Gaussian):
    """All but 1e-8 of ρ lies in channel 0: every flip away from it is refused."""

    samples_channel = True

    def log_density(self, r, channel=None):
        return super().log_density(r) - 18.0 * (channel > 0)


def test_refused_channels_leave_the_steps_alone():
    """Else the steps shrink until moves nearly always succeed, and the walkers crawl."""
    system, step = quark_system("nucleon", "u u d", 0.5, 0.5), {}
    for wavefunction in (Gaussian, OneChannelHolds):
        sampler = MetropolisSampler(wavefunction(system), n_walkers=300, seed=3)
        sampler.sample(600)
        step[wavefunction] = sampler.steps[0]
    assert float(step[OneChannelHolds] / step[Gaussian]) == pytest.approx(1.0, abs=0.15)


def test_hydrogen_like_distance():
    """⟨r⟩ = 3 bohr for positronium, ψ = e^{−r/2}."""
    psi = InvariantWaveFunction(lepton_system("ps", "e- e+"), widths=(2,), kato=False)
    with torch.no_grad():
        psi.network.weights[-1].zero_()
        psi.envelope.raw_decay.fill_(float(torch.tensor(0.5).double().expm1().log()))
    sampler = MetropolisSampler(psi, n_walkers=500, sweeps=10)
    sampler.sample(100)
    sampler.adapt = False
    chains = torch.stack([psi.system.distances(sampler.sample()[0])[0] for _ in range(60)])
    statistics = chain_statistics(chains)
    assert abs(statistics.mean - 3.0) < 4 * statistics.error
    assert statistics.error < 0.03


def test_channel_flips_visit_channels_by_their_weight():
    system = quark_system("lambda_c", "u d c", 0.5, 0)
    torch.manual_seed(0)
    psi = DeepQuarkWaveFunction(system, widths=(6, 5), boundary=1.5)
    sampler = MetropolisSampler(psi, n_walkers=1000, sweeps=10)
    sampler.sample(200)
    sampler.adapt = False
    seen, weights = [], []
    for _ in range(40):
        r, channel = sampler.sample()
        seen.append((channel == 0).double())
        # the exact conditional probability of channel 0 at the points visited
        squares = psi(r).detach().square()
        weights.append(squares[0] / squares.sum(0))
    difference = chain_statistics(torch.stack(seen) - torch.stack(weights))
    assert abs(difference.mean) < 4 * difference.error
    assert 0.01 < float(torch.stack(seen).mean()) < 0.99


def test_resuming_continues_bit_for_bit():
    system = quark_system("nucleon", "u u d", 0.5, 0.5)
    torch.manual_seed(0)
    psi = DeepQuarkWaveFunction(system, widths=(4,), boundary=1.5)
    sampler = MetropolisSampler(psi, n_walkers=20, seed=4)
    sampler.sample(30)
    state = sampler.state_dict()
    r, channel = sampler.sample()
    other = MetropolisSampler(psi, n_walkers=20, seed=9)
    other.load_state_dict(state)
    r_again, channel_again = other.sample()
    # one and the same computation from a copy of the state
    assert torch.equal(r, r_again) and torch.equal(channel, channel_again)
    assert torch.equal(sampler.steps, other.steps)


def test_kinds_of_moves_may_have_random_numbers_of_their_own():
    """As on a GPU, where those of the walkers would have to be read back: resumed, both go on where they were."""
    sampler = MetropolisSampler(Gaussian(lepton_system("ps", "e- e+")), n_walkers=20, seed=4)
    sampler.choices = torch.Generator().manual_seed(1)
    sampler.sample(30)
    state, (r, _) = sampler.state_dict(), sampler.sample()
    other = MetropolisSampler(Gaussian(lepton_system("ps", "e- e+")), n_walkers=20, seed=9)
    other.choices = torch.Generator()
    other.load_state_dict(state)
    # one and the same computation from a copy of the state
    assert torch.equal(other.sample()[0], r)


def test_resize_keeps_the_first_walkers():
    sampler = MetropolisSampler(Gaussian(lepton_system("ps", "e- e+")), n_walkers=10)
    before = sampler.r.clone()
    sampler.resize(25)
    assert sampler.n_walkers == 25
    # walkers are copied
    assert torch.equal(sampler.r[..., :10], before) and torch.equal(sampler.r[..., 10:20], before)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"n_walkers": 0}, "n_walkers"),
        ({"moves": {"all": partial(AllParticles, weight=-1.0)}}, "weight=-1.0 of the move AllParticles"),
        ({"moves": {"separation": Separation}}, "sampler.moves: none of separation has a weight"),
        ({"target_acceptance": 1.5}, "target_acceptance"),
    ],
)
def test_bad_settings_are_named(arguments, word):
    with pytest.raises(ConfigError, match=word):
        MetropolisSampler(Gaussian(lepton_system("ps", "e- e+")), **arguments)


def test_many_permutations_are_taken_in_parts(monkeypatch):
    """Parts of the walkers or all at once: the same density, with channels too."""
    for wavefunction in (InvariantWaveFunction, DeepQuarkWaveFunction):
        torch.manual_seed(0)
        sampler = MetropolisSampler(wavefunction(quark_system("N", "u u d", 0.5, 0.5)), n_walkers=50, seed=1)
        whole = sampler._evaluate(sampler.r, sampler.channel)
        monkeypatch.setattr("hadronlab.sampling.metropolis.COLUMNS", 6 * 7)
        parts = sampler._evaluate(sampler.r, sampler.channel)
        # ln ψ² in single precision: 1e-7 of six copies that cancel to a thousandth near a node of ψ
        torch.testing.assert_close(parts, whole, rtol=0, atol=1e-3)
        monkeypatch.undo()
