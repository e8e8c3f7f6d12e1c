"""From R-correlators to the time-dependent HAL QCD equation [Wang, Eq. 5], on sites and on radial shells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from hadronlab.data.hadron_attributes import hadron_attributes
from hadronlab.data.on_lattice import OnLattice
from hadronlab.data.r_correlator import RCorrelator
from hadronlab.data.radial import radial_laplacian, radial_slope
from hadronlab.data.times import FIRST, SECOND, time_slice, time_slices, waves_of
from hadronlab.data.wave_data import WaveData
from hadronlab.data.wedge import Wedge
from hadronlab.errors import ConfigError, DataError
from hadronlab.estimates.resampling import resampled_error
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.scattering.quadrature import radial_weights

ORIGIN_FM = 1e-6  # the site r = 0 takes part in the integral, and radii are positive


@dataclass(frozen=True)
class Derivatives:
    """How K is taken: the order of the time derivative (2 is three-point) and the Laplacian.

    On sites the Laplacian is "lattice" (2nd order in a) or "lattice4"; on radii "differences" (9-point) or
    "spline"; "auto" is the first of each.
    """

    time_order: int = 2
    laplacian: str = "auto"


def kinetic(
    correlator: RCorrelator, source: str, time: int, how: Derivatives | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """R and K R (MeV) of every bin and site, both (1+B, S), each bin over its mean in the box at `time`.

    K = (1 + 3δ²)/(8μ) ∂t² − ∂t + ∇²/(2μ), μ the reduced mass and δ the relative difference of the masses;
    for equal masses this is [Wang, Eq. 5]. On sites the Laplacian is taken before any radial projection.
    Raises DataError for an unknown source, or a time without the neighbours that the derivative needs.
    """
    how = how or Derivatives()
    values = _values(correlator, source)
    slices = time_slices(correlator, time, how.time_order)
    around = values[:, slices]  # (1+B, 2n+1, S)
    central = values[:, slices[len(slices) // 2]]
    mean = _mean(correlator, central)
    if (mean == 0).any():
        raise correlator.error(
            f"{source!r}/R at t = {time} has mean zero in the box; it cannot be normalised"
        )
    first = np.einsum("k,bks->bs", FIRST[how.time_order], around)
    second = np.einsum("k,bks->bs", SECOND[how.time_order], around)
    m1, m2 = correlator.mass, correlator.mass2
    reduced, delta = m1 * m2 / (m1 + m2), (m1 - m2) / (m1 + m2)
    curvature = (1 + 3 * delta**2) / (8 * reduced)
    laplacian = _laplacian(correlator, central, how.laplacian)
    KR = curvature * second - first + laplacian / (2 * reduced)  # Eq. (2), Eq. (5)
    return central / mean[:, None], KR / mean[:, None] * correlator.inverse_spacing


def space_derivatives(
    correlator: RCorrelator, source: str, time: int, how: Derivatives | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """∇²R in fm⁻² and ∂R/∂r in fm⁻¹ of every bin and site, both (1+B, S), R over its mean as in `kinetic`."""
    how = how or Derivatives()
    central = _values(correlator, source)[:, time_slice(correlator, time, time)]
    central = central / _mean(correlator, central)[:, None]
    a = correlator.spacing_fm
    return _laplacian(correlator, central, how.laplacian) / a**2, _slope(
        correlator, central, how.laplacian
    ) / a


def lattice_wave_data(
    correlator: RCorrelator,
    sources: Sequence[str] | None = None,
    times: Sequence[int] | None = None,
    r_max_fm: float | None = None,
    how: Derivatives | None = None,
    shell_width_fm: float | None = None,
) -> WaveData:
    """The equation on radial shells for every (source, time), in MeV and fm.

    Args:
        sources, times: which; all if None (times: those with neighbours).
        r_max_fm: radii kept. Sites: at most L/2, where complete shells end, which is also the default; sites of
            one r² are averaged with their multiplicity, their weight is Σ multiplicity · a³, and r = 0 feeds the
            integral without being an equation. Radii: all by default.
        how: derivatives, see `Derivatives`.
        shell_width_fm: join the shells within steps of this width (well below the spacing); None joins none.

    The error is that of K R − V_LO R over the bins with V_LO of the mean held fixed; without bins it is
    None.
    """
    how = how or Derivatives()
    origin = correlator.origin
    pairs = waves_of(correlator, sources, times, how.time_order)
    fields = [kinetic(correlator, source, time, how) for source, time in pairs]
    R, KR = (np.stack(part, axis=1) for part in zip(*fields, strict=True))  # (1+B, K, S)
    in_space = [space_derivatives(correlator, source, time, how) for source, time in pairs]
    L, D = (np.stack(part, axis=1) for part in zip(*in_space, strict=True))
    r, weight, project = radial_grid(correlator, r_max_fm, shell_width_fm)
    R, KR, L, D = (project(values) for values in (R, KR, L, D))
    if not (r > 0).any():
        raise DataError(f"{origin}: no radius lies within r_max = {r_max_fm} fm")
    amplitude, lhs = torch.from_numpy(R), torch.from_numpy(KR)
    error = None
    if len(amplitude) > 1:
        error = resampled_error(lhs - lhs[0] / amplitude[0] * amplitude, correlator.resampling)
    m1, m2 = correlator.mass * correlator.inverse_spacing, correlator.mass2 * correlator.inverse_spacing
    return WaveData(
        r=torch.from_numpy(np.where(r > 0, r, ORIGIN_FM)),
        weight=torch.from_numpy(weight),
        amplitude=amplitude,
        lhs=lhs,
        error=error,
        laplacian=torch.from_numpy(L),
        slope=torch.from_numpy(D),
        equation=torch.from_numpy(r > 0),
        labels=tuple(f"{source} t={time}" for source, time in pairs),
        sources=tuple(source for source, _ in pairs),
        times=tuple(time for _, time in pairs),
        momenta=None,
        reduced_mass=m1 * m2 / (m1 + m2),
        hbar_c=HBAR_C,
        resampling=correlator.resampling,
        resampling_assumed=correlator.resampling_assumed,
        hadrons=hadron_attributes(correlator),
        correlator=correlator,
        ensemble="lattice" if correlator.length is None else f"lattice:L{correlator.length}",
    )


def radial_grid(
    correlator: OnLattice, r_max_fm: float | None, shell_width_fm: float | None
) -> tuple[np.ndarray, np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """Radii (N,) in fm, weights (N,) of ∫ 4π r² dr in fm³, and what takes fields (…, S) of the file to (…, N)."""
    a = correlator.spacing_fm
    if correlator.site is not None:
        wedge = _wedge(correlator)
        shells = wedge.shells(wedge.length / 2 if r_max_fm is None else r_max_fm / a)
        if shell_width_fm is not None:
            if not 0 < shell_width_fm < a:
                raise ConfigError(
                    f"shell_width = {shell_width_fm} fm: give a width between 0 and the spacing, {a:.3g} fm"
                )
            shells = shells.merged(shell_width_fm / a)
        return shells.radius * a, shells.count * a**3, shells.project
    assert correlator.radius is not None
    r, weight = correlator.radius * a, _shell_weights(correlator.radius) * a**3
    keep = r <= (np.inf if r_max_fm is None else r_max_fm * (1 + 1e-12))
    return r[keep], weight[keep], lambda values: values[..., keep]


def _values(correlator: RCorrelator, source: str) -> np.ndarray:
    if source not in correlator.values:
        raise DataError(f"{correlator.origin}: no source {source!r}; it holds {', '.join(correlator.values)}")
    return correlator.values[source]


def _wedge(correlator: OnLattice) -> Wedge:
    assert correlator.site is not None and correlator.length is not None
    return Wedge(correlator.site, correlator.length)


def _mean(correlator: RCorrelator, values: np.ndarray) -> np.ndarray:
    if correlator.site is not None:
        return _wedge(correlator).mean(values)
    assert correlator.radius is not None
    weight = _shell_weights(correlator.radius)
    return values @ weight / weight.sum()


def _laplacian(correlator: RCorrelator, values: np.ndarray, method: str) -> np.ndarray:
    if correlator.site is not None:
        return _wedge(correlator).laplacian(values, _order(correlator, method))
    assert correlator.radius is not None
    return radial_laplacian(values, correlator.radius, "differences" if method == "auto" else method)


def _slope(correlator: RCorrelator, values: np.ndarray, method: str) -> np.ndarray:
    if correlator.site is not None:
        return _wedge(correlator).slope(values, _order(correlator, method))
    assert correlator.radius is not None
    return radial_slope(values, correlator.radius, "differences" if method == "auto" else method)


def _order(correlator: RCorrelator, method: str) -> int:
    orders = {"auto": 2, "lattice": 2, "lattice4": 4}
    if method not in orders:
        raise DataError(
            f"{correlator.origin}: laplacian {method!r} is not for sites; choose {', '.join(orders)}"
        )
    return orders[method]


def _shell_weights(radius: np.ndarray) -> np.ndarray:
    """Weights of ∫ 4π r² dr by the trapezoid from r = 0, where the integrand vanishes."""
    with_origin = torch.from_numpy(np.concatenate([[0.0], radius]))
    return radial_weights("trapezoid", with_origin)[1:].numpy()
