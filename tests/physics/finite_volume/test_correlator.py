"""R(t) of the levels of a box: what was put in comes out."""

from __future__ import annotations

import numpy as np
import pytest

from hadronlab.physics.finite_volume.correlator import effective_energy_shift, overlaps
from hadronlab.physics.finite_volume.periodic_box import BoxForce, PeriodicBox


def test_overlaps_and_energy_shifts() -> None:
    """Two levels: shares c_n Σψ_n; ΔE_eff falls from a mean of both to the lower one, and is nan where C changes sign."""
    box = PeriodicBox(3.0, 10, 30.0)
    levels = box.levels([BoxForce(-40.0 * box.on_orbits(np.exp(-(box.radii**2))))], 2)
    weight, c = np.sqrt(box.cube.multiplicity), np.array([2.0, -0.3])
    R = c @ levels.states[0] / weight
    b = overlaps(levels.states[0], weight, R)
    assert b == pytest.approx(c * box.total(levels.states[0]), rel=1e-10)
    shifts = np.array([0.1, 0.6])
    found = effective_energy_shift(shifts, b, np.arange(30.0))
    C = [np.sum(b * np.exp(-shifts * t)) for t in (3, 4)]
    assert found[3] == pytest.approx(np.log(C[0] / C[1]), rel=1e-12)
    assert found[-1] == pytest.approx(0.1, abs=1e-6)
    assert effective_energy_shift(shifts[:1], b[:1], np.arange(3.0)) == pytest.approx(0.1)
    assert np.isnan(effective_energy_shift(shifts, np.array([1.0, -1.2]), np.array([0.0]))[0])
