"""Resonances of rotated Hamiltonians, against other methods and published poles."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.physics.few_body.gaussians.candidates import Candidates, natural_scale
from hadronlab.physics.few_body.gaussians.complex_scaling import independent, poles, rotated_levels
from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian
from hadronlab.physics.few_body.gaussians.solve import solve
from hadronlab.physics.forces.coulomb import Coulomb
from hadronlab.systems.leptons import lepton_system

ANGLES = np.deg2rad([8, 10, 12, 14, 16, 18])


class Well(Coulomb):
    """−8 e^{−0.16r²} + 4 e^{−0.04r²} of two opposite charges: a barrier, and no terms of a closed form."""

    def radial(self, r, mass_i, mass_j):
        return [8 * torch.exp(-0.16 * r**2) - 4 * torch.exp(-0.04 * r**2)]


class Helium(Coulomb):
    """A heavy particle has charge 2."""

    def radial(self, r, mass_i, mass_j):
        return [(2 if max(float(mass_i), float(mass_j)) > 1e3 else 1) / r]


class Free(Coulomb):
    def radial(self, r, mass_i, mass_j):
        return [torch.zeros_like(r)]


class Unturned(Coulomb):
    def radial(self, r, mass_i, mass_j):
        return [torch.special.erfcx(r)]


def pair(interaction, L=0):
    """T = −½Δ of the distance."""
    system = replace(lepton_system("pair", "e- e+"), interaction=interaction, L=L, parity=(-1) ** L)
    return replace(system, masses=torch.tensor([2.0, 2.0], dtype=torch.float64))


def basis(system, count, size, states=12):
    """Gaussians of the lowest levels, and some of all sizes."""
    hamiltonian, rng = Hamiltonian(system), np.random.default_rng(0)
    scale = natural_scale(hamiltonian, 1.0, 1, rng)
    scattered = Candidates(system, hamiltonian, scale.frequency).scattered(count, rng)
    return np.concatenate([solve(system, states, size=size).exponents, scattered])


def test_poles_of_a_p_wave_well():
    """Against a complex-rotated Laguerre basis and an outgoing wave along a rotated ray, which agree to 2e-6."""
    system = pair(Well(), L=1)
    widths = np.geomspace(0.3, 12, 28)
    exponents = widths[:, None, None] ** -2 * Hamiltonian(system).pair_rows[0, 0] ** 2
    angles = np.deg2rad([16, 18, 20, 22, 24])
    levels = rotated_levels(system, exponents, angles)
    narrow, wide = poles(levels, angles, [0.0])[:2]
    assert abs(narrow.energy - (1.171041 - 0.004864j)) < 1e-4
    assert abs(wide.energy - (2.017498 - 0.486301j)) < 1e-4 + wide.spread
    for values in levels:
        assert np.abs(values - -0.674655).min() < 1e-5  # a bound state does not move


@pytest.mark.parametrize("angle", [0.1, 0.3])
def test_rotated_matrices_of_a_homogeneous_force(angle):
    """H(θ) = e^{−2iθ}T + e^{−iθ}V of the Coulomb force, exactly."""
    system = lepton_system("ps-", "e- e- e+")
    rows = Hamiltonian(system).pair_rows
    widths = np.random.default_rng(0).uniform(0.5, 5, (5, 3))
    exponents = np.einsum("kp,pi,pj->kij", widths**-2, rows, rows)
    whole, overlap = Hamiltonian(system).matrices(exponents, exponents)
    kinetic, _ = Hamiltonian(system, Free()).matrices(exponents, exponents)
    rotated, same = Hamiltonian(system, angle=angle).matrices(exponents, exponents)
    expected = np.exp(-2j * angle) * kinetic + np.exp(-1j * angle) * (whole - kinetic)
    np.testing.assert_allclose(rotated, expected, rtol=0, atol=1e-13 * np.abs(whole).max())
    np.testing.assert_allclose(same, overlap, rtol=0, atol=1e-15)


def test_a_continuum_is_no_pole():
    system = pair(Free())
    exponents = np.geomspace(0.5, 30, 20)[:, None, None] ** -2 * Hamiltonian(system).pair_rows[0, 0] ** 2
    levels = rotated_levels(system, exponents, ANGLES)
    for angle, values in zip(ANGLES, levels, strict=True):
        np.testing.assert_allclose(np.angle(values), -2 * angle, atol=1e-6)
    assert not poles(levels, ANGLES, [0.0])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Ps-", "He"])
def test_doubly_excited_states(name):
    """Ps⁻ and He 2s²: the only poles below the next thresholds, to 1e-4 hartree."""
    system, published = lepton_system("ps-", "e- e- e+"), -0.07603 - 2.0e-5j
    thresholds = [-0.25 / n**2 for n in range(1, 8)]
    if name == "He":
        masses = torch.tensor([1.0, 1.0, 1e7], dtype=torch.float64)
        system, published = replace(system, masses=masses, interaction=Helium()), -0.777868 - 0.00227j
        thresholds = [-2 / n**2 for n in range(1, 8)]
    levels = rotated_levels(system, basis(system, 300, 160), ANGLES, cut=1e-11)
    found = [pole for pole in poles(levels, ANGLES, thresholds) if pole.energy.real < thresholds[1]]
    assert abs(found[0].energy - published) < 1e-4
    assert found[0].spread < 5e-4
    assert abs(found[0].energy - published) < 3 * found[0].spread + 2e-6  # the digits published


def test_a_force_that_has_no_complex_distance_is_refused():
    with pytest.raises(ConfigError, match="cannot be turned to complex r"):
        rotated_levels(pair(Unturned()), np.ones((1, 1, 1)), [0.1])


def test_no_functions_beside_those_of_the_levels():
    system = lepton_system("ps-", "e- e- e+")
    candidates = Candidates(system, Hamiltonian(system), 1.0)
    for count in (0, 3):
        assert candidates.scattered(count, np.random.default_rng(0)).shape == (count, 2, 2)


def test_functions_that_the_symmetriser_kills_are_dropped():
    """Rounding noise of an empty function, scaled to unit norm, would give levels far below the spectrum."""
    overlap = np.diag([1.0, 1e-14, 1.0])
    overlap[0, 2] = overlap[2, 0] = 0.5
    basis_ = independent(overlap)
    assert basis_.shape == (3, 2)
    assert not basis_[1].any()
    np.testing.assert_allclose(basis_.T @ overlap @ basis_, np.eye(2), atol=1e-14)
