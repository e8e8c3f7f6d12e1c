"""Lengths of strings: closed forms, bounds and minima; which strings a content has."""

import math
from itertools import combinations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from hadronlab.errors import ConfigError
from hadronlab.physics.constants import HBAR_C_GEV
from hadronlab.physics.forces.quark_models import AL1, quark_model
from hadronlab.physics.forces.strings import StringModel, splits, string_model
from hadronlab.physics.forces.trees import least_length, shortest_double_tube
from hadronlab.physics.forces.tubes import shortest_tube
from hadronlab.systems.quarks import quark_system


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def distances(points):
    """(n_pairs, batch) of (n, batch, 3)."""
    return torch.stack([(points[i] - points[j]).norm(dim=1) for i, j in combinations(range(len(points)), 2)])


def random_points(n, batch, seed=1):
    return torch.randn(n, batch, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(
    ("sides", "length"),
    [
        ((1.0, 1.0, 1.0), math.sqrt(3)),
        ((2.0, 2.0, 0.0), 2.0),
        ((1.0, 1.5, 2.5), 2.5),  # collinear
        ((1.0, 1.0, math.sqrt(3.0)), 2.0),  # exactly 120°
        ((1.0, 1.0, 1.9), 2.0),  # more than 120°
        ((3.0, 4.0, 5.0), math.sqrt(25 + 12 * math.sqrt(3))),
        ((0.0, 0.0, 0.0), 0.0),
    ],
)
def test_shortest_tube(sides, length):
    for a, b, c in [(0, 1, 2), (1, 2, 0), (2, 1, 0)]:
        found = shortest_tube(*(tensor(sides[k]) for k in (a, b, c)))
        assert found.item() == pytest.approx(length, rel=1e-12)


def test_shortest_tube_is_the_minimum():
    """Against the Fermat point found by descent (Weiszfeld), for triangles of all shapes."""
    points = torch.randn(200, 3, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    center = points.mean(1)
    for _ in range(3000):
        weight = 1 / (points - center[:, None]).norm(dim=2).clamp(min=1e-12)
        center = (points * weight[..., None]).sum(1) / weight.sum(1, keepdim=True)
    found = (points - center[:, None]).norm(dim=2).sum(1)
    corners = torch.cdist(points, points).sum(2).amin(1)  # the junction may sit on a corner
    sides = [(points[:, i] - points[:, j]).norm(dim=1) for i, j in [(0, 1), (0, 2), (1, 2)]]
    torch.testing.assert_close(shortest_tube(*sides), torch.minimum(found, corners), rtol=1e-6, atol=0)


SQUARE = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)]


@pytest.mark.parametrize(
    ("places", "length"),
    [
        (SQUARE, 1 + math.sqrt(3)),
        ([(0, 0, 0), (1, 0, 0), (0, 3, 0), (1, 3, 0)], 3 + math.sqrt(3)),
        (
            [(0, 0, 0), (3, 0, 0), (0, 1, 0), (3, 1, 0)],
            2 * math.sqrt(10),
        ),  # both junctions where diagonals cross
        ([(0, 0, 0), (1, 1, 0), (1, 0, 1), (0, 1, 1)], 1 + math.sqrt(6)),  # a regular tetrahedron
        ([(0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0)], 3.0),  # junctions on particles
        ([(0, 0, 0), (1, 0, 0), (5, 3, 0), (5, 3, 0)], None),  # a pair together: a triangle
        ([(0, 0, 0)] * 4, 0.0),
        ([(0, 0, 0), (0, 0, 0), (2, 0, 0), (2, 0, 0)], 2.0),
    ],
)
def test_shortest_double_tube(places, length):
    r = distances(tensor(*places)[:, None])
    if length is None:
        length = shortest_tube(r[0], r[1], r[3]).item()
    for turn in ([0, 1, 2, 3], [1, 0, 2, 3], [0, 1, 3, 2], [2, 3, 0, 1]):
        found = shortest_double_tube(distances(tensor(*places)[turn][:, None])).item()
        assert found == pytest.approx(length, abs=1e-12 + 1e-12 * length)


@pytest.mark.parametrize(
    "places",
    [
        [(0, 0, 0), (1, 2, 0), (0, 0, 0), (3, -1, 1)],  # a quark on an antiquark
        [(0, 0, 0), (1, 2, 0), (3, -1, 1), (1, 2, 0)],
        [(0, 0, 0), (1, 2, 0), (0, 0, 0), (1, 2, 0)],
        [(1, 0, 0), (0, 2, 0), (0, 0, 0), (-1, -2, 0)],  # an antiquark, or a quark, in the middle of all four
        [(0, 0, 0), (1, 2, 0), (2, -1, 1), (-3, -1, -1)],
        [(0, 0, 0), (1, 0, 0), (0.5, 0, 0), (2, 0, 0)],  # on a line, in any order
        [(1, 0, 0), (-1, 0, 0), (0, 0, 0), (0, 0, 0)],
    ],
)
def test_particles_that_meet_are_the_limit_of_those_that_nearly_do(places):
    """No length changes by more than its ends move: 2e-8 at most, for ends that move by less than 5e-9 each."""
    here = tensor(*places)[:, None]
    found = shortest_double_tube(distances(here)).item()
    near = shortest_double_tube(distances(here + 1e-9 * random_points(4, 50)))
    assert (near - found).abs().max() < 2e-8


def test_shortest_double_tube_is_the_minimum():
    """Against trees found by descent (Weiszfeld), which are not shorter."""
    points = random_points(4, 300)
    k, j = points[:2].mean(0), points[2:].mean(0)
    for step in range(4000):
        smooth = max(0.3 * 0.8**step, 1e-8)
        ways = torch.stack([points[0] - k, points[1] - k, k - j, points[2] - j, points[3] - j])
        w = 1 / ((ways**2).sum(2) + smooth**2).sqrt()[..., None]
        at_k, at_l = w[0] * points[0] + w[1] * points[1], w[3] * points[2] + w[4] * points[3]
        from_k, from_l = w[:3].sum(0), w[2:].sum(0)
        determinant = from_k * from_l - w[2] ** 2
        k, j = (at_k * from_l + at_l * w[2]) / determinant, (at_l * from_k + at_k * w[2]) / determinant
    tree = ways.norm(dim=2).sum(0)
    found = shortest_double_tube(distances(points))
    assert bool((found <= tree * (1 + 1e-12)).all())
    torch.testing.assert_close(found, tree, rtol=1e-5, atol=0)  # descent is slow where junctions meet


FLAT = tensor(1, 1, 0)
FAMILIES = {
    "any": lambda n: random_points(4, n),
    "planar": lambda n: random_points(4, n) * FLAT,
    "thin": lambda n: random_points(4, n) * tensor(1, 0.05, 0.05),
    "on a line": lambda n: random_points(4, n) * tensor(1, 0, 0),
    "uneven": lambda n: random_points(4, n) ** 3,
    "far": lambda n: random_points(4, n) + tensor(0, 0, 3, 3)[:, None, None],
    "on a lattice": lambda n: torch.randint(
        -2, 3, (4, n, 3), generator=torch.Generator().manual_seed(1)
    ).double(),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_shortest_double_tube_against_minimisation(family):
    """No tree that a minimiser finds is shorter; the least of several beginnings is as long, to what it can find (where junctions
    lie on particles it is no smooth problem). Places on a line are known from distances to the square root of rounding only.
    """
    points = FAMILIES[family](40)
    exact = 1e-7 if family in ("on a line", "on a lattice") else 1e-10
    found = shortest_double_tube(distances(points))

    def tree(junctions, places, smooth):
        k, j = junctions.reshape(2, 3)
        ways = np.stack([k - places[0], k - places[1], j - places[2], j - places[3], k - j])
        lengths = np.sqrt((ways**2).sum(1) + smooth**2)
        of_k, of_l, between = np.split(ways / np.maximum(lengths, 1e-300)[:, None], [2, 4])
        return lengths.sum(), np.concatenate([of_k.sum(0) + between[0], of_l.sum(0) - between[0]])

    for places, length in zip(points.movedim(1, 0).numpy(), found.tolist(), strict=True):
        size = np.ptp(places, axis=0).max() + 1e-12
        junctions = np.concatenate([places[:2].mean(0), places[2:].mean(0)])
        for smooth in (0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6):
            junctions = minimize(tree, junctions, (places, smooth * size), jac=True, method="BFGS").x
        shortest = tree(junctions, places, 0.0)[0]
        assert length <= shortest * (1 + exact)
        assert length == pytest.approx(shortest, rel=1e-5, abs=1e-12)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_kernel_is_its_twin_and_lengths_that_do_not_count_are_not_below(family):
    r = distances(FAMILIES[family](2001))
    plain = least_length(r, torch.full_like(r[0], torch.inf))
    # where no more than rounding decides whether junctions have met, the square root of it is seen
    torch.testing.assert_close(shortest_double_tube(r), plain, rtol=1e-9, atol=1e-12)
    below = torch.minimum(r[1] + r[4], r[2] + r[3])
    for found in (shortest_double_tube(r, below), least_length(r, below)):
        needed = plain < below
        torch.testing.assert_close(found[needed], plain[needed], rtol=1e-9, atol=1e-12)
        assert bool((found[~needed] >= below[~needed] * (1 - 1e-9)).all())
        assert bool((found <= plain * (1 + 1e-9) + 1e-12).all())


def test_splits():
    q, a = False, True
    assert splits((q, q, a, a)) == (((0, 2), (1, 3)), ((0, 3), (1, 2)))
    assert splits((q, q, q)) == (((0, 1, 2),),)
    assert len(splits((q, q, q, q, a))) == 4
    assert len(splits((q,) * 6)) == 10
    assert len(splits((q, q, q, a, a, a))) == 7


@pytest.mark.parametrize(
    "quarks", ["c c u~ d~", "u u d", "u u d s c~", "u u d d s s", "u u s u~ u~ s~", "u~ u~ d~"]
)
@pytest.mark.parametrize("trees", [False, True])
def test_strings_move_with_the_quarks(quarks, trees):
    """No string grows by more than its ends move, whatever splitting is the shortest: V is continuous, with kinks; its length
    scales, does not depend on the order of identical quarks, and is not shorter than half the pairwise sum of a meson each.
    """
    n = len(quarks.split())
    if trees and n > 4:
        with pytest.raises(ConfigError, match="interaction=flip_flop"):
            string_model(trees=trees).for_content((False,) * n)
        return
    anti = tuple(sorted(label.endswith("~") for label in quarks.split()))
    model = StringModel(AL1, 1.0, trees).for_content(anti)
    points, moved = random_points(n, 400), random_points(n, 400, seed=2)
    for step in (1.0, 1e-3, 1e-6):
        change = model.length(distances(points + step * moved)) - model.length(distances(points))
        assert bool((change.abs() <= step * moved.norm(dim=2).sum(0) + 1e-12).all())
    r = distances(points)
    torch.testing.assert_close(model.length(2.5 * r), 2.5 * model.length(r), rtol=1e-12, atol=0)
    swapped = points[[1, 0, *range(2, n)]] if anti[0] == anti[1] else points
    torch.testing.assert_close(model.length(distances(swapped)), model.length(r), rtol=1e-12, atol=0)


def test_a_tree_is_taken_where_it_is_shorter():
    plain, trees = (
        StringModel(AL1, 1.0, trees).for_content((False, False, True, True)) for trees in (False, True)
    )
    r = distances(random_points(4, 2000))
    tree = shortest_double_tube(r)
    torch.testing.assert_close(trees.length(r), torch.minimum(plain.length(r), tree), rtol=1e-12, atol=0)
    assert 0.05 < (trees.length(r) < plain.length(r)).double().mean() < 0.2


def test_mesons_are_those_of_the_model_without_strings():
    for quarks in ("c u~", "b b~"):
        meson = quark_system("x", quarks, 1, abs(quarks.count("u")) / 2, interaction=string_model(trees=True))
        assert meson.interaction == AL1


def test_other_terms_keep_their_form():
    """Only the linear term of BD is replaced: its hyperfine one is no Gaussian."""
    plain = quark_model("BD")
    system = quark_system("x", "c c u~ d~", 1, 0, interaction=string_model("BD"))
    free = quark_system("x", "c c u~ d~", 1, 0, interaction=quark_model("BD", string=0.0))
    r = distances(random_points(4, 3)).T
    length = system.interaction.length(r.T)
    strings = system.potential(r) - free.potential(r)
    expected = plain.string / HBAR_C_GEV * length[:, None, None] * torch.eye(system.n_channels)
    torch.testing.assert_close(strings, expected.double())


def test_baryons():
    tube, plain = (quark_system("N", "u u d", 0.5, 0.5, interaction=i) for i in (string_model(), AL1))
    r = tensor(0.8, 0.8, 0.8)
    difference = tube.potential(r) - plain.potential(r)
    expected = 0.1653 * (0.9204 * math.sqrt(3) - 1.5) * 0.8 / HBAR_C_GEV
    torch.testing.assert_close(difference, expected * torch.eye(4, dtype=torch.float64))


def test_powers_other_than_one_have_no_strings():
    with pytest.raises(ConfigError, match="AL1, AL2 or BD"):
        string_model("AP1")
