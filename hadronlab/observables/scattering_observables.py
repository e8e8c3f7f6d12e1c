"""Phase shifts and bound states of a potential on a mesh, with the error that its resampling bins give."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from torch import Tensor

from hadronlab.estimates.resampling import resampled_error
from hadronlab.physics.scattering.rmatrix import Resolvent, RMatrix

MESH_DENSITY = 12.0
"""mesh points a unit of length, beside forty: a kernel of the width of a hadron needs about ten"""


@dataclass(frozen=True)
class Scattering:
    """δ (1+B, M) rad and the low-energy numbers (1+B,) of one potential; NaN where there is no bound state."""

    phase_shifts: Tensor
    scattering_length: Tensor
    effective_range: Tensor
    binding_energy: Tensor
    rms_radius: Tensor

    @classmethod
    def of(cls, solved: Resolvent, k: Tensor) -> Scattering:
        """All observables of one diagonalisation; `k` (M,) in fm⁻¹."""
        bound = solved.bound_states()
        batch = solved.poles.shape[:-1]
        deepest = bound.energies.reshape(*batch, -1)
        radius = bound.rms_radius.reshape(*batch, -1)
        nothing = deepest.new_full(batch, math.nan)
        return cls(
            solved.phase_shifts(k),
            solved.scattering_length(),
            solved.effective_range(),
            -deepest[..., 0] if deepest.shape[-1] else nothing,
            radius[..., 0] if radius.shape[-1] else nothing,
        )


def mesh(radius: float, reduced_mass: float, hbar_c: float, k_max: float) -> RMatrix:
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


def mean_and_error(values: Tensor, resampling: str) -> tuple[Tensor, Tensor | None]:
    """The first of (1+B, …) and the resampling error (None without bins; NaN of single bins left out)."""
    if len(values) < 3:
        return values[0], None
    error = resampled_error(values, resampling)
    if not torch.isfinite(error).all():
        whole = torch.isfinite(values).reshape(len(values), -1).all(1)
        whole[0] = True
        error = (
            resampled_error(values[whole], resampling)
            if int(whole.sum()) > 2
            else torch.full_like(values[0], math.nan)
        )
    return values[0], error


def fold(angle: Tensor) -> Tensor:
    """An angle into (−π/2, π/2]: a difference of phase shifts, which have a meaning modulo π."""
    return angle - math.pi * torch.round(angle / math.pi)
