"""Resonances as an observable of levels: what is found, drawn and refused."""

import numpy as np
import pytest

from hadronlab.errors import ConfigError
from hadronlab.observables.complex_scaling import ComplexScaling
from hadronlab.observables.levels import Levels
from hadronlab.plotting.style import figure
from hadronlab.systems.continua import beginnings
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system
from hadronlab.systems.spectra import solve_system


def levels_of(system, **settings):
    return Levels(system, solve_system(system, **settings), system.thresholds())


@pytest.mark.slow
def test_a_resonance_of_three_leptons():
    """Ps⁻ 2s²: −0.07603 − 2.0e-5i hartree, the only one below the second threshold, and its picture."""
    levels = levels_of(lepton_system("ps-", "e- e- e+"), states=8, size=60)
    observable = ComplexScaling(highest=-0.066)
    result = observable.of_levels(levels)
    names = [name for name in result.estimates if name.startswith("resonance")]
    assert names == ["resonance.0"]
    found, width = result.estimates["resonance.0"], result.estimates["width.0"]
    assert float(found.value) == pytest.approx(-0.07603, abs=1e-4)
    assert float(width.value) == pytest.approx(4e-5, abs=2e-4)
    assert abs(float(found.value) + 0.07603) < 3 * found.error and found.error < 3e-4
    np.testing.assert_allclose(result.estimates["continua"].value, [-0.25], atol=1e-6)
    assert observable.draw(result, figure) is not None


def test_continua_begin_at_excited_parts_too():
    system = quark_system("t4c", "c c c~ c~", 2, 0)
    threshold = system.thresholds()
    found = beginnings(system, threshold, 7150.0)
    for energy in (2 * 3101.2573, 3101.2573 + 3641.1494, 3101.2573 + 3486.5054, 3101.2573 + 4035.4971):
        assert min(abs(energy - beginning) for beginning in found) < 0.05


def test_where_nothing_falls_apart():
    result = ComplexScaling().of_levels(levels_of(quark_system("N", "u u d", 0.5, 0.5), size=10))
    assert not result.estimates and "no threshold of this system" in result.warnings[0]


def test_levels_below_the_threshold_alone():
    result = ComplexScaling().of_levels(levels_of(quark_system("tbb", "b b u~ d~", 1, 0), size=10))
    assert not result.estimates and "give observables.complex_scaling.highest" in result.warnings[0]


@pytest.mark.parametrize(
    "wrong", [{"angles": [5, 10]}, {"angles": [10, 8, 12]}, {"angles": [5, 10, 50]}, {"functions": -1}]
)
def test_refuses(wrong):
    with pytest.raises(ConfigError, match="three or more rising angles"):
        ComplexScaling(**wrong)
