"""The leading-order baseline: a smooth local V(r) through K R / R [Wang, Eq. 3], one fit a bin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import least_squares
from torch import Tensor

from hadronlab.errors import DataError
from hadronlab.estimates.resampling import resampled_error

RANGES_FM = (0.10, 0.21, 0.40, 1.05)  # where the fit of a baryon-baryon potential starts


@dataclass(frozen=True, eq=False)
class GaussianPotential:
    """V(r) = Σ_g amplitude_g exp(−(r/range_g)²) of the mean and of every bin."""

    amplitude: Tensor  # (1+B, G) MeV
    range_fm: Tensor  # (1+B, G)
    chi2: Tensor  # (1+B,) weighted sum of squares; uncorrelated errors are assumed, so it is only a guide

    def local(self, r: Tensor) -> Tensor:
        """V(r) in MeV, (1+B, len(r))."""
        shape = torch.exp(-((r / self.range_fm[..., None]) ** 2))
        return torch.einsum("bg,bgr->br", self.amplitude, shape)


def fit_gaussians(
    r: Tensor, potential: Tensor, ranges_fm: tuple[float, ...] = RANGES_FM, resampling: str = "jackknife"
) -> GaussianPotential:
    """Fit a sum of Gaussians to `potential` (1+B, n) MeV at `r` (n,) fm, every point weighted by its error.

    The amplitudes are linear, so only the ranges are searched (variable projection); each bin starts at
    the fit of the mean. Ranges stay below half of the largest r: a longer one is a constant that no
    potential has. Give one point for each site, without multiplicities. Raises DataError with fewer points
    than parameters.
    """
    n_gaussians = len(ranges_fm)
    radius, values, weight = _merged(r, potential, resampling)
    if len(radius) < 2 * n_gaussians:
        raise DataError(
            f"leading order: {n_gaussians} Gaussians need {2 * n_gaussians} radii, got {len(radius)}"
        )
    root = np.sqrt(weight)
    lower, upper = np.log(0.02), np.log(radius.max() / 2)
    log_range = np.clip(np.log(ranges_fm), lower + 1e-6, upper - 1e-6)
    square = radius[:, None] ** 2

    def project(log_range: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shape = root[:, None] * np.exp(-square * np.exp(-2 * log_range))
        amplitude = np.linalg.lstsq(shape, target, rcond=1e-12)[0]
        return amplitude, shape @ amplitude - target

    amplitudes: list = []
    ranges: list = []
    chi2: list = []
    for target in values * root:
        fit = least_squares(
            lambda x, target=target: project(x, target)[1],  # type: ignore[misc]
            log_range,
            bounds=(lower, upper),
            xtol=1e-10,
            ftol=1e-10,
        )
        if not amplitudes:
            log_range = np.clip(fit.x, lower + 1e-6, upper - 1e-6)
        amplitudes.append(project(fit.x, target)[0])
        ranges.append(np.exp(fit.x))
        chi2.append(2 * fit.cost)
    return GaussianPotential(*(torch.from_numpy(np.array(part)) for part in (amplitudes, ranges, chi2)))


def _merged(r: Tensor, potential: Tensor, resampling: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unique radii (m,), weighted means (1+B, m), summed weights (m,): the same least squares, fewer rows."""
    if len(potential) > 1:
        weights = resampled_error(potential, resampling).square().reciprocal()
    else:
        weights = torch.ones_like(r)
    if not torch.isfinite(weights).all():
        raise DataError(
            "leading order: a point has no spread over the bins, so it has no error to weight it with"
        )
    # radii of one shell agree to rounding only
    unique, member = np.unique(np.round(r.numpy(), 9), return_inverse=True)
    total = np.bincount(member, weights.numpy())
    means = [np.bincount(member, (v * weights).numpy()) / total for v in potential]
    return unique, np.array(means), total
