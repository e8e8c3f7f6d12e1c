"""Final observables against the exact ground state of positronium, ψ = e^{−r/2}."""

import pytest
import torch
from torch.nn.utils import parameters_to_vector

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.observables import evaluation
from hadronlab.observables.evaluation import evaluate
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.sampling.selection import set_energies
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system


def positronium(decay=0.5):
    psi = InvariantWaveFunction(lepton_system("ps", "e- e+"), widths=(2,), kato=False)
    with torch.no_grad():
        psi.network.weights[-1].zero_()
        psi.envelope.raw_decay.fill_(float(torch.tensor(decay).double().expm1().log()))
    return psi


def test_positronium_observables():
    found = evaluate(positronium(), n_samples=40_000, n_walkers=500, thermalisation=150, bins=60)
    assert found.energy.mean == pytest.approx(-0.25, abs=1e-9) and found.energy.std < 1e-6
    radius = found.rms_radius["e--e+"]
    for statistics, exact in ((found.kinetic, 0.25), (found.potential, -0.5), (radius, 12**0.5)):
        assert abs(statistics.mean - exact) < 4 * statistics.error
        assert 0 < statistics.error < 0.05 * abs(exact)
    r = 0.5 * (found.bin_edges[1:] + found.bin_edges[:-1])
    exact = 0.5 * r**2 * torch.exp(-r)  # 4π r² |ψ|²
    assert (found.pair_density["e--e+"] - exact).abs().max() < 0.02
    width = float(found.bin_edges[1])
    assert float(found.one_body_density["e-"].sum()) * width == pytest.approx(1.0, abs=0.01)


def test_samples_until_the_target_error():
    """The trial decay 0.4 is not exact: σ(E_L) > 0, E = a² − a = −0.24."""
    found = evaluate(positronium(0.4), target_error=1e-3, n_samples=2000, n_walkers=500, thermalisation=150)
    assert found.energy.error < 1.1e-3 and found.energy.n_samples > 2000
    assert abs(found.energy.mean + 0.24) < 4 * found.energy.error


def test_a_set_without_an_energy_is_never_the_best():
    psi = positronium()
    good = parameters_to_vector(psi.parameters()).detach()
    sets = {"broken": torch.full_like(good, torch.nan), "good": good}
    energies = set_energies(psi, sets, MetropolisSampler(psi, 50), n_samples=100, thermalisation=20)
    assert energies["broken"] == float("inf") and min(energies, key=energies.get) == "good"


class Slow(MetropolisSampler):
    """Ten sweeps a tick of the clock."""

    now = 0.0

    def sample(self, sweeps=None):
        Slow.now += (10 if sweeps is None else sweeps) / 10
        return super().sample(1)


def test_time_counts_the_thermalisation(monkeypatch):
    monkeypatch.setattr(evaluation.time, "monotonic", lambda: Slow.now)
    Slow.now = 0.0
    found = evaluate(
        positronium(0.4),
        n_samples=10_000,
        n_walkers=50,
        thermalisation=300,
        max_seconds=40.0,
        make_sampler=Slow,
    )
    assert found.energy.n_samples == 50 * 11  # 30 of the 40 are spent; the eleventh tick is too late
    found = evaluate(
        positronium(0.4),
        n_samples=10_000,
        n_walkers=50,
        thermalisation=300,
        max_seconds=1.0,
        make_sampler=Slow,
    )
    assert found.energy.n_samples == 2 * 50


def test_fractions_add_up():
    torch.manual_seed(0)
    psi = InvariantWaveFunction(quark_system("tcc", "c c u~ d~", 1, 0), widths=(4,))
    found = evaluate(psi, n_samples=2000, n_walkers=200, thermalisation=50)
    assert set(found.fractions) == {"color_fraction", "spin_fraction"}
    for shares in found.fractions.values():
        assert sum(s.mean for s in shares.values()) == pytest.approx(1.0)
    assert set(found.rms_radius) == {"c-c", "c-q~", "q~-q~"}


def test_too_few_samples_are_refused():
    with pytest.raises(ConfigError, match="n_samples"):
        evaluate(positronium(), n_samples=100, n_walkers=500)
