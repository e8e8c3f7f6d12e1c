"""The wedge against the whole box."""

from __future__ import annotations

import numpy as np
import pytest

from hadronlab.data.wedge import Wedge, wedge_sites
from hadronlab.errors import DataError


def unfold(values: np.ndarray, wedge: Wedge) -> np.ndarray:
    """The field on all L³ sites."""
    L = wedge.length
    axis = np.minimum(np.arange(L), L - np.arange(L))
    folded = np.sort(np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1), axis=-1)[..., ::-1]
    index = {tuple(s): i for i, s in enumerate(wedge.site.tolist())}
    return np.array([values[index[tuple(s)]] for s in folded.reshape(-1, 3).tolist()]).reshape(L, L, L)


@pytest.mark.parametrize("length", [4, 5, 8, 9])
@pytest.mark.parametrize("order", [2, 4])
def test_laplacian_mean_and_shells_agree_with_the_box(length: int, order: int) -> None:
    wedge = Wedge(np.random.default_rng(0).permutation(wedge_sites(length)), length)
    field = np.random.default_rng(1).random(len(wedge.site))
    box = unfold(field, wedge)
    stencil = {2: {0: -2.0, 1: 1.0}, 4: {0: -2.5, 1: 4 / 3, 2: -1 / 12}}[order]
    expected = sum(
        c * np.roll(box, s, axis)
        for axis in range(3)
        for k, c in stencil.items()
        for s in ({0} if k == 0 else {k, -k} if 2 * k != length else [k, -k])
    )
    np.testing.assert_allclose(unfold(wedge.laplacian(field, order), wedge), expected, atol=1e-12)
    assert wedge.multiplicity.sum() == length**3
    assert wedge.mean(field) == pytest.approx(box.mean())

    shells = wedge.shells(length / 2)
    axis = np.minimum(np.arange(length), length - np.arange(length))
    square = sum(a**2 for a in np.meshgrid(axis, axis, axis, indexing="ij"))
    for radius, value, count in zip(shells.radius, shells.project(field[None])[0], shells.count, strict=True):
        on = np.round(radius**2) == square
        assert on.sum() == count
        assert value == pytest.approx(box[on].mean())


def test_shells_of_the_same_square_are_joined_and_end_at_half_the_box() -> None:
    wedge = Wedge(wedge_sites(12), 12)
    shells = wedge.shells(6.0)
    nine = int(np.flatnonzero(np.isclose(shells.radius, 3))[0])  # (3,0,0) and (2,2,1)
    assert shells.count[nine] == 6 + 24
    with pytest.raises(DataError, match="complete shells end at"):
        wedge.shells(6.5)


def test_unknown_order_is_refused() -> None:
    with pytest.raises(DataError, match="order 2 or 4"):
        Wedge(wedge_sites(4), 4).laplacian(np.ones(10), 6)


@pytest.mark.parametrize(("order", "accuracy"), [(2, 2.0), (4, 4.0)])
def test_slope_is_of_its_order(order: int, accuracy: float) -> None:
    """The largest error on the same physical radii falls as (spacing)^order."""
    errors = []
    for length in (32, 64):
        wedge, b = Wedge(wedge_sites(length), length), 32 / length  # spacing
        r = wedge.distance * b
        error = wedge.slope(np.exp(-0.05 * r**2), order) / b + 0.1 * r * np.exp(-0.05 * r**2)
        errors.append(np.abs(error[r < 8]).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(accuracy, abs=0.4)
