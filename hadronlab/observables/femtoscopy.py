"""C(k) of the learned potential for given sources: what a measurement of momentum correlations would see."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from hadronlab.data.correlations.correlation_data import CorrelationData
from hadronlab.data.correlations.measurement import Measurement, measurements
from hadronlab.errors import ConfigError, HadronlabError
from hadronlab.estimates.estimate import Estimate
from hadronlab.losses.feed_down import Residual
from hadronlab.losses.measured_correlation import MeasuredCorrelation
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results
from hadronlab.physics.constants import HBAR_C
from hadronlab.physics.femtoscopy.background import hidden_below
from hadronlab.physics.femtoscopy.koonin_pratt import KooninPratt
from hadronlab.physics.femtoscopy.lednicky import Lednicky, threshold_amplitude
from hadronlab.physics.femtoscopy.measurement import measured, response
from hadronlab.physics.femtoscopy.sources import Gaussian, Source
from hadronlab.physics.femtoscopy.unmeasured import bracket

NO_SUBSTITUTE = 0.05  # of C: where Lednický and Lyuboshits miss more, it is told


class Femtoscopy(PotentialObservable):
    """`correlation`, a row a source, on `correlation_k`, with the charges, spins and statistics of the system.

    `correlation_lednicky`: the formula of Lednický and Lyuboshits with the learned 1/a0 and r_eff, from the same sources.
    `correlation_low`, `correlation_high`: between no force, a hard wall and a black disc in S waves of other total spins,
    which `correlation` takes as free; only where the pair has some. `correlation_derivative`: δC/δV(r), MeV⁻¹ fm⁻¹, on
    `correlation_derivative_r`, a row a source and momentum. Beside `data` stand `compared_k`, `compared_correlation`,
    `compared_error`, and `compared_chi2` of every source; nothing is fitted to them.

    Lengths are in fm and momenta in MeV/c, of the separable toy in 1/μ and μ. Momenta above task.k_max are left out.

    Args:
        radii: R of Gaussian sources. sources: others, by name.
        k: [first, last]. points: how many. width: of bins around them; None: C at the momenta themselves.
        genuine: λ of 1 + λ (C − 1). normalisation, slope, curvature: N (1 + b1 k + b2 k²), b1 in fm, b2 in fm².
        residuals: contributions of decays by name. resolution: of k, one standard deviation.
        unmeasured_radius: of the wall and the disc.
        derivative_at: momenta of `correlation_derivative`; None: none.
        data: a measured C(k) to compare with.
    """

    def __init__(
        self,
        radii: Sequence[float] = (1.0, 1.5, 2.5),
        sources: Mapping[str, Source] | None = None,
        k: Sequence[float] = (5.0, 300.0),
        points: int = 60,
        width: float | None = None,
        genuine: float = 1.0,
        normalisation: float = 1.0,
        slope: float = 0.0,
        curvature: float = 0.0,
        residuals: Mapping[str, Residual] | None = None,
        resolution: float = 0.0,
        unmeasured_radius: float = 2.0,
        derivative_at: Sequence[float] | None = None,
        data: Measurement | None = None,
    ) -> None:
        if len(k) != 2 or not 0 < k[0] < k[1] or points < 2:
            raise ConfigError(
                f"femtoscopy: k={list(k)} MeV/c and points={points}: give [first, last] above zero, and 2 or more"
            )
        for name, at_least in (("width", width), ("resolution", resolution)):
            if at_least is not None and not at_least >= 0:
                raise ConfigError(f"femtoscopy: {name}={at_least} MeV/c must not be negative")
        spacing = (k[1] - k[0]) / (points - 1)
        if width is not None and width > spacing:
            raise ConfigError(
                f"femtoscopy: width={width:g} MeV/c: bins of momenta that are {spacing:g} MeV/c apart would overlap"
            )
        if not unmeasured_radius > 0 or any(not q > 0 for q in derivative_at or ()):
            raise ConfigError("femtoscopy: unmeasured_radius and the momenta derivative_at must be positive")
        self.radii, self.sources = tuple(radii), dict(sources or {})
        if not (self.radii or self.sources):
            raise ConfigError("femtoscopy: give radii or sources")
        for source in (*map(Gaussian, self.radii), *self.sources.values()):
            source.density(
                torch.ones(1, dtype=torch.float64)
            )  # says now what it would say after the training
        self.momenta = torch.linspace(k[0], k[1], points, dtype=torch.float64)
        self.width, self.resolution, self.wall = width or None, resolution, unmeasured_radius
        self.genuine, self.normalisation, self.baseline = genuine, normalisation, (slope, curvature)
        self.residuals = copy.deepcopy(dict(residuals or {}))
        self.derivative_at, self.data = tuple(derivative_at or ()), data

    def observe(self, learned: LearnedPotential) -> Results:
        """A potential that has no C(k) at these momenta has a warning that says why."""
        limit = learned.k_max * learned.pair.hbar_c * (1 + 1e-9)
        k = self.momenta[self.momenta <= limit]
        at = [q for q in self.derivative_at if q <= limit]
        result = Results()
        if len(k) < len(self.momenta) or len(at) < len(self.derivative_at):
            unit = " MeV/c" if learned.length else " μ"
            result.warnings.append(
                f"femtoscopy: no C(k) above {limit:.4g}{unit}, which is task.k_max, beyond which nothing is quoted"
            )
        if len(k) < 2:
            return result
        try:
            result.add(self._correlation(learned, k))
            if at:
                result.add(self._derivative(learned, at))
            if self.data is not None:
                first, *others = measurements(self.data, learned.pair)
                if others:
                    raise ConfigError(f"data holds {1 + len(others)} measurements: give one to compare with")
                result.add(self._compared(learned, first))
        except HadronlabError as error:
            result.warnings.append(f"femtoscopy: no C(k): {error}")
        return result

    def named(self, length: str) -> dict[str, Source]:
        """All sources by name."""
        return {f"R = {R:g} {length}".strip(): Gaussian(R) for R in self.radii} | self.sources

    def _correlation(self, learned: LearnedPotential, momenta: Tensor) -> Results:
        solved, pair, weights = learned.charged, learned.pair, learned.pair.weights
        sources, own = self.named(learned.length), weights.change[pair.channel_spin]
        k, edges = momenta / pair.hbar_c, None
        if self.width:
            half = 0.5 * self.width / pair.hbar_c
            edges = torch.stack([(k - half).clamp(min=0.0), k + half], 1)
        seen = response(k, edges, self.resolution / pair.hbar_c, hidden_below(solved.bohr))
        reach = self._reach(learned)
        for residual in self.residuals.values():
            residual.prepare(k, edges, reach)
        waves = KooninPratt(solved.mesh, solved.kinetic, seen.k, solved.bohr, reach=reach)
        formula, r_eff = Lednicky(seen.k, solved.bohr, reach=reach), solved.effective_range()
        amplitude = threshold_amplitude(seen.k, 1.0 / solved.scattering_length(), r_eff, solved.bohr)
        found: dict[str, list[Tensor]] = {name: [] for name in ("", "_lednicky", "_low", "_high")}
        for source in sources.values():
            density = source.density
            residuals = [(one.share, one(density)) for one in self.residuals.values()]
            free, change = weights(*waves.background(density), {}), own * waves.change(solved, density)
            low, high = bracket(weights, pair.channel_spin, seen.k, source, self.wall, solved.bohr)
            by_formula = own * formula.change(amplitude, r_eff, density)
            of_all = (change, by_formula, change[0] + low, change[0] + high)
            for name, each in zip(found, of_all, strict=True):
                C = measured(k, seen(free + each), self.genuine, residuals, self.normalisation, self.baseline)
                found[name].append(C)
        rows, result = tuple(sources), Results()
        result.estimates["correlation_k"] = Estimate(momenta.numpy(), "MeV/c" if learned.length else "")
        C, beside = (torch.stack(found[name], 1) for name in ("", "_lednicky"))
        result.estimates["correlation"] = learned.estimate(C, rows=rows)
        if bool(beside[0].isfinite().all()):
            result.estimates["correlation_lednicky"] = learned.estimate(beside, rows=rows)
            result.warnings += _no_substitute(rows, C[0], beside[0])
        others = [f"{S:g}" for S in weights.change if pair.channel_spin != S]
        if others:
            for name in ("_low", "_high"):
                result.estimates[f"correlation{name}"] = Estimate(torch.stack(found[name]).numpy(), rows=rows)
            result.warnings.append(
                f"the force of total spin {', '.join(others)} is not known: correlation has none there, and lies between "
                "correlation_low and correlation_high with a hard wall or a black disc"
            )
        return result

    def _reach(self, learned: LearnedPotential) -> float:
        return max(learned.rmatrix.radius, *(source.reach for source in self.named("").values()))

    def _derivative(self, learned: LearnedPotential, momenta: Sequence[float]) -> Results:
        """∂C/∂V(r_i)/dr_i of the central potential, as rows of (source, momentum)."""
        pair, solved, sources = learned.pair, learned.charged, self.named(learned.length)
        mesh = solved.mesh
        one = replace(solved, poles=solved.poles[0], edge=solved.edge[0], modes=solved.modes[0])
        k = torch.tensor(momenta, dtype=torch.float64) / pair.hbar_c
        waves = KooninPratt(mesh, solved.kinetic, k, solved.bohr, reach=self._reach(learned))
        size = measured(k, torch.ones_like(k), 1.0, (), self.normalisation, self.baseline)
        size = size * self.genuine * pair.weights.change[pair.channel_spin]
        found = []
        for source in sources.values():
            x, adjoint = waves.slopes(one, source.density)
            found.append(-size.unsqueeze(-1) * adjoint * x / mesh.dr)
        momentum, unit = ("MeV/c", "MeV⁻¹ fm⁻¹") if learned.length else ("", "")
        rows = tuple(f"{name}, k = {q:g} {momentum}".strip() for name in sources for q in momenta)
        return Results(
            {
                "correlation_derivative_r": Estimate(mesh.r.numpy(), learned.length),
                "correlation_derivative": Estimate(torch.cat(found).numpy(), unit, rows=rows),
            }
        )

    def _compared(self, learned: LearnedPotential, data: CorrelationData) -> Results:
        """χ² of the measured C(k), in its bins and with its whole covariance, from every source."""
        solved, pair = learned.charged, learned.pair
        numbers = {"genuine": self.genuine, "normalisation": self.normalisation}
        numbers |= dict(zip(("slope", "curvature"), self.baseline, strict=True))
        numbers |= {name: residual.share for name, residual in self.residuals.items()}
        sources, chi2 = self.named(learned.length), []
        for source in sources.values():
            residuals = copy.deepcopy(self.residuals)
            curve = MeasuredCorrelation(
                data, pair, solved, source, numbers, residuals, self.resolution / HBAR_C
            )
            off = (curve.predicted(solved, {}) - data.value) @ data.whitening.T
            chi2.append(off.square().sum(-1))
        return Results(
            {
                "compared_k": Estimate(data.momentum.numpy(), "MeV/c"),
                "compared_correlation": Estimate(data.value.numpy()),
                "compared_error": Estimate(data.covariance.diagonal().sqrt().numpy()),
                "compared_chi2": Estimate(torch.stack(chi2, -1)[0].numpy(), rows=tuple(sources)),
            }
        )


def _no_substitute(rows: Sequence[str], C: Tensor, formula: Tensor) -> list[str]:
    """A word on the sources, (S, M), for which the formula is none."""
    missed = ((formula - C) / C.abs().clamp(min=1.0)).abs().amax(-1)
    told = [
        f"{row} by {off:.0%}" for row, off in zip(rows, missed.tolist(), strict=True) if off > NO_SUBSTITUTE
    ]
    return [f"Lednický–Lyuboshits is no substitute here: it misses C(k) of {', '.join(told)}"] if told else []
