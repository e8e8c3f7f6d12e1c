"""The lowest threshold and its name, for the quantum numbers and statistics that decide it."""

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.physics.forces.coulomb import Coulomb
from hadronlab.physics.forces.quark_models import QuarkModel, quark_model
from hadronlab.systems.continua import beginnings
from hadronlab.systems.hadron_names import hadron_name
from hadronlab.systems.hadron_thresholds import _statistics_allow, hadron_mass
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "name", "energy"),
    [
        ("c c u~ d~", 1, 0, "D D*", 3878.508),
        ("b b u~ d~", 1, 0, "B B*", 10643.946),
        ("c c u~ d~", 0, 1, "D D", 3724.742),
        ("c c u~ d~", 2, 1, "D* D*", 4032.272),
        ("c c c~ c~", 0, 0, "eta_c eta_c", 6010.500),
        ("c c c~ c~", 1, 0, "eta_c J/psi", 6106.507),  # two J/psi with S = 1 are antisymmetric
        ("c c c~ c~", 2, 0, "J/psi J/psi", 6202.514),
        ("b b b~ b~", 0, 0, "eta_b eta_b", 18847.372),
        ("c c c~ c~ c c~", 0, 0, "eta_c eta_c eta_c", 9015.750),
        ("c c u d c~", 0.5, 0, "eta_c Lambda_c", 5295.374),
        ("c c u d c~", 1.5, 0, "J/psi Lambda_c", 5391.381),
        ("c c u d c~", 2.5, 0, "Xi_cc* D*", 5717.940),
        ("b b u d b~", 2.5, 0, "Xi_bb* B*", 15582.916),
        ("u u u d d d", 1, 0, "N N", 1990.222),
    ],
)
def test_lowest_threshold(quarks, spin, isospin, name, energy):
    threshold = quark_system("x", quarks, spin, isospin).lowest_threshold()
    assert threshold is not None and threshold.name == name
    assert threshold.energy == pytest.approx(energy, abs=0.02)
    assert threshold.energy == pytest.approx(sum(c.energy for c in threshold.clusters))


@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "name"),
    [
        ("b b s~ s~", 1, 0, "B_s B_s*"),
        ("b c u~ d~", 0, 0, "D B"),
        ("c c~ u d~", 1, 1, "J/psi pi"),
        ("b b~ s u~", 0, 0.5, "eta_b K"),
        ("c c c c c~", 1.5, 0, "eta_c Omega_ccc"),
        ("c c c c c~", 0.5, 0, "J/psi Omega_ccc"),
        ("u u d d s~", 0.5, 0, "N K"),
    ],
)
def test_other_contents(quarks, spin, isospin, name):
    threshold = quark_system("x", quarks, spin, isospin).lowest_threshold()
    assert threshold is not None and sorted(threshold.name.split()) == sorted(name.split())


def test_statistics_exclude_ground_states():
    """S = 0, I = 0 ccq̄q̄: D D and D* D* are antisymmetric in isospin; the lowest is D with an orbital D."""
    threshold = quark_system("x", "c c u~ d~", 0, 0).lowest_threshold()
    assert threshold is not None and threshold.name == "D D(1P)"
    meson = quark_system("D", "c u~", 0, 0.5)
    orbital = hadron_mass(meson, "1P")
    assert threshold.energy == pytest.approx(1862.371 + orbital, abs=0.01)
    assert 1862.371 < orbital < hadron_mass(meson, "2S")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("quarks", "spin", "isospin", "name", "energy"),
    [
        # N N, and Delta Delta with S = 2, are symmetric: one baryon is orbital. AL1: N(1P) at 1493.57
        ("u u u d d d", 0, 0, "N N(1P)", 2488.68),
        ("u u u d d d", 2, 0, "N N*(1P)", 2670.32),  # S = 3/2 of a nucleon's isospin begins with an odd wave
        ("u u u d d d", 3, 0, "Delta Delta", 2613.23),
        ("c c c c c c", 0, 0, "Omega_ccc Omega_ccc", 9597.44),
        ("c c c c c c", 1, 0, "Omega_ccc Omega_ccc(1/2)(1P)", 9883.49),
        ("u u d d s s", 1, 0, "N Xi", 2335.23),  # two Lambda with S = 1 are symmetric
    ],
)
def test_dibaryons(quarks, spin, isospin, name, energy):
    threshold = quark_system("x", quarks, spin, isospin).lowest_threshold()
    assert threshold is not None and sorted(threshold.name.split()) == sorted(name.split())
    assert threshold.energy == pytest.approx(energy, abs=0.1)


def test_three_hadrons_are_not_bound_to_a_symmetry():
    """c c~ three times, S = 1, 0: two eta_c in an odd wave leave room for any third; two hadrons alone do not."""
    system = quark_system("x", "c c c c~ c~ c~", 1, 0)
    eta, psi = (("c", "c~"), Fraction(0), Fraction(0)), (("c", "c~"), Fraction(1), Fraction(0))
    assert _statistics_allow(system, (psi, psi, eta)) and _statistics_allow(system, (eta, psi))
    assert not _statistics_allow(system, (psi, psi))
    assert _statistics_allow(quark_system("x", "c c c~ c~", 1, 0, parity=-1), (psi, psi))
    assert _statistics_allow(quark_system("x", "c c c~ c~", 1, 0, parity=None), (psi, psi))


def test_single_hadrons_have_none():
    assert quark_system("D", "c u~", 0, 0.5).lowest_threshold() is None
    assert quark_system("N", "u u d", 0.5, 0.5).lowest_threshold() is None
    assert lepton_system("Ps", "e- e+").lowest_threshold() is None


def test_other_interactions():
    model = quark_model("AP1", three_body=True)
    threshold = quark_system("x", "c c u~ d~", 1, 0, interaction=model).lowest_threshold()
    masses = [hadron_mass(quark_system("D", "c u~", s, 0.5, interaction=model)) for s in (0, 1)]
    assert threshold is not None and threshold.energy == pytest.approx(sum(masses))
    nucleons = [
        quark_system("N", "u u d", 0.5, 0.5, interaction=quark_model("AL1", b)) for b in (True, False)
    ]
    constant = -2.02 / 0.315**3  # V_C, MeV
    assert hadron_mass(nucleons[0]) - hadron_mass(nucleons[1]) == pytest.approx(constant)


@dataclass(frozen=True)
class Shifted(QuarkModel):
    """A constant for any number of quarks, other than that of their parts."""

    def many_body(self, distances: Tensor, masses: Tensor) -> Tensor:
        return torch.full_like(distances[0], 0.01 * len(masses) ** 2)


def test_a_constant_is_that_of_the_whole_system():
    """Hadrons far apart have the constant of H, in whatever they are by themselves."""
    plain, shifted = quark_model("AL1"), Shifted(**asdict(quark_model("AL1")))
    for content, constant in (("c c u~ d~", 160.0), ("c c c c c~", 250.0)):
        spin = (len(content.split()) % 2) * 1.5
        above, energies = (
            [one.energy for one in quark_system("x", content, spin, 0, interaction=force).thresholds()]
            for force in (shifted, plain)
        )
        assert above == pytest.approx([energy + constant for energy in energies], abs=1e-6)


@dataclass(frozen=True)
class Everywhere(QuarkModel):
    """Further forces of all pairs, at any distance: one by the masses, one by the spins."""

    operators: ClassVar[tuple[str, ...]] = (*QuarkModel.operators, "one", "spin")
    power: int = 0

    def radial(self, r: Tensor, mass_i: Tensor, mass_j: Tensor) -> tuple[Tensor, ...]:
        shape = r**self.power
        return *super().radial(r, mass_i, mass_j), 0.02 * mass_i * mass_j * shape, 0.03 * shape

    def radial_terms(self, mass_i: float, mass_j: float) -> None:
        return None


@pytest.mark.parametrize(("content", "spin"), [("c c u~ d~", 1), ("b b~ c c~", 1), ("b b b~ b~", 2)])
def test_pair_forces_may_end_in_a_constant(content: str, spin: int) -> None:
    """Σ_{i<j} 0.02 m_i m_j + 0.03 S_i·S_j is one number of the whole system, whatever it falls apart into."""
    plain, constant = quark_model("AL1"), Everywhere(**asdict(quark_model("AL1")))
    system = quark_system("x", content, spin, 0, interaction=constant)
    squares = system.masses.sum() ** 2 - system.masses.square().sum()
    spins = 0.03 * (spin * (spin + 1) - 0.75 * system.n_particles)
    added = 1000 * float(0.02 * squares + spins) / 2
    here, before = system.thresholds(), quark_system("x", content, spin, 0, interaction=plain).thresholds()
    assert [one.name for one in here] == [one.name for one in before]
    assert [one.energy - added for one in here] == pytest.approx([one.energy for one in before], abs=1e-3)


def test_nothing_comes_apart_that_forces_hold_at_any_distance() -> None:
    trap = Everywhere(**asdict(quark_model("AL1")), power=2)
    assert hadron_mass(quark_system("D", "c u~", 0, 0.5, interaction=trap)) > 0
    with pytest.raises(ConfigError, match=r"^Everywhere holds particles together at any distance"):
        quark_system("x", "c c u~ d~", 1, 0, interaction=trap).thresholds()


@pytest.mark.slow
def test_v_c_of_a_baryon_is_in_no_continuum_of_a_pentaquark():
    """V_C would be 0.33 MeV; the baryon is known to 0.01 from either solver."""
    system = quark_system("x", "c c c c c~", 1.5, 0, interaction=quark_model("AL1", three_body=True))
    first = system.thresholds()[0].energy
    assert beginnings(system, system.thresholds(), first + 50)[0] == pytest.approx(first, abs=0.02)


@pytest.mark.parametrize(
    ("leptons", "name", "energy"),
    [("e- e- e+", "Ps e-", -0.25), ("e- e- e+ e+", "Ps Ps", -0.5), ("mu+ e- e-", "(e- mu+) e-", -0.49759347)],
)
def test_leptons(leptons, name, energy):
    threshold = lepton_system("x", leptons).lowest_threshold()
    assert threshold is not None and threshold.name == name
    assert threshold.energy == pytest.approx(energy, abs=1e-8)


@pytest.mark.parametrize("strength", [1e-3, 0.1, 5.0])
def test_atoms_of_any_size(strength):
    """E = −strength² μ/2: the mesh grows with a weakly bound atom."""
    threshold = lepton_system("x", "e- e- e+", interaction=Coulomb(strength)).lowest_threshold()
    assert threshold is not None and threshold.energy == pytest.approx(-0.25 * strength**2, rel=1e-6)


@pytest.mark.parametrize(
    ("leptons", "spins", "parity", "message"),
    [
        ("e- e- e- e+", None, 1, "ion"),  # Ps- e- lies below Ps e- e-
        ("e- e- e+ e+ e-", None, 1, "molecule"),  # Ps2 e-
        ("e- e- e+ e+", {"e-": 1}, 1, "two equal atoms"),  # odd under R → −R
        ("e- e- e+ e+", None, -1, "two equal atoms"),
    ],
)
def test_thresholds_of_leptons_that_are_not_computed(leptons, spins, parity, message):
    with pytest.raises(ConfigError, match=message):
        lepton_system("x", leptons, spins, parity).lowest_threshold()


@pytest.mark.parametrize(("spins", "parity"), [({"e-": 1, "e+": 1}, 1), ({"e-": 1}, -1), ({"e-": 1}, None)])
def test_two_equal_atoms_that_their_spins_allow(spins, parity):
    threshold = lepton_system("x", "e- e- e+ e+", spins, parity).lowest_threshold()
    assert threshold is not None and threshold.energy == pytest.approx(-0.5, abs=1e-8)


@pytest.mark.parametrize(
    ("flavors", "spin", "isospin", "name"),
    [
        ("q q~", 1, 1, "rho"),
        ("q q~", 0, 0, "eta"),
        ("b~ c", 1, 0, "B_c*"),
        ("q s c", 0.5, 0.5, "Xi_c"),
        ("q q s", 1.5, 1, "Sigma*"),
        ("s s b", 0.5, 0, "Omega_b"),
        ("b c q", 0.5, 0.5, "Xi_bc"),
        ("c c c", 1.5, 0, "Omega_ccc"),
        ("q~ q~ q~", 0.5, 0.5, "Nbar"),
    ],
)
def test_names(flavors, spin, isospin, name):
    assert hadron_name(flavors.split(), Fraction(spin), Fraction(isospin)) == name
