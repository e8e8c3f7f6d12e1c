"""Two- and three-body solvers against exact spectra and converged reference values."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch

from hadronlab.errors import ConfigError
from hadronlab.physics.constants import HBAR_C_GEV
from hadronlab.physics.few_body.three_body import three_body_levels
from hadronlab.physics.few_body.two_body import two_body_levels
from hadronlab.physics.forces.interaction import Interaction
from hadronlab.physics.forces.strings import string_model
from hadronlab.systems.quarks import quark_system


def test_hydrogen_and_oscillator():
    coulomb = [two_body_levels(lambda r: -1 / r, 0.5, 1.0, 8.0, angular_momentum=wave) for wave in (0, 1)]
    exact = -0.25 / torch.arange(1, 5, dtype=torch.float64) ** 2
    torch.testing.assert_close(coulomb[0].energy[:4], exact, rtol=1e-7, atol=0)
    torch.testing.assert_close(coulomb[1].energy[:3], exact[1:], rtol=1e-7, atol=0)
    assert coulomb[0].rms[0] == pytest.approx(np.sqrt(12), rel=1e-7)  # ⟨r²⟩ = 3 a², a = 2
    oscillator = two_body_levels(lambda r: r**2 / 2, 1.0, 1.0, 1.0)
    torch.testing.assert_close(oscillator.energy[:3], torch.tensor([1.5, 3.5, 5.5], dtype=torch.float64))
    assert oscillator.rms[0] == pytest.approx(np.sqrt(1.5), rel=1e-10)


@dataclass(frozen=True)
class Oscillator(Interaction):
    """A user's own interaction: V = Σ k r_ij²/2, spin- and colour-blind."""

    stiffness: float = 0.3  # GeV fm⁻²

    operators: ClassVar[tuple[str, ...]] = ("one",)

    def mass(self, flavor: str) -> float:
        return {"q": 0.4, "c": 1.5}[flavor]

    def radial(self, r, mass_i, mass_j):
        return (self.stiffness / 2 * r**2,)


def levels(system, wave=0):
    return three_body_levels(
        system.channels, system.interaction, system.masses, system.hbar_c, angular_momentum=wave
    )


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "wave", "quanta"),
    [
        ("u u u", 1.5, 1.5, 0, [0, 2]),  # symmetric
        ("u u d", 0.5, 0.5, 0, [0, 2]),  # spin and isospin share the mixed symmetry
        ("c c c", 0.5, 0, 0, [2, 4]),  # mixed orbital symmetry: the 0ħω state is forbidden
        ("u u u", 0.5, 1.5, 0, [2, 4]),
        ("u u u", 1.5, 1.5, 1, [3, 5]),  # one quantum is of mixed symmetry, three have a symmetric P wave
        ("u u d", 0.5, 0.5, 1, [1, 3]),
        ("c c c", 0.5, 0, 1, [1, 3]),
        ("u u d", 1.5, 0.5, 1, [1, 3]),
    ],
)
def test_three_equal_oscillators(quarks, spin, isospin, wave, quanta):
    """E = (3 + n) ħω, ω² = 3k/m; the forbidden level tells whether antisymmetry is right."""
    system = quark_system("x", quarks, spin, isospin, interaction=Oscillator())
    omega = HBAR_C_GEV * np.sqrt(3 * Oscillator().stiffness / float(system.masses[0]))
    found, exact = levels(system, wave), (3 + np.array(quanta)) * omega
    assert np.all(found > exact * (1 - 1e-9))  # variational
    np.testing.assert_allclose(found, exact, rtol=2e-3 if wave else 2e-4)
    np.testing.assert_allclose(found[0], exact[0], rtol=2e-4)


def test_unequal_oscillators():
    """Masses m, m, M: ω_ρ² = 3k/m, ω_λ² = 2k/μ with 1/μ = 1/M + 1/2m. A P wave adds a quantum: of λ with S = 0 of the light
    pair, of ρ with S = 1.
    """
    system = quark_system("x", "u d c", 0.5, 0, interaction=Oscillator())
    m, heavy, k = 0.4, 1.5, Oscillator().stiffness
    omega = HBAR_C_GEV * np.sqrt(np.array([3 * k / m, 2 * k * (1 / heavy + 1 / (2 * m))]))
    assert levels(system)[0] == pytest.approx(1.5 * omega.sum(), rel=1e-5)
    np.testing.assert_allclose(levels(system, 1), 1.5 * omega.sum() + np.sort(omega), rtol=1e-4)


# AL1 without V_C, MeV: fully correlated Gaussians, converged to 0.001 (mesons) and 0.01 (baryons)
MESONS = {
    "D": ("c u~", 0, 0.5, 1862.371, 0.6112),
    "B": ("b u~", 0, 0.5, 5293.457, 0.6257),
    "eta_c": ("c c~", 0, 0, 3005.250, 0.3620),
    "eta_b": ("b b~", 0, 0, 9423.686, 0.2013),
    "D*": ("c u~", 1, 0.5, 2016.136, 0.7015),
    "B*": ("b u~", 1, 0.5, 5350.488, 0.6602),
    "J/psi": ("c c~", 1, 0, 3101.257, 0.3980),
    "Upsilon": ("b b~", 1, 0, 9461.479, 0.2070),
}
BARYONS = {
    "N": ("u u d", 0.5, 0.5, 995.111),
    "Delta": ("u u d", 1.5, 1.5, 1306.615),
    "Lambda_c": ("u d c", 0.5, 0, 2290.124),
    "Lambda_b": ("u d b", 0.5, 0, 5635.355),
    "Xi_cc*": ("c c u", 1.5, 0.5, 3701.804),
    "Xi_bb*": ("b b u", 1.5, 0.5, 10232.428),
}


@pytest.mark.parametrize("name", MESONS)
def test_meson_masses_and_radii(name):
    quarks, spin, isospin, mass, radius = MESONS[name]
    system = quark_system(name, quarks, spin, isospin)
    reduced = float(system.masses.prod() / system.masses.sum())
    found = two_body_levels(lambda r: system.potential(r[:, None])[:, 0, 0], reduced, HBAR_C_GEV, 0.6)
    assert found.energy[0].item() * 1000 + system.mass_sum == pytest.approx(mass, abs=0.001)
    assert found.rms[0].item() == pytest.approx(radius, abs=6e-5)


@pytest.mark.parametrize("name", BARYONS)
def test_baryon_masses(name):
    quarks, spin, isospin, mass = BARYONS[name]
    system = quark_system(name, quarks, spin, isospin)
    assert levels(system)[0] * 1000 + system.mass_sum == pytest.approx(mass, abs=0.015)


def test_three_body_refuses():
    system = quark_system("D", "c u~", 0, 0.5)
    with pytest.raises(ConfigError, match="three particles"):
        levels(system)
    nucleon = quark_system("N", "u u d", 0.5, 0.5, interaction=string_model())
    with pytest.raises(ConfigError, match="pair forces"):
        levels(nucleon)
    with pytest.raises(ConfigError, match="L = 0 and L = 1, not 2"):
        levels(quark_system("N", "u u d", 0.5, 0.5), 2)
