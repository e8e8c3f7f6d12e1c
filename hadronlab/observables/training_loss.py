"""What the training has minimised, beside what no potential would give."""

from __future__ import annotations

from typing import ClassVar

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results


class TrainingLoss(PotentialObservable):
    """`loss_final`, and `loss_zero_potential` of U = 0 where there is a potential."""

    sees_channels: ClassVar[bool] = True

    def observe(self, learned: LearnedPotential) -> Results:
        found = {"loss_final": learned.loss}
        if learned.kinds:  # there is a potential
            found["loss_zero_potential"] = learned.loss_zero
        return Results({name: Estimate(value) for name, value in found.items()})
