"""How far V_LO of one source differs between its times."""

from __future__ import annotations

import torch

from hadronlab.data.wave_data import WaveData
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.interpolation import interpolated
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.phase_shifts import fold
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results


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


def _waves_at_times(data: WaveData, source: str) -> list[int]:
    return [
        i
        for i, (s, t) in enumerate(zip(data.sources, data.times, strict=True))
        if s == source and t is not None
    ]
