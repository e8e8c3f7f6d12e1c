"""Plateaus of real scaling, against poles that other methods know."""

import numpy as np
import pytest

from hadronlab.physics.few_body.gaussians.hamiltonian import Hamiltonian
from hadronlab.physics.few_body.gaussians.real_scaling import plateaus, scaled_levels
from tests.physics.few_body.test_complex_scaling import Free, Well, pair

SCALES = np.geomspace(0.7, 1.6, 60)


def levels_of(interaction, L=0):
    system = pair(interaction, L)
    widths = np.geomspace(0.3, 12, 28)
    exponents = widths[:, None, None] ** -2 * Hamiltonian(system).pair_rows[0, 0] ** 2
    return scaled_levels(system, exponents, SCALES)


def test_a_plateau_of_a_p_wave_well():
    """The poles are 1.171041 − 0.004864i and 2.017498 − 0.486301i: the narrow one stands still to its width, the broad one does not,
    and the bound state to the error of the basis."""
    levels = levels_of(Well(), L=1)
    (narrow,) = plateaus(levels, SCALES, [0.0])
    assert abs(narrow.energy - 1.171041) < 0.002  # a fifth of the width, 0.0097
    assert abs(narrow.energy - 1.171041) < narrow.spread < 0.01
    for values in levels:
        assert values[0] == pytest.approx(-0.674655, abs=1e-5)


def test_a_continuum_has_no_plateau():
    """E s² stays, and nothing stands still; nor does what moves like it about a threshold above the first."""
    levels = levels_of(Free())
    for scale, values in zip(SCALES, levels, strict=True):
        np.testing.assert_allclose(values * scale**2, levels[0] * SCALES[0] ** 2, rtol=1e-7)
    assert not plateaus(levels, SCALES, [0.0])
    above = [np.sort(np.concatenate([values, values + 1.0])) for values in levels]
    assert not plateaus(above, SCALES, [0.0, 1.0])


def test_a_short_plateau_is_none():
    """Levels that stop for three scales, over less than `LEAST` of ln s, go on; and where all of them stop, the basis fails."""
    energies = SCALES**-2
    energies[20:23] = energies[20]
    assert not plateaus(
        [np.array([e, 3 * s**-2]) for e, s in zip(energies, SCALES, strict=True)], SCALES, [0.0]
    )
    energies[20:27] = energies[20]
    found = plateaus([np.array([e, 3 * s**-2]) for e, s in zip(energies, SCALES, strict=True)], SCALES, [0.0])
    assert [one.energy for one in found] == [energies[20]]
    assert not plateaus([np.array([e, 3 * e]) for e in energies], SCALES, [0.0])
