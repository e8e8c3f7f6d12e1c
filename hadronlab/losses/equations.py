"""The data terms: residuals of the Schrödinger-type equation on the measured radii."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import jacfwd

from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError
from hadronlab.estimates.resampling import deviations
from hadronlab.losses.channels import local_on, local_slopes, nonlocal_on, nonlocal_slopes
from hadronlab.losses.loss import LinearLoss, Quantity
from hadronlab.losses.nuisances import Nuisance, Nuisances

FEW = 4  # bins whose errors are no weights


class Schrodinger(LinearLoss):
    """L_k = Σ_k Σ_r [(E_k − H0) φ_k(r) − V0(r) φ_k(r) − ∫ 4πr'² dr' U(r,r') φ_k(r')]².   [Wang, Eq. 4]

    Of C coupled channels φ has an axis of them before its radii, and V0 and U are matrices in them.
    """

    of_waves = True

    def __init__(self, data: WaveData, weight: float = 1.0) -> None:
        super().__init__(data.r, weight, data.bins, data.rows)
        self._in_words, self.several = data.in_words, bool(data.channels)
        self.lhs = nn.Buffer(data.lhs, persistent=False)  # (1+B, K, N)
        self.amplitude = nn.Buffer(data.amplitude, persistent=False)
        # with the quadrature weights in it, ∫dV' U φ is one matrix product
        self.source = nn.Buffer(data.amplitude * data.weight, persistent=False)

    @property
    def in_words(self) -> str:
        return self._in_words

    @property
    def factors(self) -> Tensor | None:
        """ζ (C,): with ζ_a φ_a in place of φ_a the matrix U is symmetric; None where it is so already."""
        return None

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """(…, K, [C,] n), in MeV × [amplitude]."""
        return self._left(U, V, rows, bin, self.factors)

    def _left(
        self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int, factors: Tensor | None
    ) -> Tensor:
        """lhs_a − Σ_b (V_ab + U_ab) φ_b ζ_b/ζ_a."""
        left, phi, source = self.lhs[bin][..., rows], self.amplitude[bin], self.source[bin]
        if factors is not None:
            left = left * factors[:, None]
            phi, source = phi * factors[:, None], source * factors[:, None]
        if V is not None:
            left = left - local_on(V.to(left.dtype), phi[..., rows], self.several)
        if U is not None:
            left = left - nonlocal_on(U.to(left.dtype), source, self.several)  # Eq. (4), Eq. (5)
        return left if factors is None else left / factors[:, None]

    def jacobian(self, dU: Tensor | None, dV: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """(K, [C,] n, P)."""
        total, factors = self.lhs.new_zeros(()), self.factors
        phi, source = self.amplitude[bin][..., rows], self.source[bin]
        if factors is not None:
            phi, source = phi * factors[:, None], source * factors[:, None]
        if dV is not None:
            total = total - local_slopes(dV, phi, self.several)
        if dU is not None:
            total = total - nonlocal_slopes(dU, source, self.several)
        return total if factors is None else total / factors[:, None, None]


class RCorrelator(Schrodinger):
    """L_t = Σ_t Σ_r {K R(t,r) − V0 R − ∫ 4πr'² dr' U(r,r') R(t,r')}² / σ²(t,r).   [Wang, Eq. 5]

    weighting: 'error' — σ = data.error (resampling error of K R − V_LO R), 'uniform' where the data have none;
    'uniform' — σ = rms of K R over the rows, one number a wave: U = 0 has a loss of the number of residuals;
    'volume' — the same over the root of the shell's volume: the norm of ∫ d³r, which is what phase shifts weigh by;
    'amplitude' — σ = |R| × 1 MeV, every radius counted by its potential;
    'covariance' — whitened with the resampling covariance of K R − V_LO R, shrunk by `shrinkage` towards
    its diagonal. (With 20 bins even a shrunk covariance makes the errors too small: prefer 'error'.)
    weight: a number, or 'effective': n_eff/n, for n correlated residuals say what n_eff independent ones would; beside
    another measurement they would otherwise drown it.
    z_factors: of coupled channels of different hadrons, the operators scale each by a number √Z that the two-point functions do
    not tell: "fit" takes them as nuisance parameters, which the symmetry of U determines, "held" leaves them at 1, "auto" fits
    where the channels differ in their masses.
    """

    def __init__(
        self,
        data: WaveData,
        weight: float | Literal["effective"] = 1.0,
        weighting: str = "error",
        shrinkage: float = 0.5,
        z_factors: Literal["auto", "fit", "held"] = "auto",
    ) -> None:
        super().__init__(data, effective_share(data) if isinstance(weight, str) else weight)
        choices = ("error", "uniform", "volume", "amplitude", "covariance")
        if weighting not in choices:
            raise ConfigError(f"weighting '{weighting}' of r_correlator: choose one of {', '.join(choices)}")
        if not 0.0 <= shrinkage <= 1.0:
            raise ConfigError(f"shrinkage = {shrinkage} of r_correlator: must lie in [0, 1]")
        if weighting == "error" and data.error is None:
            weighting = "uniform"
        if self.several and weighting in ("amplitude", "covariance"):
            raise ConfigError(
                f"weighting '{weighting}' of r_correlator is of one channel: choose error, uniform or volume"
            )
        used, phi = data.equation, data.amplitude[0]
        if weighting == "error" and data.error is not None:
            sigma = data.error
        elif weighting == "amplitude":
            sigma = phi.abs()
        else:
            sigma = data.uniform_error
        if weighting == "volume":
            sigma = sigma * (data.weight[used].mean() / data.weight).sqrt()
        if weighting != "covariance" and bool((sigma[..., used] <= 0).any()):
            raise ConfigError(
                f"weighting '{weighting}' of r_correlator: some errors are zero; choose 'uniform'"
            )
        self.inverse_sigma = nn.Buffer(torch.where(used, 1.0 / sigma, 0.0), persistent=False)
        whitening = _whitening(data, shrinkage) if weighting == "covariance" else None
        self.whitening = nn.Buffer(whitening, persistent=False) if whitening is not None else None
        self.weighting, self.coupled = weighting, whitening is not None
        self.effective_share = effective_share(data) if data.n_bins > 1 else 1.0
        differ = len({channel.masses for channel in data.channels}) > 1
        if (z_factors == "fit" and not self.several) or z_factors not in ("auto", "fit", "held"):
            raise ConfigError(
                f"z_factors '{z_factors}' of r_correlator: choose auto, held, or fit of several channels"
            )
        if z_factors == "fit" or (z_factors == "auto" and differ):
            self.nuisances = Nuisances(
                [Nuisance(f"z_ratio.{name}", 1.0, math.inf, positive=True) for name in data.names[1:]]
            )
            self.nuisance = nn.Parameter(data.r.new_zeros(len(self.nuisances)))

    @property
    def factors(self) -> Tensor | None:
        return None if self.nuisance is None else self.channel_factors(self.nuisance)

    def channel_factors(self, nuisance: Tensor) -> Tensor:
        """ζ (…, C) of nuisance parameters (…, m); that of the first channel is 1."""
        values = self.nuisances.values(nuisance).values()
        return torch.stack([torch.ones_like(nuisance[..., 0]), *values], -1)

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """(…, K, [C,] n), in units of σ."""
        return self._whitened(super().residual(U, V, rows, bin)[..., None], rows).squeeze(-1)

    def jacobian(self, dU: Tensor | None, dV: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """(K, [C,] n, P)."""
        return self._whitened(super().jacobian(dU, dV, rows, bin), rows)

    def nuisance_slopes(
        self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0
    ) -> Tensor | None:
        """∂residual/∂ν, (K C n, m)."""
        if self.nuisance is None:
            return None

        def residual(nuisance: Tensor) -> Tensor:
            left = self._left(U, V, rows, bin, self.channel_factors(nuisance))
            return self._whitened(left[..., None], rows).reshape(-1)

        slopes: Tensor = jacfwd(residual)(self.nuisance.detach())
        return slopes

    def quantities(self, U: Tensor | None, V: Tensor | None, nuisance: Tensor | None) -> dict[str, Quantity]:
        """χ² of the mean, of how many points, and as how many independent ones they count; of data with errors alone."""
        found = {}
        if self.nuisance is not None and nuisance is not None:
            found = {name: Quantity(values) for name, values in self.nuisances.values(nuisance).items()}
        if self.weighting != "error":
            return found
        at = None if U is None else U[:1][..., self.rows, :]
        local = None if V is None else V[:1][..., self.rows]
        chi2 = self.residual(at, local, self.rows).square().sum().reshape(1)
        count = float(self.lhs[0][..., self.rows].numel())
        return found | {
            "lattice_chi2": Quantity(chi2),
            "lattice_points": Quantity(torch.tensor([count])),
            "lattice_points_effective": Quantity(torch.tensor([count * self.effective_share])),
        }

    def remarks(self) -> list[str]:
        count = 0 if self.bins is None else self.bins.count
        if self.weighting != "error" or not 2 <= count < FEW:
            return []
        known = 100 / math.sqrt(2 * (count - 1))
        return [
            f"{count} bins tell errors to {known:.0f} % only, which makes poor weights: loss.r_correlator.weighting=volume does without"
        ]

    def _whitened(self, left: Tensor, rows: Tensor) -> Tensor:
        """(…, K, [C,] n, P) in units of σ."""
        if self.whitening is None:
            return left * self.inverse_sigma[..., rows, None]
        if len(rows) != self.whitening.shape[-1]:
            raise ConfigError("weighting 'covariance' couples the radii: it takes all rows at once")
        return self.whitening @ left


def effective_share(data: WaveData) -> float:
    """n_eff/n of the residuals, n_eff = (tr C)²/tr C², C their resampled correlation; ConfigError without bins."""
    if data.n_bins < 2:
        raise ConfigError(
            "weight 'effective' of r_correlator needs resampling bins in the data: give a number"
        )
    used = data.equation
    lhs, phi = data.lhs[..., used], data.amplitude[..., used]
    spread = deviations(lhs - lhs[0] * _explained(phi, bool(data.channels)), data.resampling).flatten(
        1
    )  # (B, n)
    spread = spread / spread.norm(dim=0)
    return spread.shape[1] / float((spread @ spread.T).square().sum())  # tr C = n


def _explained(phi: Tensor, several: bool) -> Tensor:
    """φ/φ of the mean; of channels φ·φ_mean/φ_mean², for a potential that explains the mean alone."""
    if not several:
        return phi / phi[0]
    return (phi * phi[0]).sum(-2, keepdim=True) / phi[0].square().sum(-2, keepdim=True)


def _whitening(data: WaveData, shrinkage: float) -> Tensor:
    """L⁻¹ of the Cholesky factor of the shrunk covariance over the equation rows, shape (K, n, n)."""
    if data.n_bins < 2:
        raise ConfigError("weighting 'covariance' needs resampling bins in the data: choose 'uniform'")
    used = data.equation
    lhs, phi = data.lhs[..., used], data.amplitude[..., used]
    # K R − V_LO R is what the fit has to explain
    spread = deviations(lhs - lhs[0] / phi[0] * phi, data.resampling)
    covariance = torch.einsum("bki,bkj->kij", spread, spread)
    diagonal = torch.diag_embed(covariance.diagonal(dim1=-2, dim2=-1))
    covariance = (1.0 - shrinkage) * covariance + shrinkage * diagonal
    factor, info = torch.linalg.cholesky_ex(covariance)
    if bool(info.any()):
        raise ConfigError(
            f"weighting 'covariance': {data.n_bins} bins leave the covariance of {int(used.sum())} radii singular; "
            "raise shrinkage (at most 1)"
        )
    return torch.linalg.solve_triangular(factor, torch.eye(factor.shape[-1], dtype=factor.dtype), upper=False)
