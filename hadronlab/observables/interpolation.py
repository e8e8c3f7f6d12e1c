"""From the radii of the data to a mesh on which scattering is solved."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from torch import Tensor


def interpolated(r: Tensor, values: Tensor) -> Callable[[Tensor], Tensor]:
    """Cubic spline through `values` (…, N) at r (N,); flat within the first radius, zero beyond the last one."""
    spline = CubicSpline(r.numpy(), np.asarray(values), axis=-1)

    def at(x: Tensor) -> Tensor:
        inside = torch.from_numpy(spline(x.clamp(min=float(r[0]), max=float(r[-1])).numpy()))
        return inside * (x <= r[-1])

    return at
