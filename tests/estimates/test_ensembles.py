"""Bins of several measurements in one fit: which stands behind which, and errors that add in squares."""

from __future__ import annotations

import numpy as np
import pytest

from hadronlab.errors import ConfigError
from hadronlab.estimates.ensembles import Bins, Ensemble

LATTICE, COLLIDER = Ensemble("lattice:L48", "jackknife", 3), Ensemble("femtoscopy", "bootstrap", 4)


def test_bins_stand_one_after_the_other() -> None:
    bins = Bins([LATTICE, None, COLLIDER, LATTICE])
    assert bins.count == 7
    assert bins.of(LATTICE) == [0, 1, 2, 3, 0, 0, 0, 0]
    assert bins.of(COLLIDER) == [0, 0, 0, 0, 1, 2, 3, 4]
    assert bins.of(None) == [0] * 8 == bins.of(Ensemble("none", "jackknife", 0))


def test_each_measurement_is_a_part_of_the_error() -> None:
    values = np.array([1.0, 1.1, 0.9, 1.0, 1.3, 0.8, 1.2, 0.7])
    found = Bins([LATTICE, COLLIDER]).estimate(values, "fm")
    assert set(found.parts) == {"lattice:L48", "femtoscopy"} and found.value == 1.0 and found.unit == "fm"
    jackknife, bootstrap = (2 / 3) * 0.02, np.var(values[4:], ddof=1)
    assert found.error == pytest.approx((jackknife + bootstrap) ** 0.5, rel=1e-12)
    assert Bins([LATTICE, COLLIDER]).estimate(values[:1]).error is None


def test_one_measurement_is_resampled_alike() -> None:
    with pytest.raises(ConfigError, match=r"lattice:L48.*3 jackknife.*5 jackknife.*resample them alike"):
        Bins([LATTICE, Ensemble("lattice:L48", "jackknife", 5)])
