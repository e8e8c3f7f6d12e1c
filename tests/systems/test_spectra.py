"""Levels of systems in their own unit, seeded by the clusters of the lowest threshold, against converged references."""

import numpy as np
import pytest

from hadronlab.errors import ConfigError
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system
from hadronlab.systems.spectra import clusters, solve_system


def test_clusters_of_the_lowest_threshold():
    """D (c u~) and D* for T_cc; an atom and a free electron for Ps⁻; none for a baryon."""
    found = clusters(quark_system("tcc", "c c u~ d~", 1, 0))
    assert sorted(sorted(c.members) for c in found) == [[0, 2], [1, 3]]
    assert [c.exponents.shape for c in found] == [(6, 1, 1)] * 2
    found = clusters(lepton_system("ps-", "e- e- e+"))
    assert [(c.members, c.exponents.shape) for c in found] == [((0, 2), (6, 1, 1)), ((1,), (1, 0, 0))]
    assert clusters(quark_system("N", "u u d", 0.5, 0.5)) == []


def test_meson_levels_in_mev():
    """J/ψ 1S–3S, AL1; energies hold the masses, and `remaining` covers what is left."""
    found = solve_system(quark_system("jpsi", "c c~", 1, 0), states=3, accuracy=0.01)
    exact = np.array([3101.2573, 3641.1494, 4035.4971])
    assert np.all(found.energies > exact - 1e-3) and np.all(found.energies < exact + 0.02)
    assert found.ended == "accuracy" and np.all(found.remaining < 0.01)
    assert found.rounding < 1e-9


def test_refuses_an_unnatural_parity():
    with pytest.raises(ConfigError, match=r"choose system\.L=1"):
        solve_system(quark_system("x", "c c~", 0, 0, parity=-1))


# value, its error, how far above is allowed, Gaussians. AL1, MeV
BOUND = {
    "T_bb": ("b b u~ d~", 1, 10490.696, 0.02, 0.1, 33),
    "T_cc": ("c c u~ d~", 1, 3863.097, 0.03, 0.1, 49),
    "P_cc": ("c c u d c~", 2.5, 5713.814, 0.05, 0.5, 33),
    "P_bb": ("b b u d b~", 2.5, 15568.169, 0.1, 0.5, 33),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOUND)
def test_bound_multiquarks(name):
    quarks, spin, reference, error, above, size = BOUND[name]
    found = solve_system(quark_system(name, quarks, spin, 0), size=size)
    assert -error < found.energies[0] - reference < above


@pytest.mark.slow
@pytest.mark.parametrize(
    ("leptons", "reference", "size", "above"),
    [("e- e- e+", -0.262005070, 163, 1e-6), ("e- e- e+ e+", -0.516003790, 109, 5e-5)],
)
def test_positronium_ion_and_molecule(leptons, reference, size, above):
    """Hartree; the molecule needs 549 Gaussians for 1e-6."""
    found = solve_system(lepton_system("x", leptons), size=size)
    assert 0 < found.energies[0] - reference < above
