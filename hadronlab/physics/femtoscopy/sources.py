"""The source: density S(r) of the distance at which two hadrons are emitted, fm⁻³, ∫ d³r S = 1.

A source of one's own is any class with `density` and `reach`. Parameters are numbers or tensors: S is differentiable in
them, and a tensor (B,) of radii gives one density a bin, (B, len(r)).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from torch import Tensor

from hadronlab.errors import HadronlabError
from hadronlab.physics.scattering.quadrature import panels

GAUSSIAN_REACH = 13.0  # e^{−r²/4R²} is below 1e-18 at 13 R
LEVY_REACH = 40.0  # a power law never ends: what lies beyond 40 R (3 % of the pairs at α = 1) counts as if it lay there
NORM_TOLERANCE = 0.05  # of a table, which ends somewhere and was read off something


@runtime_checkable
class Source(Protocol):
    """What a source must have."""

    @property
    def reach(self) -> float:
        """Where S has died, fm."""
        ...

    def density(self, r: Tensor) -> Tensor:
        """S(r), fm⁻³, in the shape of r, fm."""
        ...


def parameters(source: Source) -> dict[str, Any]:
    """Those of a source by name, which a fit may vary: the fields of a dataclass; of another source none."""
    return {f.name: getattr(source, f.name) for f in fields(source)} if is_dataclass(source) else {}


def with_parameters(source: Source, values: Mapping[str, Any]) -> Source:
    """The source with other values of some of its parameters."""
    return replace(source, **values) if values else source  # type: ignore[type-var]


def one_each(source: Source | Sequence[Source]) -> list[Source]:
    """A list as it stands; of a source with lists of values, radius=[1.0, 2.5], one for each. HadronlabError for lists that differ."""
    if isinstance(source, Sequence):
        return list(source)
    lists = {name: x for name, x in parameters(source).items() if isinstance(x, Sequence)}
    if not lists:
        return [source]
    if len({len(x) for x in lists.values()}) > 1:
        given = ", ".join(f"{name}={list(x)}" for name, x in lists.items())
        raise HadronlabError(f"source: {given}: give lists of one length, a value for each measurement")
    rows = zip(*lists.values(), strict=True)
    return [with_parameters(source, dict(zip(lists, row, strict=True))) for row in rows]


def _parameter(name: str, value: float | Tensor, low: float, high: float = math.inf) -> Tensor:
    """A parameter that broadcasts over the radii, checked."""
    tensor = torch.as_tensor(value, dtype=torch.float64)
    if not bool(((tensor > low) & (tensor <= high) & tensor.isfinite()).all()):
        most = "" if math.isinf(high) else f" and at most {high:g}"
        raise HadronlabError(f"source: {name}={value} must be above {low:g}{most}")
    return tensor.unsqueeze(-1) if tensor.ndim else tensor


def _gaussian(r: Tensor, radius: Tensor) -> Tensor:
    return torch.exp(-((r / (2.0 * radius)) ** 2)) / (4.0 * math.pi * radius**2) ** 1.5


def _largest(radius: float | Tensor) -> float:
    return float(torch.as_tensor(radius).detach().max())


@dataclass(frozen=True)
class Gaussian:
    """S = e^{−r²/4R²}/(4πR²)^{3/2}: the distance of two points, each Gaussian with variance R² an axis; radius R, fm.

    A paper that writes e^{−r²/2r0²} has r0 = √2 R.
    """

    radius: float | Tensor

    @property
    def reach(self) -> float:
        return GAUSSIAN_REACH * _largest(self.radius)

    def density(self, r: Tensor) -> Tensor:
        return _gaussian(r, _parameter("radius", self.radius, 0.0))


@dataclass(frozen=True)
class CoreHalo:
    """f S_core + (1 − f) S_halo, both Gaussian, radii in fm: `fraction` f of the pairs come from the core."""

    core: float | Tensor
    halo: float | Tensor
    fraction: float | Tensor

    @property
    def reach(self) -> float:
        return GAUSSIAN_REACH * max(_largest(self.core), _largest(self.halo))

    def density(self, r: Tensor) -> Tensor:
        core, halo = _parameter("core", self.core, 0.0), _parameter("halo", self.halo, 0.0)
        fraction = _parameter("fraction", self.fraction, 0.0, 1.0)
        return fraction * _gaussian(r, core) + (1.0 - fraction) * _gaussian(r, halo)


@dataclass(frozen=True)
class Levy:
    """Lévy-stable, S = ∫ d³q/(2π)³ e^{iqr} e^{−(qR)^α}: Gaussian at α = 2, Cauchy's R/π²(r² + R²)² at α = 1.

    radius R, fm; alpha from 0.7 to 2. Below α = 2 the tail is a power r^{−3−α}: see LEVY_REACH.
    """

    radius: float | Tensor
    alpha: float | Tensor

    @property
    def reach(self) -> float:
        return LEVY_REACH * _largest(self.radius)

    def density(self, r: Tensor) -> Tensor:
        radius, alpha = (
            _parameter("radius", self.radius, 0.0),
            _parameter("alpha", self.alpha, 0.7 - 1e-12, 2.0),
        )
        x = (r / radius).unsqueeze(-1)
        end = 42.0 ** (1.0 / float(alpha.detach().min()))  # e^{−42} is below rounding
        # Towards t = 0 the panels halve, for t^α is not smooth there; they hold 16 points for at most two waves.
        t, dt = panels(0.0, end, first=1e-6, longest=8.0 / max(1.0, float(x.detach().max())))
        damped = t * torch.exp(-(t ** alpha.unsqueeze(-1))) * dt
        # sin(tx)/x → t at the origin
        return (damped * t * torch.sinc(t * x / math.pi)).sum(-1) / (2.0 * math.pi**2 * radius**3)


class Table:
    """S(r) given at increasing radii: splined (S is even in r), zero beyond the last one, normalised.

    Args:
        r: (n,) fm.
        values: (n,) fm⁻³.

    Raises:
        HadronlabError: lengths that differ, radii that do not increase, ∫ d³r S more than 5 % off 1.
    """

    def __init__(self, r: object, values: object):
        radii, S = (np.asarray(x, dtype=float).reshape(-1) for x in (r, values))
        if len(radii) != len(S) or len(S) < 5 or radii[0] < 0 or not (np.diff(radii) > 0).all():
            raise HadronlabError(
                f"source table: {len(radii)} radii and {len(S)} values; give at least 5 of both, radii increasing from r ≥ 0"
            )
        if not np.isfinite(S).all():
            raise HadronlabError("source table: S(r) holds NaN or infinite values")
        self.reach, self._norm = float(radii[-1]), 1.0
        mirrored = np.flatnonzero(radii > 0)[3::-1]  # S is even in r
        self._spline = CubicSpline(np.append(-radii[mirrored], radii), np.append(S[mirrored], S))
        x, dx = panels(0.0, self.reach, 0.02 * self.reach, 0.02 * self.reach)
        norm = float((4.0 * math.pi * x**2 * dx) @ self.density(x))
        if not abs(norm - 1.0) <= NORM_TOLERANCE:
            raise HadronlabError(
                f"source table: ∫ 4πr² S dr = {norm:.4g} up to {self.reach:g} fm, not 1: is S the density of pair "
                "distances in fm⁻³, without 4πr², and does the table go far enough?"
            )
        self._norm = norm

    def density(self, r: Tensor) -> Tensor:
        values = torch.as_tensor(self._spline(r.detach().cpu().numpy())).to(r)
        return torch.where(r <= self.reach, values, torch.zeros_like(values)) / self._norm
