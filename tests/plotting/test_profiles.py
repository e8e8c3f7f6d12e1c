"""The figure of a profile."""

from __future__ import annotations

import numpy as np

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.results import Results
from hadronlab.plotting.profiles import profiles


def test_a_figure_for_every_profile() -> None:
    x = np.linspace(1, 3, 9)
    table = Estimate(np.stack([x, (x - 2) ** 2 + 40, 0.1 * x]), rows=("source_radius", "chi2", "lambda"))
    fit = Estimate.quoted(2.0, 0.3, "fm")
    found = profiles(Results({"profile.source_radius": table, "source_radius": fit}))
    assert list(found) == ["profile_source_radius"]
    top, below = found["profile_source_radius"].axes
    np.testing.assert_allclose(top.lines[0].get_ydata(), (x - 2) ** 2)
    np.testing.assert_allclose(below.lines[0].get_ydata(), 0.1 * x)
    assert below.get_xlabel() == "source radius [fm]" and below.get_ylabel() == "lambda"
    assert profiles(Results()) == {}
