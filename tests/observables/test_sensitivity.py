"""Derivatives of energies by parameters, against finite differences of solved energies and closed forms."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.models.wavefunctions.gaussians import GaussianBasis
from hadronlab.models.wavefunctions.invariant import InvariantWaveFunction
from hadronlab.observables.evaluation import evaluate
from hadronlab.observables.levels import Levels
from hadronlab.observables.sensitivity import Sensitivity
from hadronlab.physics.forces.charmonium import Charmonium
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.forces.quark_models import AL1, AP1, BD
from hadronlab.physics.forces.strings import string_model
from hadronlab.systems.hadron_thresholds import hadron_mass
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.parameters import changes, with_interaction
from hadronlab.systems.quarks import quark_system
from hadronlab.systems.spectra import solve_system


def levels_of(system, **settings):
    return Levels(system, solve_system(system, **settings), system.thresholds())


def test_parameters_are_those_on_which_h_depends():
    named = changes(quark_system("tcc", "c c u~ d~", 1, 0))  # no m_s, m_b, C; and r_c = 0 is switched off
    assert list(named) == ["m_c", "m_q", "kappa", "string", "constant", "kappa_spin", "A", "B", "p"]
    assert all(change.within for change in named.values())
    assert "C" in changes(
        quark_system("N", "u u d", 0.5, 0.5, interaction=replace(AL1, three_body=True))
    ) and "r_c" not in changes(quark_system("D", "c u~", 0, 0.5, interaction=BD))
    leptons = changes(lepton_system("ps-", "e- e- e+"))
    assert {name: change.within for name, change in leptons.items()} == {"strength": True, "m_e": False}


def test_numbers_of_a_model_within_another():
    """Strings in a nucleon: those of AL1 and σ_Y/λ; V = σ_Y/λ · λ L_min − (3/2) Λ + …"""
    system = quark_system("N", "u u d", 0.5, 0.5, interaction=string_model("AL1"))
    found, distances = changes(system), torch.ones(1, 3, dtype=torch.float64)
    assert set(found) == {"sigma_ratio", "kappa", "string", "constant", "kappa_spin", "A", "B", "m_q"}
    slope = {
        name: float(change.derivative(lambda s: s.potential(distances))[0, 0, 0])
        for name, change in found.items()
    }
    length = 3**0.5 / 0.1973269804
    assert slope["sigma_ratio"] == pytest.approx(AL1.string * length, rel=1e-6)
    assert slope["string"] == pytest.approx(0.9204 * length, rel=1e-6)
    assert slope["constant"] == pytest.approx(-1.5, rel=1e-6)


def test_forces_of_first_order_have_none():
    charmonium = Charmonium(m_c=1.4794, alpha_s=0.5461, b=0.1425, sigma=1.0946)
    found = Sensitivity().of_levels(
        levels_of(quark_system("x", "c c~", 1, 0, L=1, interaction=charmonium), size=4)
    )
    assert not found.estimates and "first order" in found.warnings[0]


@dataclass(frozen=True)
class Springs(Interaction):
    """A user's own, which keeps its masses in a table: V = ½ stiffness Σ r², GeV and fm."""

    stiffness: float = 0.5
    operators: ClassVar[tuple[str, ...]] = ("one",)

    def mass(self, flavor):
        return {"q": 0.3, "c": 1.5}[flavor]

    def radial(self, r, mass_i, mass_j):
        return (0.5 * self.stiffness * r**2,)


def test_an_interaction_of_ones_own():
    """E = Σm + 3/2 ħω with ω² = k/μ: ∂E/∂k = E_ho/2k, ∂E/∂m_i = 1 − E_ho μ/2m_i²; 10⁻⁶ is what remains of the level."""
    found = (
        Sensitivity()
        .of_levels(levels_of(quark_system("x", "c u~", 0, 0.5, interaction=Springs()), size=8))
        .values
    )
    reduced = 1.5 * 0.3 / 1.8
    level = 1.5 * 0.1973269804 * (0.5 / reduced) ** 0.5
    assert found["sensitivity.stiffness"] == pytest.approx(1000 * level, rel=1e-6)
    for flavor, mass in (("c", 1.5), ("q", 0.3)):
        assert found[f"sensitivity.m_{flavor}"] == pytest.approx(
            1000 * (1 - level * reduced / mass**2 / 2), rel=1e-6
        )


@pytest.mark.parametrize("L", [0, 1])
def test_a_meson_against_the_radial_solver(L):
    """To 2·10⁻³: a Gaussian basis, and differences of 1 % on the other side."""
    system = replace(quark_system("D", "c u~", 0, 0.5), L=L, parity=(-1) ** L)
    found = Sensitivity().of_levels(levels_of(system, size=14)).values
    for name in ("m_c", "m_q", "kappa", "string", "kappa_spin", "B", "p"):
        step = 0.01 * getattr(AL1, name)
        ends = [
            with_interaction(system, replace(AL1, **{name: getattr(AL1, name) + sign * step}))
            for sign in (1, -1)
        ]
        up, down = (hadron_mass(end, "1P" if L else "1S") for end in ends)
        assert found[f"sensitivity.{name}"] == pytest.approx((up - down) / (2 * step), rel=2e-3), name


@pytest.mark.slow
def test_a_bound_tetraquark_against_bases_solved_anew():
    """T_bb in twelve Gaussians: E, and E less its threshold, to 2 %; ⟨H⟩ of another model bounds its binding from below."""
    system = quark_system("tbb", "b b u~ d~", 1, 0)
    found = Sensitivity(["AL1", "AP1", "BD"], ["B", "N"]).of_levels(levels_of(system, size=12))

    def solved(interaction):
        moved = with_interaction(system, interaction)
        energy = solve_system(moved, size=12).energies[0]
        return energy, moved.lowest_threshold().energy - energy

    for name in ("m_q", "kappa"):
        step = 0.01 * getattr(AL1, name)
        up, down = (
            np.array(solved(replace(AL1, **{name: getattr(AL1, name) + sign * step}))) for sign in (1, -1)
        )
        expected = (up - down) / (2 * step)
        assert found.values[f"sensitivity.{name}"] == pytest.approx(expected[0], rel=0.02)
        assert found.values[f"binding_sensitivity.{name}"] == pytest.approx(expected[1], rel=0.02)
    own = solved(AL1)[1]
    bindings = [own]
    for model in (AP1, BD):
        bindings.append(found.values[f"binding_energy_in.{model.name}"])
        assert 0 < bindings[-1] < solved(model)[1]
    assert found.values["binding_spread"] == pytest.approx(np.std(bindings, ddof=1), rel=1e-3)
    masses = [hadron_mass(quark_system("B", "b u~", 0, 0.5, interaction=model)) for model in (AL1, AP1, BD)]
    covariance = found.estimates["binding_mass_covariance"]
    assert covariance.rows == ("B", "N") and covariance.unit == "MeV²"
    assert covariance.value[0] == pytest.approx(np.cov(masses, bindings)[0, 1], rel=1e-2)


def test_samples_agree_with_matrix_elements():
    """The same state, a nucleon in eight Gaussians, seen by walkers and in closed form: within four errors."""
    levels = levels_of(quark_system("N", "u u d", 0.5, 0.5), size=8)
    psi, observable = GaussianBasis(levels.system), Sensitivity(["AL2"])
    psi.take_coefficients(levels.found)
    sampled = evaluate(psi, {"sensitivity": observable}, n_samples=3000, n_walkers=300, thermalisation=100)
    exact = observable.of_levels(levels)
    assert set(exact.estimates) <= set(sampled.estimates)
    constant = sampled.estimates["sensitivity.constant"]  # of every sample −(3/2) GeV, to rounding
    assert constant.value == pytest.approx(-1500) and not constant.error
    for name, closed in exact.values.items():
        error = sampled.estimates[name].error or 1e-6
        assert abs(sampled.values[name] - closed) < 4 * error + 1e-6 * abs(closed), name
        assert error < 0.1 * abs(closed)


def test_positronium():
    """ψ = e^{−r/2} exactly: ∂E/∂strength = −½ and, with the mass of both, ∂E/∂m = −T/m = −¼."""
    psi = InvariantWaveFunction(lepton_system("ps", "e- e+"), widths=(2,), kato=False)
    with torch.no_grad():
        psi.network.weights[-1].zero_()
        psi.envelope.raw_decay.fill_(float(torch.tensor(0.5).double().expm1().log()))
    found = evaluate(
        psi,
        {"sensitivity": Sensitivity(["AL1"])},
        n_samples=4000,
        n_walkers=200,
        thermalisation=60,
    )
    strength, mass = (found.estimates[f"sensitivity.{name}"] for name in ("strength", "m_e"))
    assert strength.unit == "Ha" and abs(strength.value + 0.5) < 4 * strength.error < 0.1
    assert mass.value == pytest.approx(
        -0.25, rel=1e-4
    )  # |∇ψ|²/ψ² is a constant: but for the differences exact
    assert not any(name.startswith("binding") for name in found.estimates)


def test_bad_settings():
    with pytest.raises(ConfigError, match="AL3"):
        Sensitivity(["AL3"])
    with pytest.raises(ConfigError, match="T_cc is no meson"):
        Sensitivity([], ["T_cc"])
