"""Figures of a ground state: drawn from result arrays, left out where these are absent."""

import numpy as np
import pytest

from hadronlab.observables.observables import Observables, Quantity
from hadronlab.plotting.style import save
from hadronlab.plotting.vmc import FIGURES, hadrons, tex


def observables() -> Observables:
    distance = np.linspace(0.05, 4, 60)
    density = np.stack([distance**2 * np.exp(-a * distance) for a in (2.0, 3.0)])
    density /= density.sum(1, keepdims=True) * (distance[1] - distance[0])
    steps = np.arange(1, 101)
    return Observables(
        scalars={
            "energy": Quantity(3863.2, 0.1, "MeV"),
            "threshold": Quantity(3878.5, None, "MeV", name="D D*"),
            "rms_radius.c-c": Quantity(1.0, 0.01, "fm"),
            "rms_radius.q~-q~": Quantity(0.8, 0.01, "fm"),
            "color_fraction.3bar-3": Quantity(0.6, 0.01),
            "color_fraction.6-6bar": Quantity(0.4, 0.01),
        },
        arrays={"distance": distance, "pair_density": density, "one_body_density": density,
                "training_energy": np.stack([3863 + 100 / steps, 0.3 + 0 * steps])},
        units={"distance": "fm", "training_energy": "MeV"},
        labels={"pair_density": ["c-c", "q~-q~"], "one_body_density": ["c", "q~"]},
        reference={"energy": {"value": 3863.1, "source": "x"}, "color_fraction.3bar-3": {"value": 0.58, "source": "x"}},
    )  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_or_left_out(name, tmp_path):
    figure = FIGURES[name](observables())
    assert figure.axes and save(figure, tmp_path / f"{name}.png").stat().st_size > 5000
    assert FIGURES[name](Observables(scalars={"energy": Quantity(1.0)})) is None


def test_convergence_shows_threshold_and_reference():
    right = FIGURES["convergence"](observables()).axes[1]
    labels = [text.get_text() for text in right.get_legend().get_texts()]
    assert labels == [r"threshold $\mathrm{D\,D^{*}}$", "reference", "final 3863.20(10) MeV"]
    low, high = right.get_ylim()
    assert low < 3863.1 and high > 3878.5


def test_a_state_above_its_threshold_is_shown_to_descend_to_it():
    result = observables()
    result.reference.clear()
    result.scalars["threshold"] = Quantity(3860.0, None, "MeV", name="eta_c Xi_cc*")
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
    result.arrays["distance"] = (edges[1:] + edges[:-1]) / 2
    uniform = (edges[1:] ** 3 - edges[:-1] ** 3) / (3 * width) / (4**3 / 3)
    result.arrays["one_body_density"] = np.stack([uniform, uniform])
    axes = FIGURES["size"](result).axes[0]
    image = np.asarray(axes.images[0].get_array())
    assert np.ptp(image[100:200, 100:200]) < 1e-9 * image.max()
    assert f"rms {4 * 0.6**0.5:.3g}" in axes.get_title()
