"""Plateaus as an observable of levels: what is found, drawn and refused."""

import numpy as np
import pytest

from hadronlab.errors import ConfigError
from hadronlab.observables.levels import Levels
from hadronlab.observables.real_scaling import RealScaling
from hadronlab.plotting.style import figure
from hadronlab.systems.leptons import lepton_system
from hadronlab.systems.quarks import quark_system
from hadronlab.systems.spectra import solve_system


def levels_of(system, **settings):
    return Levels(system, solve_system(system, **settings), system.thresholds())


@pytest.mark.slow
def test_a_resonance_of_three_leptons():
    """Ps⁻ 2s², −0.07603 hartree, alone stands still below the second threshold, and its picture."""
    observable = RealScaling(highest=-0.064)
    result = observable.of_levels(levels_of(lepton_system("ps-", "e- e- e+"), states=8, size=60))
    assert list(result.scalars) == ["plateau.0"]
    found = result.scalars["plateau.0"]
    assert abs(found.value + 0.07603) < 2 * found.error < 2e-3
    levels = result.estimates["scaled_levels"].value
    assert len(levels) == len(result.estimates["scales"].value) == 41
    np.testing.assert_allclose(result.estimates["continua"].value, [-0.25], atol=1e-6)
    assert observable.draw(result, figure) is not None


def test_levels_below_the_threshold_alone():
    result = RealScaling().of_levels(levels_of(quark_system("tbb", "b b u~ d~", 1, 0), size=10))
    assert not result.estimates and "give observables.real_scaling.highest" in result.warnings[0]
    assert RealScaling().draw(result, figure) is None


@pytest.mark.parametrize(
    "wrong", [{"scales": [1.1, 0.9]}, {"scales": [0, 1]}, {"steps": 2}, {"functions": -1}]
)
def test_refuses(wrong):
    with pytest.raises(ConfigError, match="two rising scales above 0"):
        RealScaling(**wrong)
