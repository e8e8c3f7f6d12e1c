"""The data term of colliders: residuals of measured momentum correlations C(k), and priors of their nuisance parameters."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from hadronlab.data.correlations.correlation_data import total_covariance
from hadronlab.data.correlations.measurement import Measurement, measurements
from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError
from hadronlab.estimates.ensembles import Ensemble
from hadronlab.estimates.streams import stream_seed
from hadronlab.losses.curve_nuisances import nuisances_of
from hadronlab.losses.feed_down import Residual
from hadronlab.losses.loss import Loss, Quantity, ResidualSlopes
from hadronlab.losses.measured_correlation import MeasuredCorrelation
from hadronlab.losses.wave import Wave
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.femtoscopy.sources import Source, one_each, parameters
from hadronlab.physics.scattering.hadronic_mesh import scattering_mesh
from hadronlab.physics.scattering.rmatrix import Resolvent
from hadronlab.systems.hadrons import HadronPair


class Correlation(Loss):
    """χ² of measured C(k) = N (1 + b1 k + b2 k²) [1 + λ (C − 1) + …], C by Koonin and Pratt from U and V0.

    waves: their last radius is where the potential ends. data: one measurement or several; source: of all, or one for each.
    genuine: λ, the share of genuine pairs; normalisation: N; slope, curvature: b1, b2 in fm, fm². residuals: contributions
    of other pairs by name, see `FeedDown`, `GaussianResidual`. wave: what makes the S wave, by default the potential, see
    `EffectiveRange`. resolution: of k, σ in MeV/c.
    priors: how well each of these, each parameter of the source and of the wave, the share of each residual (by its name) and
    its numbers (<name>_<number>) is known: the relative (of one that is nominally zero: absolute) width of its prior; 0
    holds it, infinity leaves it free. What is not named is held. pseudo_experiments: how many resample the data.
    """

    def __init__(
        self,
        waves: WaveData,
        pair: HadronPair,
        data: Measurement | Sequence[Measurement],
        source: Source | Sequence[Source],
        genuine: float = 1.0,
        normalisation: float = 1.0,
        slope: float = 0.0,
        curvature: float = 0.0,
        residuals: Mapping[str, Residual] | None = None,
        wave: Wave | None = None,
        resolution: float = 0.0,
        priors: Mapping[str, float | None] | None = None,
        pseudo_experiments: int = 20,
        seed: int = 0,
        weight: float = 1.0,
    ) -> None:
        if not (0.0 <= genuine <= 1.0 and normalisation > 0.0):
            raise ConfigError(
                f"loss.correlation: genuine={genuine} is a share of pairs, from 0 to 1, and normalisation={normalisation} is above 0"
            )
        measured = measurements(data, pair)
        if not measured:
            raise ConfigError(
                "loss.correlation.data holds no measurement: give data.path=mine.csv, or several"
            )
        k_max = max(float(one.k.max()) for one in measured)
        rmatrix = scattering_mesh(
            float(waves.r[-1]), waves.reduced_mass, waves.hbar_c, k_max, pair.charge_product
        )
        super().__init__(rmatrix.r, weight, Ensemble("femtoscopy", "bootstrap", pseudo_experiments))
        self.rmatrix, self.seed = rmatrix, seed
        self._last: tuple[Tensor, Resolvent] | None = None
        sources = one_each(source)
        sources = sources * len(measured) if len(sources) == 1 else sources
        if len(sources) != len(measured):
            raise ConfigError(
                f"loss.correlation: {len(sources)} sources for {len(measured)} measurements: give one, or one for each"
            )
        numbers = {"genuine": genuine, "normalisation": normalisation, "slope": slope, "curvature": curvature}
        self.curves = [
            MeasuredCorrelation(
                one, pair, rmatrix, emitter, numbers, copy.deepcopy(dict(residuals or {})), resolution / HBAR_C,
                copy.deepcopy(wave),
            )
            for one, emitter in zip(measured, sources, strict=True)
        ]  # fmt: skip
        self.nuisances, self._own = nuisances_of(self.curves, dict(priors or {}))
        if len(self.nuisances):
            self.nuisance = nn.Parameter(torch.zeros(len(self.nuisances), dtype=torch.float64))
        self._resample(pseudo_experiments)

    def _resample(self, count: int) -> None:
        """Pseudo-experiments: values drawn around the measured ones, and priors around their centres."""
        generator = torch.Generator().manual_seed(stream_seed(self.seed, "pseudo_experiments"))
        values = []
        for curve in self.curves:
            noise = torch.randn(count, len(curve.data.k), generator=generator, dtype=torch.float64)
            drawn = curve.data.value + noise @ torch.linalg.cholesky(curve.data.covariance).T
            values.append(torch.cat([curve.data.value[None], drawn]))
        centre = torch.randn(count, len(self.nuisances.known), generator=generator, dtype=torch.float64)
        self._values = values
        self._centre = nn.functional.pad(centre, (0, 0, 1, 0))

    def values(self, nu: Tensor | None, curve: int) -> dict[str, Tensor]:
        """What the nuisance parameters ν (…, m) make of the source and the measurement of one curve."""
        if nu is None:
            return {}
        known = self.nuisances.values(nu)
        return {name: known[full] for name, full in self._own[curve].items()}

    def hamiltonian(self, U: Tensor | None, V: Tensor | None) -> Tensor:
        """H + L on the mesh, (…, N, N); U may end before the mesh does."""
        if (U is not None or V is not None) and self.curves[0].wave.numbers:
            raise ConfigError("loss.correlation.wave asks no potential: choose model=free, which has none")
        if U is not None and U.shape[-1] < len(self.rmatrix.r):
            U = nn.functional.pad(U, (0, len(self.rmatrix.r) - U.shape[-1]))
        return self.rmatrix.hamiltonian(U, V)

    def resolvent(self, hamiltonian: Tensor) -> Resolvent:
        """Of H + L; that of the last one is kept, for where only ν or the bin are others."""
        if self._last is None or not torch.equal(self._last[0], hamiltonian):
            self._last = hamiltonian, self.rmatrix.diagonalise(hamiltonian)
        return self._last[1]

    def residual(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> Tensor:
        """(E,): of every curve in units of its errors, then of the priors."""
        H = self.hamiltonian(U, V)
        return self._residual(self.resolvent(H.detach()), self.nuisance, bin, H).to(self.r)

    def _residual(
        self, resolvent: Resolvent, nu: Tensor | None, bin: int, hamiltonian: Tensor | None = None
    ) -> Tensor:
        parts = []
        for index, curve in enumerate(self.curves):
            values = self.values(nu, index)
            C = curve.predicted(resolvent, values, hamiltonian)
            parts.append(curve.data.whitening @ (C - self._values[index][bin]))
        if nu is not None:
            parts.append(self.nuisances.residual(nu, self._centre[bin]))
        return torch.cat(parts)

    def slopes(self, U: Tensor | None, V: Tensor | None, rows: Tensor, bin: int = 0) -> ResidualSlopes:
        """By the adjoint: ∂Δ_k/∂H = −λ_k x_kᵀ, never through eigenvectors   [G7]."""
        resolvent = self.resolvent(self.hamiltonian(U, V).detach())
        by_U: list[Tensor] = []
        by_V: list[Tensor] = []
        for index, curve in enumerate(self.curves):
            values = self.values(self.nuisance, index)
            x, adjoint = curve.wave.slopes(curve.density(values), resolvent)
            by_change = curve.data.whitening @ curve.slope(values)  # (n, M)
            if V is not None:
                by_V.append(-by_change @ (adjoint * x))
            if U is not None:
                root = self.rmatrix.weight.sqrt()
                by_H = -(adjoint.mT @ (by_change.unsqueeze(-1) * x))  # (n, N, N)
                by_U.append((0.5 * (by_H + by_H.mT) * root.unsqueeze(-1) * root)[..., : U.shape[-1]])
        residual, by_nuisance = self._by_nuisance(resolvent, bin)
        priors = len(self.nuisances.known)  # they know nothing of the potential
        return ResidualSlopes(
            residual.to(self.r),
            nn.functional.pad(torch.cat(by_U), (0, 0, 0, 0, 0, priors)).to(self.r) if by_U else None,
            nn.functional.pad(torch.cat(by_V), (0, 0, 0, priors)).to(self.r) if by_V else None,
            by_nuisance,
        )

    @torch.enable_grad()
    def _by_nuisance(self, resolvent: Resolvent, bin: int) -> tuple[Tensor, Tensor | None]:
        """The residuals (E,) and ∂/∂ν (E, m)."""
        if self.nuisance is None:
            return self._residual(resolvent, None, bin), None
        nu = self.nuisance.detach().requires_grad_()
        residual = self._residual(resolvent, nu, bin)
        every = torch.eye(len(residual)).to(residual)
        (found,) = torch.autograd.grad(residual, nu, every, is_grads_batched=True)
        return residual.detach(), found

    def quantities(self, U: Tensor | None, V: Tensor | None, nuisance: Tensor | None) -> dict[str, Quantity]:
        """The nuisance parameters; of every curve its χ², the data and the prediction beside them."""
        resolvent = self.resolvent(self.hamiltonian(U, V))
        found: dict[str, Quantity] = {}
        if nuisance is not None:
            values = self.nuisances.values(nuisance)
            found |= {one.name: Quantity(values[one.name], one.unit) for one in self.nuisances.each}
        chi2, count = torch.zeros(()), 0
        for index, curve in enumerate(self.curves):
            own, data = self.values(nuisance, index), curve.data
            predicted = curve.predicted(resolvent, own)
            tag = f".{data.label}" if len(self.curves) > 1 else ""
            off = (predicted[:1] - data.value) @ data.whitening.T
            chi2, count = chi2 + off.square().sum(-1), count + len(data.k)
            found |= {
                f"measured_k{tag}": Quantity(data.momentum[None], "MeV/c"),
                f"measured_correlation{tag}": Quantity(data.value[None]),
                f"measured_error{tag}": Quantity(data.covariance.diagonal().sqrt()[None]),
                f"fitted_correlation{tag}": Quantity(predicted),
            }
        found["correlation_chi2"] = Quantity(chi2)
        found["correlation_points"] = Quantity(torch.tensor([float(count)]))
        return found

    def with_systematic(self) -> Loss:
        """With the systematic errors that the data have and this one leaves out, in squares."""
        totals = [
            total_covariance(each.data.error, each.data.systematic, "uncorrelated") for each in self.curves
        ]
        known = [each.data.covariance.diagonal() for each in self.curves]
        if all(
            bool((total.diagonal() <= (1 + 1e-9) * own).all())
            for total, own in zip(totals, known, strict=True)
        ):
            return self
        found = copy.deepcopy(self)
        for curve, total in zip(found.curves, totals, strict=True):
            curve.data = replace(curve.data, covariance=total)
        found._resample(0 if self.bins is None else self.bins.count)
        return found

    def remarks(self) -> list[str]:
        fitted = {name for own in self._own for name in own}
        held = [name for name in (*parameters(self.curves[0].source), "genuine") if name not in fitted]
        if not held:
            return []
        return [
            f"loss.correlation holds {' and '.join(held)} fixed: what is not known of them is in no error, and a radius 10 % off "
            "moves 1/a0 by more than its error"
        ]

    @property
    def in_words(self) -> str:
        """What is measured, in one line."""
        return ", ".join(f"{curve.data.label}: {len(curve.data.k)} points" for curve in self.curves)
