"""Lüscher's zeta function against 40-digit arithmetic, and two evaluations that share no sum."""

from __future__ import annotations

import pytest

from hadronlab.errors import HadronlabError
from hadronlab.physics.finite_volume.zeta import REST, Boost, zeta

EXACT = {
    -3.7: -10.710862492426403, -1.3: -6.3444361152385614, -0.5: -3.8579252140496019, -0.1: -0.13800216658385489,
    0.1: -4.8432078673961337, 0.5: 0.31205804745211187, 0.9: 15.961547873581344, 1.5: 1.3751915348538461,
    2.5: -3.5460751740497764, 4.7: 21.073697213142478, 7.3: 1.8989105463299736, 9.9: 63.227819560926487,
    20.5: 8.9217653882220359,
}  # fmt: skip
MOVING = {
    (0, 0, 1): (1.2, 0.3, -6.094542037),
    (0, 1, 1): (1.2, 0.3, 12.14386413),
    (1, 1, 1): (1.1, -0.3, -3.47169112),
}
UNEQUAL = Boost((1, 1, 0), 1.15, 0.62)


@pytest.mark.parametrize("q2", EXACT)
def test_at_rest(q2: float) -> None:
    assert zeta(q2) == pytest.approx(EXACT[q2], rel=1e-12)


@pytest.mark.parametrize("d", MOVING)
def test_in_moving_frames(d: tuple[int, int, int]) -> None:
    gamma, q2, exact = MOVING[d]
    assert zeta(q2, 0, Boost(d, gamma)) == pytest.approx(exact, rel=1e-9)


def test_higher_degrees() -> None:
    found = [zeta(0.7, degree) for degree in (4, 6, 8)]
    assert found == pytest.approx([5.669982594, -0.2443912301, 31.90031185], rel=1e-9)


@pytest.mark.parametrize("boost", [REST, Boost((0, 0, 1), 1.3), UNEQUAL])
@pytest.mark.parametrize("q2", [-7.0, 0.7, 9.4])
@pytest.mark.parametrize("degree", [0, 1, 2, 4])
def test_where_it_is_split_does_not_matter(boost: Boost, q2: float, degree: int) -> None:
    """Direct and dual sums trade places with T: an error of either would show. Rounding is that of the larger sum."""
    scale = 1e-12 * max(1.0, abs(q2)) ** (0.5 * degree + 1.5)
    assert zeta(q2, degree, boost, split=0.4) == pytest.approx(zeta(q2, degree, boost, split=0.9), abs=scale)


def test_exchanging_unequal_masses_is_a_reflection() -> None:
    other = Boost(UNEQUAL.d, UNEQUAL.gamma, 1.0 - UNEQUAL.shift)
    assert zeta(0.4, 0, other) == pytest.approx(zeta(0.4, 0, UNEQUAL), rel=1e-12)


def test_a_level_far_above_is_refused() -> None:
    with pytest.raises(HadronlabError, match="too high for this box"):
        zeta(1e4)
