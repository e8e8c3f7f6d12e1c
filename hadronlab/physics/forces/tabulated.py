"""Potentials of which values are known at some radii."""

from __future__ import annotations

import numpy as np
import torch
from scipy.interpolate import CubicSpline, RectBivariateSpline
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
        _check(radii, V, "V(r)")
        self.reach = float(radii[-1])
        even, at = _even(radii)
        self._spline = CubicSpline(even, V[at])

    def __call__(self, r: Tensor) -> Tensor:
        values = torch.as_tensor(self._spline(r.detach().cpu().numpy())).to(r)
        return torch.where(r <= self.reach, values, torch.zeros_like(values))


class TabulatedNonlocal:
    """V0(r) δ(r − r′) + U(r, r′), both given at increasing radii: splined, even in r, zero beyond the last one (`reach`).

    Args:
        r: (n,) fm, from the origin or near it.
        kernel: (n, n) MeV fm⁻³, symmetric. values: V0 (n,) MeV, or None.

    Raises:
        HadronlabError: as `TabulatedPotential`, and for a kernel that is not symmetric.
    """

    def __init__(self, r: object, kernel: object, values: object = None):
        radii, U = np.asarray(r, dtype=float).reshape(-1), np.asarray(kernel, dtype=float)
        if U.shape != (len(radii), len(radii)) or not np.allclose(
            U, U.T, rtol=1e-6, atol=1e-9 * np.abs(U).max()
        ):
            raise HadronlabError(
                f"potential table: U of shape {U.shape} at {len(radii)} radii; give a symmetric matrix, U(r_i, r_j)"
            )
        _check(radii, U[0], "U(r, r')")
        self._local = None if values is None else TabulatedPotential(radii, values)
        self.reach = float(radii[-1])
        even, at = _even(radii)
        self._spline = RectBivariateSpline(even, even, U[np.ix_(at, at)])

    def local(self, r: Tensor) -> Tensor:
        """V0(r), MeV; zero without one."""
        return torch.zeros_like(r) if self._local is None else self._local(r)

    def nonlocal_part(self, r: Tensor, rp: Tensor) -> Tensor:
        """U(r, r′), MeV fm⁻³, broadcast."""
        r, rp = torch.broadcast_tensors(r, rp)
        values = torch.as_tensor(self._spline.ev(r.detach().cpu().numpy(), rp.detach().cpu().numpy())).to(r)
        return torch.where((r <= self.reach) & (rp <= self.reach), values, torch.zeros_like(values))


def _check(radii: np.ndarray, values: np.ndarray, what: str) -> None:
    """Raise HadronlabError for what cannot be splined."""
    if len(radii) != len(values) or len(values) < 5 or radii[0] < 0 or not (np.diff(radii) > 0).all():
        raise HadronlabError(
            f"potential table: {len(radii)} radii and {len(values)} values; give at least 5 of both, radii increasing from r ≥ 0"
        )
    if not (np.isfinite(radii).all() and np.isfinite(values).all()):
        raise HadronlabError(f"potential table: r or {what} holds NaN or infinite values")
    if radii[0] > 2 * (radii[1] - radii[0]):
        raise HadronlabError(
            f"potential table: it begins at r={radii[0]:g} fm, which leaves open what is inside: give {what} down to the origin"
        )


def _even(radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Radii with the first ones mirrored at the origin, for functions even in r, and which of `radii` each is."""
    mirrored = np.flatnonzero(radii > 0)[3::-1]
    return np.append(-radii[mirrored], radii), np.append(mirrored, np.arange(len(radii)))
