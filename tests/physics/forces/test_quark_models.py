"""Radial potentials and Jacobi coordinates against formulas worked out by hand."""

import math
from dataclasses import asdict, replace

import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.physics.constants import HBAR_C_GEV
from hadronlab.physics.few_body.jacobi import (
    from_jacobi_matrix,
    jacobi_matrix,
    pair_vectors_matrix,
    permutation_map,
)
from hadronlab.physics.forces.coulomb import Coulomb
from hadronlab.physics.forces.quark_models import AL1, AL2, AP1, BD, bhaduri_model, quark_model
from hadronlab.physics.forces.strings import string_model
from hadronlab.systems.quarks import quark_system


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def test_al1_of_a_meson():
    """D and D* at r = 0.5 fm: the colour factor −16/3 turns −3/16 into 1; S·S is −3/4 and 1/4."""
    x, mc, mq = 0.5 / 0.1973269804, 1.836, 0.315
    central = -0.5069 / x + 0.1653 * x - 0.8321
    r0 = 1.6553 * (2 * mc * mq / (mc + mq)) ** -0.2204
    contact = 8 * math.pi * 1.8609 / (3 * mc * mq) * math.exp(-((x / r0) ** 2)) / (math.pi**1.5 * r0**3)
    for spin, factor in [(0, -0.75), (1, 0.25)]:
        system = quark_system("D", "c u~", spin, 0.5)
        potential = system.potential(tensor(0.5)[None])
        assert potential.item() == pytest.approx(central + factor * contact, rel=1e-13)


def test_nucleon_central_part():
    """Every pair in a baryon has −3/16·(−8/3) = 1/2."""
    system = quark_system("delta", "u u d", 1.5, 1.5)
    r = tensor(0.4, 0.7, 0.9)
    mass = tensor(AL1.m_q)
    parts = [AL1.radial(d, mass, mass) for d in r]
    expected = torch.cat([-8 / 3 * central - 8 / 3 / 4 * spin for central, spin in parts]).sum()
    torch.testing.assert_close(system.potential(r)[0, 0], expected, rtol=1e-13, atol=0)


def test_ap1_in_a_baryon():
    """p = 2/3: three sides r give 3/2·λ r^{2/3}; the difference of two radii cancels the constant."""
    system = quark_system("omega_ccc", "c c c", 1.5, 0, interaction=AP1)
    near, far = (system.potential(tensor(r, r, r))[0, 0].item() for r in (6.0, 9.0))
    x = 6.0 / HBAR_C_GEV, 9.0 / HBAR_C_GEV
    slope = 1.5 * (0.3898 * (x[1] ** (2 / 3) - x[0] ** (2 / 3)) - 0.4242 * (1 / x[1] - 1 / x[0]))
    assert far - near == pytest.approx(slope, rel=1e-9)


def test_al2_is_finite_at_the_origin():
    """g/r → 1/r_c, and the hyperfine term vanishes there, for r_c multiplies both κ and κ'."""
    mass = tensor(1.851)
    central, hyperfine = AL2.radial(tensor(1e-9), mass, mass)
    assert central.item() == pytest.approx(-3 / 16 * (-0.5871 / 0.1844 - 0.8182), rel=1e-7)
    assert abs(hyperfine.item()) < 1e-7
    assert AL1.radial(tensor(1e-9), mass, mass)[1].item() < -1e-2


def test_three_body_constant():
    plain = quark_system("N", "u u d", 0.5, 0.5)
    shifted = quark_system("N", "u u d", 0.5, 0.5, interaction=quark_model("AL1", three_body=True))
    r = torch.rand(4, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    difference = shifted.potential(r) - plain.potential(r)
    expected = -2.02e-3 / 0.315**3 * torch.eye(4, dtype=torch.float64)
    torch.testing.assert_close(difference, expected.expand(4, 4, 4))
    meson = quark_system("D", "c u~", 0, 0.5, interaction=quark_model("AL1", three_body=True))
    assert meson.potential(r[:, :1])[0] == quark_system("D", "c u~", 0, 0.5).potential(r[:, :1])[0]


def test_models_by_name():
    assert quark_model("al1", kappa=0.4).kappa == 0.4
    with pytest.raises(ConfigError, match="AL1, AL2, AP1, AP2, BD"):
        quark_model("AL3")
    with pytest.raises(ConfigError, match="kapa"):
        quark_model("AL1", kapa=1.0)
    with pytest.raises(ConfigError, match=r"quark masses of AL1: .* choose interaction=ap1"):
        quark_model("AP1", **numbers(AL1))


def numbers(model):
    return {key: value for key, value in asdict(model).items() if key not in ("name", "three_body")}


def test_shipped_files_hold_the_published_numbers_and_make_models_of_ones_own():
    """BD: 102.67 MeV fm, a0 = 0.0326 (fm/MeV)^½, r0 = 0.4545 fm; AL1 and AP1 as in the other tests here."""
    assert BD.kappa * HBAR_C_GEV == pytest.approx(0.10267)
    assert BD.kappa_spin == BD.kappa
    assert pytest.approx(0.4545) == BD.A * HBAR_C_GEV
    assert HBAR_C_GEV / BD.string == pytest.approx(1000 * 0.0326**2)
    for model, make in ((AL2, quark_model), (BD, bhaduri_model)):
        own = make("mine", **numbers(model))
        assert own == replace(model, name="mine") and type(own) is type(model)
    with pytest.raises(ConfigError, match=r"'mine': choose one of AL1.* or give m_b, m_c, m_s"):
        quark_model("mine", kappa=0.5)


def test_wrong_strengths():
    for wrong in ("wide", -1.0, 0.0):
        with pytest.raises(ConfigError, match=r"sigma_ratio=.* above 0"):
            string_model(sigma_ratio=wrong)
        with pytest.raises(ConfigError, match=r"strength=.* above 0"):
            Coulomb(wrong)


def test_jacobi_coordinates():
    masses = tensor(1.836, 1.836, 0.315, 0.315, 1.836)
    forward, back = jacobi_matrix(masses, HBAR_C_GEV), from_jacobi_matrix(masses, HBAR_C_GEV)
    identity = torch.eye(4, dtype=torch.float64)
    torch.testing.assert_close(forward @ torch.diag(HBAR_C_GEV**2 / masses) @ forward.T, identity)
    torch.testing.assert_close(forward @ back, identity)
    assert (masses @ back).abs().max() < 1e-15  # centre of mass at the origin
    assert forward.sum(1).abs().max() < 1e-14  # translations
    r = torch.randn(5, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    pairs = [(0, 1), (1, 4), (2, 3)]
    separation = pair_vectors_matrix(masses, pairs, HBAR_C_GEV) @ (forward @ r)
    torch.testing.assert_close(separation, torch.stack([r[i] - r[j] for i, j in pairs]))
    for perm in [(1, 4, 2, 3, 0), (0, 1, 3, 2, 4), (4, 0, 3, 2, 1)]:
        rotation = permutation_map(perm, masses)
        torch.testing.assert_close(rotation @ rotation.T, identity)
        torch.testing.assert_close(forward @ r[list(perm)], rotation @ (forward @ r))
