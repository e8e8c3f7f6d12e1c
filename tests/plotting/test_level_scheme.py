"""The diagram of levels: texts that do not lie on each other, and the right colours."""

import numpy as np
import pytest

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.results import Results
from hadronlab.plotting.level_scheme import level_scheme, spread
from hadronlab.plotting.style import COLORS


def test_texts_are_kept_apart_about_their_middle():
    places = [0.0, 0.1, 0.2, 5.0]
    found = spread(places, 1.0)
    assert np.diff(found).min() >= 1 - 1e-12
    assert sum(found[:3]) / 3 == pytest.approx(0.1) and found[3] == 5.0
    assert spread([], 1.0) == []


def levels(*energies, thresholds=((10.0, "D D*"), (500.0, "far above"))):
    found = {f"energy.{k}": Estimate(e, "MeV", name="color") for k, e in enumerate(energies)}
    known = Estimate([e for e, _ in thresholds], "MeV", rows=tuple(name for _, name in thresholds))
    return Results(
        {
            "energy": Estimate(energies[0], "MeV"),
            **found,
            "stage_energies": Estimate(np.zeros((1, 1)), "MeV"),
            "thresholds": known,
        }
    )


def test_bars_below_and_above_the_lowest_threshold():
    axes = level_scheme(levels(0.0, 12.0)).axes[0]
    bars = {line.get_ydata()[0]: line.get_color() for line in axes.lines if line.get_linewidth() == 3}
    assert bars == {0.0: COLORS["network"], 12.0: COLORS["light"]}
    texts = [text.get_text() for text in axes.texts]
    assert any("D^{*}" in text for text in texts) and not any("far" in text for text in texts)


def test_nothing_where_there_are_no_levels():
    assert level_scheme(Results({"energy": Estimate(1.0, "MeV")})) is None
