"""Free waves of any l at one radius: O_l = G_l + iF_l → e^{i(kr − lπ/2)}, which decays where k = iκ.

With z = −ikr it is (−i)^l e^{−z} p_l(z)/z^l, p_l(z) = Σ_m (l+m)!/(2^m m! (l−m)!) z^{l−m} the reverse Bessel polynomial:
one formula for open and closed channels and for complex momenta (DLMF 10.49).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, cached_property

import numpy as np
import torch
from numpy.polynomial import Polynomial
from torch import Tensor

RADIAL_POINTS = 80  # of the tail, in ln r
FADED = 40.0  # e^{−40} of u² is below rounding


class OutgoingWaves:
    """O_l of every channel at a radius, fm.

    k: (…, C) complex momenta, fm^-1. orbital: l of each channel.
    """

    def __init__(self, k: Tensor, radius: float, orbital: Sequence[int]):
        self.k, self.radius, self.orbital = k, radius, tuple(orbital)

    @cached_property
    def slope(self) -> Tensor:
        """O′/O, (…, C) complex, fm^-1: ik at l = 0, −l/r at k = 0."""
        return (
            self._each(lambda z, n: -z + z * at(reverse_bessel(n).deriv(), z) / at(reverse_bessel(n), z) - n)
            / self.radius
        )

    @cached_property
    def value(self) -> Tensor:
        """O, (…, C) complex."""
        return self._each(lambda z, n: (-1j) ** n * torch.exp(-z) * at(reverse_bessel(n), z) / z**n)

    @cached_property
    def angle(self) -> Tensor:
        """Of (G, F), (…, C) rad, for real k: continuous, 0 at k = 0, kr − lπ/2 far away."""
        # the zeros of p_l have Re z < 0: none of the factors of O turns past a half-turn
        return self._each(lambda z, n: sum((torch.angle(z - zero) for zero in zeros(n)), -z.imag))

    @cached_property
    def norm(self) -> Tensor:
        """∫_r^∞ O² dr / O(r)², (…, C) complex, fm, of the wave that decays; else its continuation, −dslope/dκ²."""
        return self._each(lambda z, n: at(tail(n)[0], z) / at(tail(n)[1], z)) * self.radius

    def beyond(self) -> tuple[Tensor, Tensor, Tensor]:
        """Radii outside, the weights of ∫ dr and O/O(radius) there, (…, C, n) each, real; of closed channels with κ > 0."""
        node, weight = (
            torch.as_tensor(v).to(self.k.real) for v in np.polynomial.legendre.leggauss(RADIAL_POINTS)
        )
        near = self.k.imag.unsqueeze(-1) * self.radius
        span = torch.log1p(FADED / near)  # of ln r
        r = self.radius * torch.exp(0.5 * span * (1.0 + node))
        far = near * r / self.radius
        relative = [
            torch.exp(x - y) * at(reverse_bessel(n), y) / at(reverse_bessel(n), x) * (x / y) ** n
            for x, y, n in zip(near.unbind(-2), far.unbind(-2), self.orbital, strict=True)
        ]
        return r, 0.5 * span * weight * r, torch.stack(relative, -2)

    def _each(self, function: Callable[[Tensor, int], Tensor]) -> Tensor:
        z = -1j * self.k * self.radius
        return torch.stack([function(z[..., a], n) for a, n in enumerate(self.orbital)], -1)


@cache
def reverse_bessel(degree: int) -> Polynomial:
    """The reverse Bessel polynomial of degree l, its leading coefficient 1."""
    return Polynomial(
        [math.comb(degree, m) * math.perm(degree + m, m) // 2**m for m in reversed(range(degree + 1))]
    )


@cache
def zeros(degree: int) -> tuple[complex, ...]:
    """Of p_l, all of them with a negative real part."""
    return tuple(complex(zero) for zero in reverse_bessel(degree).roots())


@cache
def tail(degree: int) -> tuple[Polynomial, Polynomial]:
    """Numerator and denominator of the norm over the radius: (p² − pp′ − z(pp″ − p′²))/(2z p²), finite at z = 0 but for l = 0."""
    z, q, dq, ddq = (
        Polynomial([0.0, 1.0]),
        reverse_bessel(degree),
        reverse_bessel(degree).deriv(),
        reverse_bessel(degree).deriv(2),
    )
    above, below = q**2 - q * dq - z * (q * ddq - dq**2), 2.0 * q**2
    return (above, z * below) if degree == 0 else (above // z, below)


def at(polynomial: Polynomial, z: Tensor) -> Tensor:
    """Its values, in the shape of z."""
    total = torch.zeros_like(z)
    for coefficient in reversed(polynomial.coef):
        total = total * z + coefficient
    return total
