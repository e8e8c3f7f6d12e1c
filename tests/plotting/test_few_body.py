"""Figures of a ground state: drawn from result arrays, left out where these are absent."""

import numpy as np
import pytest

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.results import Results
from hadronlab.plotting.few_body import FIGURES, hadrons, tex
from hadronlab.plotting.style import save


def observables() -> Results:
    distance = np.linspace(0.05, 4, 60)
    density = np.stack([distance**2 * np.exp(-a * distance) for a in (2.0, 3.0)])
    density /= density.sum(1, keepdims=True) * (distance[1] - distance[0])
    steps = np.arange(1, 101)
    pairs, flavors = ("c-c", "q~-q~"), ("c", "q~")
    return Results(
        {
            "energy": Estimate.quoted(3863.2, 0.1, "MeV"),
            "threshold": Estimate(3878.5, "MeV", name="D D*"),
            "rms_radius.c-c": Estimate.quoted(1.0, 0.01, "fm"),
            "rms_radius.q~-q~": Estimate.quoted(0.8, 0.01, "fm"),
            "color_fraction.3bar-3": Estimate.quoted(0.6, 0.01),
            "color_fraction.6-6bar": Estimate.quoted(0.4, 0.01),
            "distance": Estimate(distance, "fm"),
            "pair_density": Estimate(density, "1/fm", rows=pairs),
            "one_body_density": Estimate(density, "1/fm", rows=flavors),
            "training_energy": Estimate(np.stack([3863 + 100 / steps, 0.3 + 0 * steps]), "MeV"),
        },
        reference={
            "energy": {"value": 3863.1, "source": "x"},
            "color_fraction.3bar-3": {"value": 0.58, "source": "x"},
        },
    )


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_or_left_out(name, tmp_path):
    figure = FIGURES[name](observables())
    assert figure.axes and save(figure, tmp_path / f"{name}.png").stat().st_size > 5000
    assert FIGURES[name](Results({"energy": Estimate(1.0)})) is None


def test_convergence_shows_threshold_and_reference():
    right = FIGURES["convergence"](observables()).axes[1]
    labels = [text.get_text() for text in right.get_legend().get_texts()]
    assert labels == [r"threshold $\mathrm{D\,D^{*}}$", "reference", "final 3863.20(10) MeV"]
    low, high = right.get_ylim()
    assert low < 3863.1 and high > 3878.5


def test_a_state_above_its_threshold_is_shown_to_descend_to_it():
    result = observables()
    result.reference.clear()
    result.estimates["threshold"] = Estimate(3860.0, "MeV", name="eta_c Xi_cc*")
    left, right = FIGURES["convergence"](result).axes
    assert left.get_ylabel() == "|energy − threshold| [MeV]" and right.get_ylim()[0] < 3860
    assert (
        hadrons("eta_c Xi_cc*") == r"$\mathrm{\eta_{c}\,\Xi_{cc}^{*}}$"
        and hadrons("Deltabar") == r"$\mathrm{\bar{\Delta}}$"
    )


def test_equal_curves_differ_in_their_dashes_and_a_reference_is_named():
    lines = FIGURES["pair_distances"](observables()).axes[0].get_lines()
    assert lines[0].get_linestyle() != lines[2].get_linestyle()
    assert FIGURES["shares"](observables()).axes[0].get_title() == "colour shares (black: reference)"


def test_particles_in_print():
    assert tex("c-q~") == r"$c\bar q$" and tex("q~-q~") == r"$\bar q\bar q$"
    assert tex("e--e+") == "$e^-e^+$" and tex("e-") == "$e^-$"


def test_a_uniform_density_has_no_spot_at_its_centre():
    """Bins of r² dr: the value at the middle of the innermost one is not its mean."""
    result, width = observables(), 0.1
    edges = np.arange(0, 4 + width, width)
    result.estimates["distance"] = Estimate((edges[1:] + edges[:-1]) / 2, "fm")
    uniform = (edges[1:] ** 3 - edges[:-1] ** 3) / (3 * width) / (4**3 / 3)
    result.estimates["one_body_density"] = Estimate(np.stack([uniform, uniform]), "1/fm", rows=("c", "q~"))
    axes = FIGURES["size"](result).axes[0]
    image = np.asarray(axes.images[0].get_array())
    assert np.ptp(image[100:200, 100:200]) < 1e-9 * image.max()
    assert f"rms {4 * 0.6**0.5:.3g}" in axes.get_title()
