"""The shortest strings that join three quarks, or two quarks and two antiquarks."""

from __future__ import annotations

import math

import torch
from torch import Tensor

HALF_HEIGHT = math.sqrt(3) / 2  # of an equilateral triangle, in units of its side
STEPS = 60  # at most; 12 to 16 are usual
PRECISE = 1e-10  # of the last gain, relative: the length is then exact to about 1e-14


def shortest_tube(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """L_min, the least length of tubes that join the corners of a triangle with sides a, b, c.   [DeepQuark, Eq. 11]"""
    a2, b2, c2 = a * a, b * b, c * c
    heron = ((a + b + c) * (-a + b + c) * (a - b + c) * (a + b - c)).clamp(min=0)
    star = torch.sqrt(((a2 + b2 + c2) + math.sqrt(3) * heron.sqrt()) / 2)
    # an angle ≥ 120° opposite a: cos ≤ −1/2, i.e. a² ≥ b² + c² + bc
    obtuse = (a2 >= b2 + c2 + b * c) | (b2 >= c2 + a2 + c * a) | (c2 >= a2 + b2 + a * b)
    longest = torch.maximum(torch.maximum(a, b), c)
    return torch.where(obtuse, a + b + c - longest, star)  # Eq. (11)


def shortest_double_tube(distances: Tensor) -> Tensor:
    """The least length of a tree with two junctions, k of particles 0 and 1, l of 2 and 3, and a tube from k to l. Junctions may
    meet, and lie on a particle.

    distances r01, r02, r03, r12, r13, r23, (6, batch). For fixed k the rest is a triangle: f(k) = |k − 0| + |k − 1| +
    L_min(k, 2, 3) is convex, and smooth but where k lies on a particle.
    """
    corners = _corners(distances)
    result = distances.new_full(distances.shape[1:], torch.inf)
    searched = torch.ones_like(result, dtype=torch.bool)
    for particle in (0, 1):
        value, slope, _ = _two_tubes_and_triangle(corners, corners[particle])
        result = torch.minimum(result, value)
        searched &= (
            slope.norm(dim=1) > 1
        )  # else a tube to the particle holds what the others pull: the minimum
    r02, r03, r12, r13, r23 = distances[1:]
    result = torch.minimum(result, torch.minimum(r02 + r12, r03 + r13) + r23)
    result[searched] = torch.minimum(result[searched], _least(corners[:, searched]))
    return result


def least_double_tube(distances: Tensor) -> Tensor:
    """A lower bound of it, near it where both junctions lie between the pairs: u·m + h(u, r01) + h(u, r23) for the direction u of
    m, which joins the middles of both pairs; h is the farthest that a pair of strings of tension 1 pulls apart (duality).
    """
    s01, s02, s03, s12, s13, s23 = distances**2
    m2 = ((s02 + s03 + s12 + s13 - s01 - s23) / 4).clamp(min=0)
    m = m2.sqrt()
    tiny = torch.finfo(m.dtype).tiny
    result = m
    for square, along in ((s01, s02 + s03 - s12 - s13), (s23, s03 + s13 - s02 - s12)):
        side, cosine = square.sqrt(), along.abs() / 4 / m.clamp(min=tiny)
        across = HALF_HEIGHT * (square - cosine**2).clamp(min=0).sqrt()
        result = result + torch.where(2 * cosine >= side, side - cosine / 2, across)
    return result


def _corners(distances: Tensor) -> Tensor:
    """Places of the four particles, (4, batch, 3), 2 and 3 on the third axis, their middle at the origin."""
    r01, r02, r03, r12, r13, r23 = distances
    zero = torch.zeros_like(r01)
    side = r23.clamp(min=torch.finfo(r01.dtype).tiny)
    height, reach = [], []
    for to_two, to_three in ((r02, r03), (r12, r13)):
        z = ((to_two - to_three) * (to_two + to_three) / (2 * side)).clamp(
            min=-(to_two + to_three) / 2, max=(to_two + to_three) / 2
        )
        height.append(z)
        reach.append(((to_two**2 + to_three**2) / 2 - r23**2 / 4 - z * z).clamp(min=0).sqrt())
    product = (reach[0] ** 2 + reach[1] ** 2 + (height[0] - height[1]) ** 2 - r01**2) / 2
    x = product / reach[0].clamp(min=torch.finfo(r01.dtype).tiny)
    x = torch.where(reach[0] > 0, x.clamp(min=-reach[1], max=reach[1]), reach[1])
    y = (reach[1] ** 2 - x * x).clamp(min=0).sqrt()
    places = [
        (reach[0], zero, height[0]),
        (x, y, height[1]),
        (zero, zero, -r23 / 2),
        (zero, zero, r23 / 2),
    ]
    return torch.stack([torch.stack(place, -1) for place in places])


def _least(corners: Tensor) -> Tensor:
    """f at its minimum, (batch,), by Newton's method with a damping that grows where a step does not go down (Levenberg)."""
    k = corners.mean(0)
    value, slope, curvature = _two_tubes_and_triangle(corners, k)
    result = value.clone()
    active = torch.arange(len(k), device=k.device)
    damping = torch.full_like(value, 0.1)
    unit = torch.eye(3).to(corners)
    for _ in range(STEPS):
        size = curvature.diagonal(dim1=1, dim2=2).sum(1)
        step = torch.linalg.solve(curvature + (damping * size)[:, None, None] * unit, slope)
        tried = _two_tubes_and_triangle(corners[:, active], k - step)
        better = tried[0] <= value
        gain = (slope * step).sum(1)
        k = torch.where(better[:, None], k - step, k)
        value, slope, curvature = (
            torch.where(better.view(-1, *[1] * (new.ndim - 1)), new, old)
            for new, old in zip(tried, (value, slope, curvature), strict=True)
        )
        damping = torch.where(better, damping / 10, damping * 4).clamp(min=1e-12)
        result[active] = value
        left = gain > PRECISE * value
        if not left.any():
            break
        active, k, value, slope, curvature, damping = (
            one[left] for one in (active, k, value, slope, curvature, damping)
        )
    return result


def _two_tubes_and_triangle(corners: Tensor, k: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """f(k), its slope (batch, 3) and its curvature (batch, 3, 3)."""
    tubes = k - corners
    lengths = tubes.norm(dim=2)
    units = tubes / lengths.clamp(min=torch.finfo(k.dtype).tiny)[..., None]
    unity = torch.eye(3).to(k)
    kink = (
        1e-12 * lengths.amax(0) + torch.finfo(k.dtype).tiny
    )  # on a particle itself: no infinity, and Newton's steps lead away
    bent = (unity - _outer(units)) / torch.maximum(lengths, kink)[..., None, None]
    side = corners[3, :, 2] - corners[2, :, 2]
    across = k[:, :2].norm(dim=1).clamp(min=torch.finfo(k.dtype).tiny)
    axis = k[:, :2] / across[:, None]
    # three tubes that meet are as long as the way from k to the apex of an equilateral triangle on the side 2-3, beyond it
    to_apex = torch.cat([k[:, :2] + HALF_HEIGHT * side[:, None] * axis, k[:, 2:]], 1)
    length = to_apex.norm(dim=1).clamp(min=torch.finfo(k.dtype).tiny)
    unit = to_apex / length[:, None]
    around = torch.stack([-axis[:, 1], axis[:, 0], torch.zeros_like(across)], 1)
    curved = (unity - _outer(unit)) / length[:, None, None]
    curved = curved + (HALF_HEIGHT * side / (length * across))[:, None, None] * _outer(around)
    at_k = (units[2] * units[3]).sum(1) <= -0.5  # angles of 120° and more
    at_two = (units[2, :, 2] <= -0.5) | (lengths[2] == 0)
    at_three = (units[3, :, 2] >= 0.5) | (lengths[3] == 0)
    for where, value, slope, curvature in (
        (at_k, lengths[2] + lengths[3], units[2] + units[3], bent[2] + bent[3]),
        (at_two, lengths[2] + side, units[2], bent[2]),
        (at_three, lengths[3] + side, units[3], bent[3]),
    ):
        length = torch.where(where, value, length)
        unit = torch.where(where[:, None], slope, unit)
        curved = torch.where(where[:, None, None], curvature, curved)
    return lengths[0] + lengths[1] + length, units[0] + units[1] + unit, bent[0] + bent[1] + curved


def _outer(x: Tensor) -> Tensor:
    return x[..., :, None] * x[..., None, :]
