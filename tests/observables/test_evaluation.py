"""Final observables against the exact ground state of positronium, ψ = e^{−r/2}."""

import math

import numpy as np
import pytest
import torch
from observing import by_default
from torch.nn.utils import parameters_to_vector

from hadronlab.errors import ConfigError
from hadronlab.estimates.chains import ChainStatistics
from hadronlab.estimates.estimate import Estimate, combine
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.observables import evaluation
from hadronlab.observables.binding import Binding
from hadronlab.observables.densities import Densities
from hadronlab.observables.energy_parts import EnergyParts
from hadronlab.observables.evaluation import sampling_quality
from hadronlab.observables.fractions import Fractions
from hadronlab.observables.protocols import SampleObservable
from hadronlab.observables.radii import Radii
from hadronlab.observables.samples import Evaluation
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.sampling.selection import set_energies
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system
from hadronlab.systems.threshold import Threshold


def positronium(decay=0.5):
    psi = InvariantWaveFunction(lepton_system("ps", "e- e+"), widths=(2,), kato=False)
    with torch.no_grad():
        psi.network.weights[-1].zero_()
        psi.envelope.raw_decay.fill_(float(torch.tensor(decay).double().expm1().log()))
    return psi


def evaluate(psi, *observables, **settings):
    """By default without observables."""
    return evaluation.evaluate(psi, {type(o).__name__: o for o in observables}, **settings)


def test_positronium_observables():
    found = evaluate(
        positronium(),
        EnergyParts(),
        Radii(),
        Densities(60),
        n_samples=40_000,
        n_walkers=500,
        thermalisation=150,
    )
    scalars = found.scalars
    assert scalars["energy"].value == pytest.approx(-0.25, abs=1e-9)
    assert scalars["local_energy_std"].value < 1e-6 and scalars["v_score"].value < 1e-10
    for name, exact in (("kinetic_energy", 0.25), ("potential_energy", -0.5), ("rms_radius.e--e+", 12**0.5)):
        estimate = scalars[name]
        assert abs(estimate.value - exact) < 4 * estimate.error
        assert 0 < estimate.error < 0.05 * abs(exact)
    assert scalars["rms_radius.e--e+"].unit == found.unit("distance") == "bohr"
    # T and V of one sample add up to a constant, and the virial theorem ties T to V
    total = combine(lambda t, v: t + v, scalars["kinetic_energy"], scalars["potential_energy"])
    assert total.error < 1e-3 * scalars["kinetic_energy"].error
    r = found.values["distance"]
    exact = 0.5 * r**2 * np.exp(-r)  # 4π r² |ψ|²
    density = found.estimates["pair_density"]
    assert density.rows == ("e--e+",) and np.abs(density.value[0] - exact).max() < 0.02
    seen = density.error[0] > 0
    pulls = ((density.value[0] - exact) / density.error[0])[seen & (exact > 0.01)]
    assert (
        np.abs(pulls).max() < 5 and np.sqrt(np.mean(pulls**2)) < 1.6
    )  # about 40 correlated bins, and their width
    width = r[1] - r[0]
    assert found.values["one_body_density"][0].sum() * width == pytest.approx(1.0, abs=0.01)


def test_samples_until_the_target_error():
    """The trial decay 0.4 is not exact: σ(E_L) > 0, E = a² − a = −0.24."""
    found = evaluate(
        positronium(0.4), target_error=1e-3, n_samples=2000, n_walkers=500, thermalisation=150
    ).scalars
    assert found["energy"].error < 1.1e-3 and found["samples"].value > 2000
    assert abs(found["energy"].value + 0.24) < 4 * found["energy"].error


class Contact(SampleObservable):
    """A user's own: how often two particles are within a distance."""

    def __init__(self, distance):
        self.distance = distance

    def measure(self, samples):
        return {"within": (samples.local.distances[0] < self.distance).double()}


def test_an_observable_of_a_user_needs_only_numbers_for_every_sample():
    found = evaluate(
        positronium(), Contact(2.0), n_samples=20_000, n_walkers=500, thermalisation=150
    ).estimates
    exact = 1 - math.exp(-2.0) * (1 + 2.0 + 2.0)  # ∫₀² ½ r² e^{−r} dr
    assert abs(found["within"].value - exact) < 4 * found["within"].error < 0.1


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
    assert found.scalars["samples"].value == 50 * 11  # 30 of the 40 are spent; the eleventh tick is too late
    found = evaluate(
        positronium(0.4),
        n_samples=10_000,
        n_walkers=50,
        thermalisation=300,
        max_seconds=1.0,
        make_sampler=Slow,
    )
    assert found.scalars["samples"].value == 2 * 50


def tetraquark():
    torch.manual_seed(0)
    return InvariantWaveFunction(quark_system("tcc", "c c u~ d~", 1, 0), widths=(4,))


def test_fractions_add_up_and_so_do_their_errors():
    found = evaluate(
        tetraquark(), Fractions(), Radii(), n_samples=2000, n_walkers=200, thermalisation=50
    ).scalars
    kinds = {name.partition(".")[0] for name in found if "fraction" in name}
    assert kinds == {"color_fraction", "spin_fraction"}
    for kind in kinds:
        shares = [e for name, e in found.items() if name.startswith(kind)]
        total = combine(lambda *s: sum(s), *shares)
        assert total.value == pytest.approx(1.0) and total.error < 1e-12
    assert {name for name in found if name.startswith("rms")} == {
        f"rms_radius.{p}" for p in ("c-c", "c-q~", "q~-q~")
    }


def test_too_few_samples_are_refused():
    with pytest.raises(ConfigError, match="n_samples"):
        evaluate(positronium(), n_samples=100, n_walkers=500)


def concluded(value, error, r_hat=1.0, tau_corr=0.5, steps=4, threshold=3878.5):
    """What is said of an energy of T_cc."""
    system = tetraquark().system
    chain = ChainStatistics(value, error, 1.0, tau_corr, r_hat, 100 * steps)
    statistics = {"energy": chain, "local_energy": chain}
    energy = Estimate.quoted(value, error, "MeV")
    about = Evaluation(system, energy, statistics, Threshold("D D*", threshold, ()), 0.5, 0.0, 100, 5.0)
    result = Binding().conclude({}, about)
    result.add(sampling_quality(about))
    return result


def test_bound_or_not():
    bound = concluded(3863.5, 0.2)
    assert str(bound.scalars["binding_energy"]) == "15.00(20) MeV"
    assert bound.scalars["threshold"].name == "D D*"
    assert bound.reference["binding_energy"]["value"] == 15.411
    assert not any("no bound state" in w or "below the reference" in w for w in bound.warnings)
    near = concluded(3878.2, 0.2)
    assert "binding_energy" not in near.scalars and any("no bound state" in w for w in near.warnings)
    assert not any("model=molecular" in w for w in near.warnings)
    held = concluded(3881.4, 0.2)
    assert any(w.startswith("2.9 MeV above the threshold leave room for one") for w in held.warnings)
    far = concluded(3890.5, 0.2)
    assert any(w.startswith("12 MeV above the threshold leave room for one") for w in far.warnings)
    assert any("below the reference" in w for w in concluded(3860.0, 0.2).warnings)


def test_short_chains_of_walkers_that_agree_are_no_alarm():
    """Over 10 steps with τ = 1.3 the means of equilibrated walkers differ by √(2τ/10): R̂ = 1.08."""

    def alarmed(r_hat, steps):
        return any("disagree" in w for w in concluded(3863.5, 0.2, r_hat, 1.3, steps).warnings)

    assert not alarmed(1.09, 20) and alarmed(1.09, 2000) and alarmed(1.3, 20) and not alarmed(1.01, 2000)


def test_leptons_have_no_colour_and_another_unit():
    psi = InvariantWaveFunction(lepton_system("ps_minus", "e- e- e+"), widths=(4,))
    chosen = by_default("vmc").values()
    threshold = Threshold("Ps e-", -0.25, ())
    found = evaluate(psi, *chosen, threshold=threshold, n_samples=400, n_walkers=100, thermalisation=20)
    assert found.unit("energy") == "Ha" and found.unit("distance") == "bohr"
    assert not any(name.startswith("color") for name in found.scalars)
    assert {"potential.coulomb", "rms_radius.e--e-", "rms_radius.e--e+"} <= set(found.scalars)
