"""What the data can say of U: how many directions they hold above their noise, and whether a Hermitian U fits them."""

from __future__ import annotations

import numpy as np
import torch

from hadronlab.data.diagnostics import (
    RELATIVE_FLOOR,
    SIGNAL_TO_NOISE,
    effective_rank,
    hermiticity,
    signal_to_noise,
)
from hadronlab.data.wave_data import WaveData
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.interpolation import interpolated
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.phase_shifts import fold
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results


class EffectiveRank(PotentialObservable):
    """`effective_rank`, `singular_values` and `singular_values_noise`, with a warning where the rank is one."""

    def observe(self, learned: LearnedPotential) -> Results:
        rank, data = effective_rank(learned.data), learned.data
        floor = SIGNAL_TO_NOISE if data.n_bins else RELATIVE_FLOOR
        values = signal_to_noise(data).numpy()
        result = Results(
            {
                "singular_values": Estimate(values),
                "singular_values_noise": Estimate(np.full_like(values, floor)),
                "effective_rank": Estimate(rank),
            }
        )
        if rank == 1:
            result.warnings.append(
                "effective rank 1: the data hold one direction, so the phase shifts of the full U are not determined, "
                "and V_theta agreeing with V_LO is no evidence; add a second source or other times"
            )
        return result


class Hermiticity(PotentialObservable):
    """`hermiticity`, ⟨a|K|b⟩ − ⟨b|K|a⟩ of the first two sources: zero for a Hermitian potential."""

    def observe(self, learned: LearnedPotential) -> Results:
        data = learned.data
        sources = list(dict.fromkeys(data.sources))
        if len(sources) < 2:
            return Results()
        first, second = (data.sources.index(source) for source in sources[:2])
        found = learned.estimate(hermiticity(data, first, second), learned.energy)
        result = Results({"hermiticity": found})
        if found.error and abs(found.value) > 3 * found.error:
            result.warnings.append(
                f"{data.labels[first]} and {data.labels[second]} break Hermiticity by {abs(found.value) / found.error:.1f} "
                "standard deviations: no symmetric potential stands behind both; look at excited states and at the "
                "lattice spacing"
            )
        return result


class TimeSpread(PotentialObservable):
    """`time_spread.<source>`: largest difference of the V_LO phase shifts of one source between its times, deg."""

    def observe(self, learned: LearnedPotential) -> Results:
        data, rows, result = learned.data, learned.data.rows, Results()
        V = data.leading_order()[:1]
        for source in dict.fromkeys(data.sources):
            waves = _waves_at_times(data, source)
            if len(waves) > 1:
                on_mesh = [interpolated(data.r[rows], V[:, i][:, rows])(learned.rmatrix.r) for i in waves]
                delta = learned.rmatrix.solve(None, torch.cat(on_mesh)).phase_shifts(learned.k)
                spread = torch.rad2deg(fold(delta - delta[0]).abs().max())
                result.estimates[f"time_spread.{source}"] = Estimate(float(spread), "deg")
        return result


class Loss(PotentialObservable):
    """`loss_final`, and `loss_zero_potential` of U = 0."""

    def observe(self, learned: LearnedPotential) -> Results:
        found = {"loss_final": learned.loss, "loss_zero_potential": learned.loss_zero}
        return Results({name: Estimate(value) for name, value in found.items()})


def _waves_at_times(data: WaveData, source: str) -> list[int]:
    return [
        i
        for i, (s, t) in enumerate(zip(data.sources, data.times, strict=True))
        if s == source and t is not None
    ]
