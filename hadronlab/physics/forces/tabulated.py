"""A local potential of which values are known at some radii."""

from __future__ import annotations

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.forces.local_potentials import LocalPotential


class TabulatedPotential(LocalPotential):
    """V(r) given at increasing radii: splined, even in r, zero beyond the last one (`reach`).

    Args:
        r: (n,) fm, from the origin or near it.
        values: (n,) MeV.

    Raises:
        HadronlabError: lengths that differ, radii that do not increase or leave the inside open, values that are not finite.
    """

    def __init__(self, r: object, values: object):
        radii, V = (np.asarray(x, dtype=float).reshape(-1) for x in (r, values))
        if len(radii) != len(V) or len(V) < 5 or radii[0] < 0 or not (np.diff(radii) > 0).all():
            raise HadronlabError(
                f"potential table: {len(radii)} radii and {len(V)} values; give at least 5 of both, radii increasing from r ≥ 0"
            )
        if not (np.isfinite(radii).all() and np.isfinite(V).all()):
            raise HadronlabError("potential table: r or V(r) holds NaN or infinite values")
        if radii[0] > 2 * (radii[1] - radii[0]):
            raise HadronlabError(
                f"potential table: it begins at r={radii[0]:g} fm, which leaves open what is inside: give V(r) down to the origin"
            )
        self.reach = float(radii[-1])
        mirrored = np.flatnonzero(radii > 0)[3::-1]  # V is even in r
        self._spline = CubicSpline(np.append(-radii[mirrored], radii), np.append(V[mirrored], V))

    def __call__(self, r: Tensor) -> Tensor:
        values = torch.as_tensor(self._spline(r.detach().cpu().numpy())).to(r)
        return torch.where(r <= self.reach, values, torch.zeros_like(values))
