"""Sizes and slopes read off the potential, against what is known exactly."""

import re

import pytest

from hadronlab.errors import ConfigError
from hadronlab.physics.forces.quark_models import bhaduri_model
from hadronlab.systems.length_scales import contact_slopes, is_confining, natural_scales
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system


def test_positronium_has_the_size_of_its_ground_state():
    """⟨r⟩ = 3 bohr, ⟨T⟩ = 1/4 Hartree."""
    scale, energy = natural_scales(lepton_system("ps", "e- e+"))
    assert float(scale[0]) == pytest.approx(3.0, rel=0.03)
    assert energy == pytest.approx(0.25, rel=0.05)


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "rms"),  # radii of the converged reference, fm
    [
        ("c q~", 0, 0.5, [0.611]),
        ("b b~", 0, 0, [0.201]),
        ("u u d", 0.5, 0.5, [0.855]),
        ("u d c", 0.5, 0, [0.769, 0.711, 0.711]),
    ],
)
def test_hadrons_are_within_a_sixth_of_their_size(quarks, spin, isospin, rms):
    scale, _ = natural_scales(quark_system("hadron", quarks, spin, isospin))
    for s, exact in zip(scale.tolist(), rms, strict=False):
        assert s == pytest.approx(exact, rel=1 / 6)


@pytest.mark.parametrize("leptons", ["e- e-", "e- e- e- e+"])
def test_what_nothing_holds_together_is_refused(leptons):
    with pytest.raises(ConfigError, match=f"forces between {re.escape(leptons)} do not hold them"):
        natural_scales(lepton_system("x", leptons))


def test_contact_slopes_of_leptons_are_katos():
    """d ln ψ/dr = q_i q_j μ: −1/2 for opposite charges, +1/2 for equal ones."""
    assert contact_slopes(lepton_system("ps_minus", "e- e- e+"))[0].tolist() == pytest.approx(
        [-0.5, 0.5, 0.5], rel=1e-4
    )


def test_contact_slope_of_a_meson():
    """μ κ/ħc with the colour factor 1 of a singlet: κ = 0.5069, μ = m_c m_q/(m_c + m_q)."""
    mu = 1.836 * 0.315 / (1.836 + 0.315)
    slope, _ = contact_slopes(quark_system("D", "c q~", 0, 0.5))
    assert float(slope[0]) == pytest.approx(mu * 0.5069 / 0.1973269804, rel=1e-4)


def test_where_all_channels_have_the_same_cusps():
    """The colour factor of 1/r is a number in mesons and baryons, a matrix of four quarks; BD's spin forces go as 1/r too, in one channel
    of D and Δ."""
    bd = bhaduri_model()
    assert contact_slopes(lepton_system("ps2", "e- e- e+ e+"))[1]
    for content in (("c q~", 0, 0.5), ("u u d", 0.5, 0.5), ("u d c", 0.5, 0), ("u u u", 1.5, 1.5)):
        assert contact_slopes(quark_system("hadron", *content))[1]
    for content in (("c q~", 0, 0.5), ("u u u", 1.5, 1.5)):
        assert contact_slopes(quark_system("hadron", *content, interaction=bd))[1]
    assert not contact_slopes(quark_system("nucleon", "u u d", 0.5, 0.5, interaction=bd))[1]
    assert not contact_slopes(quark_system("tcc", "c c u~ d~", 1, 0))[1]


def test_quarks_are_confined_and_leptons_are_not():
    assert is_confining(quark_system("nucleon", "u u d", 0.5, 0.5), 1.0)
    assert is_confining(quark_system("tcc", "c c u~ d~", 1, 0), 1.0)
    assert not is_confining(lepton_system("ps2", "e- e- e+ e+"), 3.0)
