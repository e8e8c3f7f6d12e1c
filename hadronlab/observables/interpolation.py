"""From the radii of the data to a mesh on which scattering is solved."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from torch import Tensor

from hadronlab.physics.scattering.rmatrix import RMatrix

MESH_DENSITY = 12.0
"""mesh points a unit of length, beside forty: a kernel of the width of a hadron needs about ten"""


def scattering_mesh(radius: float, reduced_mass: float, hbar_c: float, k_max: float) -> RMatrix:
    """R-matrix on a mesh fine enough for `k_max` and for a kernel of hadronic width; U ends at `radius`."""
    points = 40 + int(MESH_DENSITY * min(radius, 5.0) + 2 * radius * k_max / math.pi)
    return RMatrix(radius, points, reduced_mass, hbar_c)


def interpolated(r: Tensor, values: Tensor) -> Callable[[Tensor], Tensor]:
    """Cubic spline through `values` (…, N) at r (N,); flat within the first radius, zero beyond the last one."""
    spline = CubicSpline(r.numpy(), np.asarray(values), axis=-1)

    def at(x: Tensor) -> Tensor:
        inside = torch.from_numpy(spline(x.clamp(min=float(r[0]), max=float(r[-1])).numpy()))
        return inside * (x <= r[-1])

    return at
