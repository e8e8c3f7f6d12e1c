"""How many directions of U the data hold above their noise."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from hadronlab.data.diagnostics import (
    RELATIVE_FLOOR,
    SIGNAL_TO_NOISE,
    effective_rank,
    signal_to_noise,
    source_independence,
)
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results

INDEPENDENT = 0.05
"""of `source_independence`: two sources in one of two channels have 0.01, one in each 0.1 to 0.8"""


class EffectiveRank(PotentialObservable):
    """`effective_rank`, `singular_values` and `singular_values_noise`, with a warning where the rank is one; of coupled
    channels `source_independence`, with a warning where the sources do not tell these apart.
    """

    sees_channels: ClassVar[bool] = True

    def observe(self, learned: LearnedPotential) -> Results:
        data = learned.data
        if not data.labels:
            return Results()
        rank = effective_rank(data)
        floor = SIGNAL_TO_NOISE if data.n_bins else RELATIVE_FLOOR
        values = signal_to_noise(data).numpy()
        result = Results(
            {
                "singular_values": Estimate(values),
                "singular_values_noise": Estimate(np.full_like(values, floor)),
                "effective_rank": Estimate(rank),
            }
        )
        if rank == 1 and (learned.models[0].has_nonlocal or not data.channels):
            result.warnings.append(
                "effective rank 1: the data hold one direction, so the phase shifts of the full U are not determined, "
                "and V_theta agreeing with V_LO is no evidence; add a second source or other times"
            )
        model = learned.models[0]
        if data.channels and model.sources_needed > 1:
            independence = source_independence(data)
            result.estimates["source_independence"] = Estimate(independence)
            if independence < INDEPENDENT:
                result.warnings.append(
                    f"the sources hardly tell the channels apart (source_independence = {independence:.2g}, below {INDEPENDENT:g}): "
                    "use sources that start in every channel"
                )
        return result
