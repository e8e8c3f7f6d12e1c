"""Radial quadrature: weights of ∫ dr, and of ∫ 4π r² dr, on the grid of the data or on one of our own."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from hadronlab.errors import HadronlabError

# Gregory's coefficients of the j-th end difference, j = 1…6; the first is the trapezoid's own correction.
GREGORY = (1 / 12, 1 / 24, 19 / 720, 3 / 160, 863 / 60480, 275 / 24192)


def rectangle(r: Tensor) -> Tensor:
    """Δr at every point, as in [Wang, Sec. 4]: on a uniform grid (r_i − ½Δr, r_i + ½Δr); O(Δr)."""
    step = torch.diff(r)
    middle = 0.5 * (step[1:] + step[:-1])
    return torch.cat([step[:1], middle, step[-1:]])


def trapezoid(r: Tensor) -> Tensor:
    """Piecewise linear from r_0 to r_{N−1}, any spacing; O(Δr²)."""
    step = torch.diff(r)
    zero = step.new_zeros(1)
    return 0.5 * (torch.cat([step, zero]) + torch.cat([zero, step]))


def simpson(r: Tensor) -> Tensor:
    """Composite Simpson, with one 3/8 panel at the far end for an even number of points; O(Δr⁴)."""
    h = _uniform_step(r, "simpson", 3)
    n = len(r)
    panels = n - 1 if n % 2 else n - 4  # intervals left to the 1/3 rule
    w = torch.zeros_like(r)
    if panels:
        w[: panels + 1] = 2.0 / 3.0
        w[1:panels:2] = 4.0 / 3.0
        w[0] = w[panels] = 1.0 / 3.0
    if n % 2 == 0:
        w[panels:] += torch.tensor([3 / 8, 9 / 8, 9 / 8, 3 / 8]).to(r)
    return h * w


def gregory(r: Tensor) -> Tensor:
    """Trapezoid with Gregory end corrections up to the sixth difference; O(Δr⁸)."""
    h = _uniform_step(r, "gregory", 8)
    w = torch.ones_like(r)
    w[0] = w[-1] = 0.5
    for j, coefficient in enumerate(GREGORY, start=1):
        # −G_j [∇^j f_N + (−1)^j Δ^j f_0]: the same numbers at both ends, mirrored.
        ends = torch.tensor([(-1) ** i * math.comb(j, i) for i in range(j + 1)]).to(r)
        w[: j + 1] -= coefficient * ends
        w[-(j + 1) :] -= coefficient * ends.flip(0)
    return h * w


RULES: dict[str, Callable[[Tensor], Tensor]] = {
    "rectangle": rectangle,
    "trapezoid": trapezoid,
    "simpson": simpson,
    "gregory": gregory,
}


def line_weights(rule: str, r: Tensor) -> Tensor:
    """Weights of ∫ dr, fm, on the increasing grid r (N,), fm, by the rule of that name.

    Raises:
        HadronlabError: an unknown rule, a grid that does not increase, a high-order rule on an uneven one.
    """
    if rule not in RULES:
        raise HadronlabError(f"quadrature '{rule}' is unknown: choose one of {', '.join(RULES)}")
    if r.ndim != 1 or len(r) < 2 or bool((torch.diff(r) <= 0).any()):
        raise HadronlabError(
            "quadrature needs a one-dimensional, strictly increasing grid of two or more radii"
        )
    return RULES[rule](r)


def radial_weights(rule: str, r: Tensor) -> Tensor:
    """Weights of ∫ 4π r² dr, fm³, on the grid r (N,), fm; see `line_weights`."""
    return 4.0 * math.pi * r**2 * line_weights(rule, r)


def gauss_legendre(start: float, stop: float, n_points: int) -> tuple[Tensor, Tensor]:
    """Nodes (n,) and weights (n,) of ∫ dr on [start, stop], float64."""
    x, w = np.polynomial.legendre.leggauss(n_points)
    half = 0.5 * (stop - start)
    return torch.as_tensor(start + half * (1.0 + x)), torch.as_tensor(half * w)


def panels(start: float, stop: float, first: float, longest: float) -> tuple[Tensor, Tensor]:
    """Nodes (n,) and weights (n,) of ∫ dr, 16 Gauss–Legendre points a panel; panels double from `first` to `longest`.

    A function that waves as sin ωr wants `longest` ≤ 10/ω, one that is not smooth at `start` a small `first`.
    """
    borders, step = [start], first
    while borders[-1] < stop:
        step = min(step, longest)
        borders.append(min(borders[-1] + step, stop))
        step *= 2.0
    x, w = np.polynomial.legendre.leggauss(16)
    edges = np.array(borders)
    half = 0.5 * np.diff(edges)[:, None]
    return torch.as_tensor((edges[:-1, None] + half * (1.0 + x)).ravel()), torch.as_tensor((half * w).ravel())


def _uniform_step(r: Tensor, rule: str, fewest: int) -> Tensor:
    step = torch.diff(r)
    if len(r) < fewest:
        raise HadronlabError(
            f"quadrature '{rule}' needs {fewest} radii or more, got {len(r)}: use 'trapezoid'"
        )
    if bool((step - step.mean()).abs().amax() > 1e-6 * step.mean()):
        raise HadronlabError(f"quadrature '{rule}' needs evenly spaced radii: use 'trapezoid' on this grid")
    return (r[-1] - r[0]) / (len(r) - 1)
