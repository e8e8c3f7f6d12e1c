"""Levels of two particles in a central potential on a Lagrange–Laguerre mesh [Baye, Phys. Rep. 565 (2015) 1,
Sec. 3.3].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from numpy.polynomial.laguerre import laggauss
from torch import Tensor


@dataclass(frozen=True)
class Levels:
    """Lowest levels first: energy (n,) and root-mean-square distance rms (n,), in the units of the input."""

    energy: Tensor
    rms: Tensor


def two_body_levels(
    potential: Callable[[Tensor], Tensor],
    reduced_mass: float,
    hbar_c: float,
    size: float,
    angular_momentum: int = 0,
    n_points: int = 80,
) -> Levels:
    """Eigenvalues of −ħ²c²/(2μ) (d²/dr² − l(l+1)/r²) + V(r), all n_points of them; the highest are those of the mesh.

    potential: V of r (n_points,); size: about the radius of the state, which the mesh covers to 20 times.
    """
    x, kinetic = _mesh(n_points)
    scale = 20 * size / float(x[-1])
    r = scale * x
    centrifugal = angular_momentum * (angular_momentum + 1) / x**2
    hamiltonian = hbar_c**2 / (2 * reduced_mass * scale**2) * (kinetic + torch.diag(centrifugal))
    energy, states = torch.linalg.eigh(hamiltonian + torch.diag(potential(r)))
    return Levels(energy, torch.sqrt((states**2 * (r**2)[:, None]).sum(0)))


@cache
def _mesh(n: int) -> tuple[Tensor, Tensor]:
    """Zeros x_i of the Laguerre polynomial L_n, (n,), and −d²/dx² between the functions x L_n(x) e^{−x/2}/(x − x_i),
    (n, n).
    """
    x = torch.from_numpy(laggauss(n)[0])
    index = torch.arange(n)
    sign = 1.0 - 2.0 * ((index[:, None] - index[None, :]) % 2)
    difference = x[:, None] - x[None, :] + torch.eye(n, dtype=x.dtype)
    kinetic = sign * (x[:, None] + x[None, :]) / (torch.outer(x, x).sqrt() * difference**2)
    return x, kinetic - torch.diag(torch.diag(kinetic)) + torch.diag(
        (4 + (4 * n + 2) * x - x**2) / (12 * x**2)
    )
