"""The trend of a training, the parts of a potential, and the verdict on a bound state."""

from dataclasses import replace

import pytest
import torch

from hadronlab.estimates.trend import remaining_descent
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.observables.evaluation import evaluate
from hadronlab.observables.ground_state import ground_state
from hadronlab.observables.potential_parts import expectation, potential_parts, virial
from hadronlab.physics.forces.flux_tube import flux_tube
from hadronlab.physics.forces.quark_models import quark_model
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system
from hadronlab.systems.threshold import Threshold


def test_remaining_descent_of_one_over_t():
    """E = 5/t: the fall to come from the mean of the last quarter, 20 ln(4/3)/t."""
    t = torch.arange(1, 401, dtype=torch.float64)
    fall, error = remaining_descent(5 / t, torch.full_like(t, 0.1))
    assert fall == pytest.approx(20 * 0.28768 / 400, rel=0.03)
    assert error == pytest.approx(2.45 * (2 * 0.01 / 100) ** 0.5, rel=1e-6)
    assert remaining_descent(5 / t[:30], torch.full_like(t[:30], 0.1))[0] == float("inf")
    flat, _ = remaining_descent(torch.ones(100), torch.ones(100), start=40)
    assert flat == 0


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "interaction"),
    [
        ("c c u~ d~", 1, 0, quark_model("AL1")),
        ("c c u~ d~", 1, 0, quark_model("AP2")),
        ("u u d", 0.5, 0.5, quark_model("AL1", three_body=True)),
        ("u u d", 0.5, 0.5, flux_tube()),
    ],
)
def test_parts_add_up_to_the_potential(quarks, spin, isospin, interaction):
    system = quark_system("x", quarks, spin, isospin, interaction=interaction)
    generator = torch.Generator().manual_seed(0)
    r = torch.randn(system.n_particles, 3, 20, dtype=torch.float64, generator=generator)
    distances, psi = (
        system.distances(r),
        torch.randn(system.n_channels, 20, dtype=torch.float64, generator=generator),
    )
    parts = {name: expectation(part, distances, psi) for name, part in potential_parts(system).items()}
    assert ("three_body" in parts) == interaction.three_body
    torch.testing.assert_close(sum(parts.values()), expectation(system, distances, psi))
    # r·∇ of c/r is −c/r, that of the linear part itself
    torch.testing.assert_close(
        virial(potential_parts(system)["linear"], distances, psi),
        interaction.p * parts["linear"],
        rtol=1e-6,
        atol=1e-8,
    )
    if interaction.r_c == 0:
        torch.testing.assert_close(
            virial(potential_parts(system)["coulomb"], distances, psi),
            -parts["coulomb"],
            rtol=1e-6,
            atol=1e-8,
        )
    constant = 1.5 * interaction.constant if len(distances) == 3 else 2 * interaction.constant
    torch.testing.assert_close(parts["constant"], torch.full((20,), -constant, dtype=torch.float64))


def found_at(value: float, error: float):
    torch.manual_seed(0)
    system = quark_system("tcc", "c c u~ d~", 1, 0)
    found = evaluate(
        InvariantWaveFunction(system, widths=(4,)), n_samples=400, n_walkers=100, thermalisation=20
    )
    return system, replace(found, energy=replace(found.energy, mean=value, error=error))


def test_bound_or_not():
    threshold = Threshold("D D*", 3878.5, ())
    system, found = found_at(3863.5, 0.2)
    bound = ground_state(system, found, threshold)
    assert (
        str(bound.scalars["binding_energy"]) == "-15.00(20) MeV" and bound.scalars["threshold"].name == "D D*"
    )
    assert bound.reference["binding_energy"]["value"] == -15.411
    assert not any("no bound state" in w or "below the reference" in w for w in bound.warnings)
    near = ground_state(system, replace(found, energy=replace(found.energy, mean=3878.2)), threshold)
    assert "binding_energy" not in near.scalars and any("no bound state" in w for w in near.warnings)
    assert not any("model=unbound" in w for w in near.warnings)
    far = ground_state(system, replace(found, energy=replace(found.energy, mean=3890.5)), threshold)
    assert any(w.startswith("12 MeV above the threshold leave room for one") for w in far.warnings)
    low = ground_state(system, replace(found, energy=replace(found.energy, mean=3860.0)), threshold)
    assert any("below the reference" in w for w in low.warnings)
    assert sum(q.value for n, q in bound.scalars.items() if n.startswith("color_fraction")) == pytest.approx(
        1
    )
    density, width = bound.arrays["pair_density"], bound.arrays["distance"][1] - bound.arrays["distance"][0]
    assert density.shape[0] == 3 and bound.labels["pair_density"] == ["c-c", "c-q~", "q~-q~"]
    assert density.sum(1) * width == pytest.approx(1, abs=0.02)


def test_short_chains_of_walkers_that_agree_are_no_alarm():
    """Over 10 steps with τ = 1.3 the means of equilibrated walkers differ by √(2τ/10): R̂ = 1.08."""
    threshold = Threshold("D D*", 3878.5, ())
    system, found = found_at(3863.5, 0.2)

    def alarmed(r_hat, steps):
        energy = replace(found.energy, r_hat=r_hat, tau_corr=1.3, n_samples=steps * found.walkers)
        return any(
            "disagree" in w for w in ground_state(system, replace(found, energy=energy), threshold).warnings
        )

    assert found.walkers == 100
    assert not alarmed(1.09, 20) and alarmed(1.09, 2000) and alarmed(1.3, 20) and not alarmed(1.01, 2000)


def test_leptons_have_no_colour_and_another_unit():
    system = lepton_system("ps_minus", "e- e- e+")
    found = evaluate(
        InvariantWaveFunction(system, widths=(4,)), n_samples=400, n_walkers=100, thermalisation=20
    )
    observables = ground_state(system, found, Threshold("Ps e-", -0.25, ()))
    assert observables.scalars["energy"].unit == "Ha" and observables.units["distance"] == "bohr"
    assert not any(name.startswith("color") for name in observables.scalars)
    assert {"potential.coulomb", "rms_radius.e--e-", "rms_radius.e--e+"} <= set(observables.scalars)
