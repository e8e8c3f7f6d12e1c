"""What a learned potential says of a volume that it was not learned from, beside what was measured there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hadronlab.data.lattice import Derivatives, lattice_wave_data
from hadronlab.data.r_correlator import RCorrelator, read
from hadronlab.data.times import available_times
from hadronlab.data.wave_data import WaveData
from hadronlab.errors import ConfigError
from hadronlab.estimates.agreement import agreement
from hadronlab.estimates.ensembles import Bins
from hadronlab.estimates.estimate import Estimate
from hadronlab.losses.equations import Schrodinger
from hadronlab.observables.box_energy_shift import HIGHEST, levels_that_count
from hadronlab.observables.learned_box import forces
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results
from hadronlab.observables.volume_picture import draw_volume
from hadronlab.physics.constants import kinetic_constant
from hadronlab.physics.finite_volume.correlator import overlaps, sum_over_box
from hadronlab.physics.finite_volume.kinematics import energy_shift
from hadronlab.physics.finite_volume.periodic_box import PeriodicBox


class VolumePrediction(PotentialObservable):
    """Of the R-correlator at `path`, of which nothing was learned; numbers of all sources, and with `_SOURCE` of each:

    volume_KR_chi2, volume_KR_ratio: of K R, predicted as V0 R + ∫U R with the R of that volume;
    volume_C_chi2, volume_C_ratio: of C(t)/C(t0) − 1, C(t) = Σ_r R(t, r), predicted by the levels in that box from R at t0, the
    first of `times`; see `Agreement` for what χ² and ratio are.

    Arrays: volume_r, volume_V_predicted, volume_V_measured (a row a wave: K R/R), volume_KR_pull, volume_t,
    volume_C_predicted and volume_C_measured (a row a source: C(t)/C(t0)). The errors are those of the bins of both
    volumes, which are independent.

    sources, times: by default those that were learned from. time_order, laplacian, shell_width: as of data=lattice.
    """

    def __init__(
        self,
        path: str | Path,
        sources: Sequence[str] | None = None,
        times: Sequence[int] | None = None,
        time_order: int = 2,
        laplacian: str = "auto",
        shell_width: float | None = None,
    ) -> None:
        self.path = Path(os.path.expanduser(path))
        if not self.path.exists():
            raise ConfigError(
                f"observables.volume_prediction.path: {self.path}: no such file; give the R-correlator of the volume that was left out"
            )
        self.sources, self.times, self.shell_width = sources, times, shell_width
        self.derivatives = Derivatives(time_order, laplacian)

    def observe(self, learned: LearnedPotential) -> Results:
        correlator, result = read(self.path), Results()
        own = learned.data.correlator
        if own is not None and own.origin == correlator.origin:
            result.warnings.append(
                f"{self.path} is what the potential was learned from: it does not test a prediction"
            )
        data = self._left_out(learned, correlator)
        self._equation(learned, data, result)
        if correlator.site is not None:
            self._sum_over_box(learned, correlator, data, result)
        if "volume_KR_chi2" not in result.estimates:
            result.warnings.append(
                f"no χ² of the prediction of {self.path}: neither volume has resampling bins"
            )
        return result

    def _left_out(self, learned: LearnedPotential, correlator: RCorrelator) -> WaveData:
        """The equation in that volume, up to where the potential ends and to half the box, with bins of their own."""
        known, end = learned.data, float(learned.r[-1])
        sources = self.sources or [s for s in dict.fromkeys(known.sources) if s in correlator.values]
        held = available_times(correlator, self.derivatives.time_order)
        times = self.times or [t for t in dict.fromkeys(known.times) if t in held]
        half = 0.5 * (correlator.length or np.inf) * correlator.spacing_fm
        r_max = end if end < half else None
        found = lattice_wave_data(
            correlator, sources or None, times or None, r_max, self.derivatives, self.shell_width
        )
        taken = found.ensemble in learned.bins.ensembles
        return replace(found, ensemble=f"{found.ensemble}:{self.path.stem}") if taken else found

    @torch.no_grad()
    def _equation(self, learned: LearnedPotential, data: WaveData, result: Results) -> None:
        """K R beside V0 R + ∫U R."""
        equation, rows = Schrodinger(data), data.rows
        U, V = (None if x is None else x[:, rows] for x in learned.on(data.r))
        U0, V0 = (None if x is None else x[0] for x in (U, V))
        KR = data.lhs[..., rows]
        by_model = (KR[0] - equation.residual(U, V, rows)).expand(len(learned.models), *KR.shape[1:])
        by_data = torch.stack([KR[b] - equation.residual(U0, V0, rows, b) for b in range(len(KR))])
        predicted, measured = _estimate(learned, data, by_model, by_data), _estimate(learned, data, None, KR)
        pull = _compare("KR", measured, predicted, data.sources, result)
        R = data.amplitude[0][:, rows].numpy()
        for name, each in (("predicted", predicted), ("measured", measured)):
            result.estimates[f"volume_V_{name}"] = each.map(lambda x: x / R, learned.energy, rows=data.labels)
        result.estimates["volume_r"] = Estimate(data.r[rows].numpy(), learned.length)
        if pull is not None:
            result.estimates["volume_KR_pull"] = Estimate(pull, rows=data.labels)

    def _sum_over_box(
        self, learned: LearnedPotential, correlator: RCorrelator, data: WaveData, result: Results
    ) -> None:
        """C(t)/C(t0) − 1 of every source, from the levels on the lattice of that volume."""
        assert correlator.length is not None and correlator.site is not None
        first = min(t for t in data.times if t is not None)
        t = correlator.t[correlator.t >= first]
        unit, length = correlator.inverse_spacing, correlator.length
        box = PeriodicBox(
            length * correlator.spacing_fm, length, kinetic_constant(data.reduced_mass, data.hbar_c)
        )
        levels = box.levels(forces(box, learned), levels_that_count(box))
        shifts = energy_shift(levels.energies, (correlator.mass * unit, correlator.mass2 * unit))
        low = shifts[0] < HIGHEST
        shifts, states = shifts[:, low] / unit, levels.states[:, low]
        weight, orbits = np.sqrt(box.cube.multiplicity), np.argsort(box.cube.orbit(correlator.site))
        sources = tuple(dict.fromkeys(data.sources))
        R = np.stack([correlator.values[source][..., orbits] for source in sources], 1)[:, :, -len(t) :]

        def decays(C: np.ndarray) -> np.ndarray:
            return C[..., 1:] / C[..., :1] - 1.0

        def predicted_from(shift: np.ndarray, state: np.ndarray, start: np.ndarray) -> np.ndarray:
            return decays(sum_over_box(shift, overlaps(state, weight, start), t - first))

        by_model = predicted_from(shifts[:, None], states[:, None], R[0, :, 0])
        by_data = predicted_from(shifts[0], states[0], R[:, :, 0])
        measured = _estimate(learned, data, None, decays(R @ weight**2))
        predicted = _estimate(learned, data, by_model, by_data)
        _compare("C", measured, predicted, sources, result)
        result.estimates["volume_t"] = Estimate(t[1:].astype(float))
        for name, each in (("predicted", predicted), ("measured", measured)):
            result.estimates[f"volume_C_{name}"] = each.map(lambda x: 1.0 + x, rows=sources)

    def draw(self, results: Results, figure: Any) -> Any:
        """V = K R/R of both, and C(t)/C(t0)."""
        return draw_volume(results, figure)


def _estimate(
    learned: LearnedPotential, data: WaveData, by_model: Any, by_data: Tensor | np.ndarray
) -> Estimate:
    """Of values (1+B, …) in the bins of what was learned from (None: the same in all) and of what was left out."""
    parts = {} if by_model is None else learned.estimate(torch.as_tensor(by_model)).parts
    left_out = Bins([data.bins]).estimate(by_data)
    return replace(left_out, parts={**parts, **left_out.parts})


def _compare(
    name: str, measured: Estimate, predicted: Estimate, sources: Sequence[str], result: Results
) -> np.ndarray | None:
    """Adds χ² and the ratio, of all rows and of those of each source; the pulls of all, in the shape of the arrays."""
    names = list(dict.fromkeys(sources))
    pull = None
    for source in ["", *(names if len(names) > 1 else [])]:
        chosen = np.array([source in ("", own) for own in sources])
        found = agreement(_rows(measured, chosen), _rows(predicted, chosen))
        ending = f"_{source}" if source else ""
        result.estimates[f"volume_{name}_ratio{ending}"] = found.ratio
        if found.chi2 is not None and found.pull is not None:
            result.estimates[f"volume_{name}_chi2{ending}"] = found.chi2
            pull = pull if source else found.pull.reshape(measured.value.shape)
    return pull


def _rows(estimate: Estimate, chosen: np.ndarray) -> Estimate:
    """Of some rows of an array, in one row."""
    return estimate.map(lambda x: x[chosen].ravel())
