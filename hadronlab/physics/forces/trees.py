"""The least length of a tree of strings that joins two quarks to two antiquarks with two junctions.

Strings of tension 1 that hold four particles in place pull with f_i, |f_i| ≤ 1: those of 0 and 1 with F together, those of 2 and 3
with −F, and the string between the junctions holds |F| ≤ 1. The least length is the most that such pulls do, Σ f_i·x_i (duality):

    L = max_F g(F),   g = F·m + h(F, x_0 − x_1) + h(F, x_2 − x_3),   m from the middle of 2 and 3 to that of 0 and 1,

h the most that two pulls of the sum F do along d. For |F| = 1 it is (√3/2)|d × F| where both of them are 1, and |d| − |d·F|/2 where d
is within 60° of the line of F, and the junction on a particle: L is the farthest distance of two circles about the pairs [Ay, Richard
and Rubinstein, Phys. Lett. B 674, 227 (2009)], junctions on particles included. g is concave. Where it grows from the maximum on the
sphere inwards, the junctions have met, and four strings hang on one point.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from hadronlab.kernels.library import at, integer, library_of

HALF_HEIGHT = math.sqrt(3) / 2  # of an equilateral triangle, in units of its side
STEPS = 100  # at most; 2 to 4 are usual
PRECISE = 1e-12  # relative: a promised gain of less ends a search, the next one would be its square
ROUNDING = 1e-14  # relative
MET = 1e-9  # relative: a slope inwards of less changes the length by no more than its square
FLAT = 1e-4  # of g: a curvature of less does not lengthen a step
REGULAR = 1e-9  # the same, of a point that hangs on four strings

Work: TypeAlias = Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]
"""places (…, n), x (3, n) → value (n,), Newton's step (3, n) and the gain that it promises (n,)."""


def shortest_double_tube(distances: Tensor, below: Tensor | None = None) -> Tensor:
    """The least length of a tree, (batch,), where 0 and 1 hang on one junction, 2 and 3 on another, and a string joins these. Junctions
    may meet, and lie on a particle.

    distances r01, r02, r03, r12, r13, r23, (6, batch), float64. below (batch,): a length that is not below it need not be found; a
    number between both stands in its place. By kernels/trees.cpp where it can be compiled.
    """
    if below is None:
        below = torch.full_like(distances[0], torch.inf)
    library = library_of("trees") if distances.device.type == "cpu" else None
    if library is None:
        return least_length(distances, below)
    distances, below = distances.contiguous(), below.contiguous()
    result = torch.empty_like(below)
    library.trees(integer(len(below)), at(distances), at(below), at(result))
    return result


def least_length(distances: Tensor, below: Tensor) -> Tensor:
    """The same by torch."""
    places = _places(distances)
    m = places[2]
    towards = torch.where(m.norm(dim=0) > 0, m, torch.tensor([0.0, 0.0, 1.0]).to(m)[:, None])
    length, u = _climb(_apart, places, (_unit(towards), 0 * m, -torch.ones_like(m[0])), below, _unit)
    met = (_inwards(places, u) > MET * length) & (length < below)
    if met.any():
        length[met] = _star(places[..., met], distances[:, met])
    return length


def _places(distances: Tensor) -> Tensor:
    """d of the longer pair, along z, d of the other, and m, (3, 3, batch): which, axis."""
    r01, _, _, _, _, r23 = distances
    s01, s02, s03, s12, s13, s23 = distances**2
    tiny = torch.finfo(distances.dtype).tiny
    swap = r23 > r01
    long, short = torch.maximum(r01, r23), torch.minimum(r01, r23)
    m = ((s02 + s03 + s12 + s13 - s01 - s23) / 4).clamp(min=0).sqrt()
    of_first, of_second = (s02 + s03 - s12 - s13) / 4, (s03 + s13 - s02 - s12) / 4  # m·d
    z = _within((s03 + s12 - s02 - s13) / (2 * long.clamp(min=tiny)), short)
    x = ((short - z) * (short + z)).sqrt()
    m_z = _within(torch.where(swap, of_second, of_first) / long.clamp(min=tiny), m)
    across = ((m - m_z) * (m + m_z)).sqrt()
    m_x = _within((torch.where(swap, of_first, of_second) - z * m_z) / x.clamp(min=tiny), across)
    m_y = ((across - m_x) * (across + m_x)).sqrt()
    zero = torch.zeros_like(x)
    return torch.stack([torch.stack(v) for v in ((zero, zero, long), (x, zero, z), (m_x, m_y, m_z))])


def _climb(
    work: Work,
    places: Tensor,
    start: tuple[Tensor, Tensor, Tensor],
    enough: Tensor,
    turn: Callable[[Tensor], Tensor],
) -> tuple[Tensor, Tensor]:
    """The highest value (n,) and where it is: Newton's steps, a quarter of one that leads down, until they gain nothing or have `enough`.

    start: x (3, n), the first step from there (3, n), and the value there; turn: what is done to x after a step.
    """
    base, step, best = start
    result, where = best.clone(), base.clone()
    active = torch.arange(len(best), device=best.device)[best < enough]
    base, step, best, places, enough = (one[..., best < enough] for one in (base, step, best, places, enough))
    for _ in range(STEPS):
        x = turn(base + step)
        value, newton, gain = work(places, x)
        worse = value < best - ROUNDING * best.abs()
        base, step = torch.where(worse, base, x), torch.where(worse, step / 4, newton)
        best = torch.maximum(best, value)
        result[active], where[:, active] = best, base
        left = (worse | (gain > PRECISE * best.abs())) & (best < enough)
        if not left.any():
            break
        active, base, step, best, places, enough = (
            one[..., left] for one in (active, base, step, best, places, enough)
        )
    return result, where


def _apart(places: Tensor, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """g on the sphere.

    Along it g bends by −held − b (1 − nnᵀ) for each of the pairs with both pulls 1, n across its d and u; a curvature of the wrong
    sign is turned.
    """
    tiny = torch.finfo(u.dtype).tiny
    pull, work, bends, axes = places[2], torch.zeros_like(u[0]), [], []
    for d in places[:2]:
        along, normal, size = _dot(d, u), torch.linalg.cross(d, u, dim=0), d.norm(dim=0)
        across = normal.norm(dim=0).clamp(min=tiny)
        both = 2 * along.abs() <= size
        stiff = torch.where(both, HALF_HEIGHT * size * (size / across), size)
        pull = pull + torch.where(both, -HALF_HEIGHT * along / across, -along.sign() / 2) * d
        work = work + stiff
        bends.append(torch.where(both, stiff, 0.0))
        axes.append(normal / across)
    held = _dot(pull, u)
    slope, value = pull - held * u, work + held
    (a, b), (n, k) = bends, axes
    skew = a * b * _dot(n, k) ** 2
    least = held + (a + b) / 2 - ((a - b) ** 2 / 4 + skew).sqrt()
    held = held + torch.maximum(least.abs(), FLAT * value) - least
    determinant = (held * (held + a + b) + a * b - skew).clamp(min=tiny)
    step = (held * slope + a * _dot(n, slope) * n + b * _dot(k, slope) * k) / determinant
    step = step / step.norm(dim=0).clamp(min=1)
    return value, step, _dot(slope, step)


def _inwards(places: Tensor, u: Tensor) -> Tensor:
    """By how much g grows as |F| falls from 1."""
    result = -_dot(places[2], u)
    for d in places[:2]:
        along, across = _dot(d, u).abs(), torch.linalg.cross(d, u, dim=0).norm(dim=0)
        result = result + torch.where(2 * along <= d.norm(dim=0), across / (4 * HALF_HEIGHT), along / 2)
    return result


def _star(places: Tensor, distances: Tensor) -> Tensor:
    """The least length of four strings to one point, (n,): at a particle, or found from the best of them by a first step downwards, after
    which no particle is met again.
    """
    first, second, m = places
    corners = torch.stack([m + first, m - first, second - m, -second - m]) / 2  # (4, 3, n)
    ways = corners - corners[:, None]
    best, each = ways.norm(dim=2).sum(1).argmin(0), torch.arange(len(m[0]), device=m.device)
    ways = ways[best, :, :, each].movedim(0, -1)
    lengths = ways.norm(dim=1)
    here = lengths <= ROUNDING * lengths.amax(0)
    weight = torch.where(here, 0.0, 1 / lengths)
    pull = (ways * weight[:, None]).sum(0)
    left = pull.norm(dim=0) - here.sum(0)  # of what pulls away from the particle
    step = _unit(pull) * left / weight.sum(0)
    enough = torch.where(left > 0, torch.inf, -torch.inf)
    start = corners[best, :, each].T, step, -lengths.sum(0)
    value, _ = _climb(_together, corners, start, enough, lambda x: x)
    r01, r02, r03, r12, r13, r23 = distances
    particles = torch.stack([r01 + r02 + r03, r01 + r12 + r13, r02 + r12 + r23, r03 + r13 + r23])
    return torch.minimum(-value, particles.amin(0))


def _together(corners: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Less the length of four strings to x."""
    strings = x - corners
    lengths = strings.norm(dim=1).clamp(min=torch.finfo(x.dtype).tiny)
    units, unity = strings / lengths[:, None], torch.eye(3).to(x)
    slope, weight = units.sum(0), 1 / lengths
    bent = (1 + REGULAR) * weight.sum(0) * unity[..., None] - (
        weight[:, None, None] * units[:, :, None] * units[:, None]
    ).sum(0)
    step = -torch.linalg.solve(bent.movedim(-1, 0), slope.T).T
    return -lengths.sum(0), step, -_dot(slope, step)


def _within(x: Tensor, most: Tensor) -> Tensor:
    return torch.minimum(torch.maximum(x, -most), most)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(0)


def _unit(a: Tensor) -> Tensor:
    return a / a.norm(dim=0)
