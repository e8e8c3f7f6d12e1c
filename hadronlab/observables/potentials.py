"""The learned potential itself: U(r,r'), its local part, its localised V_θ, and V_LO of the data beside it."""

from __future__ import annotations

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results


class Potentials(PotentialObservable):
    """`r`; `U` (r × r', ω included) and `V_0` where the model has them; `V_theta` and `V_lo` (a row a wave of lattice data)."""

    def observe(self, learned: LearnedPotential) -> Results:
        waves = tuple(learned.data.labels)
        found = {"r": Estimate(learned.r.numpy(), learned.length)}
        if learned.models[0].has_nonlocal:
            found["U"] = learned.estimate(learned.U, learned.kernel_unit)
        if waves:
            found["V_theta"] = learned.estimate(learned.V_theta, learned.energy, rows=waves)
            found["V_lo"] = learned.estimate(learned.data.leading_order(), learned.energy, rows=waves)
        if learned.V0 is not None:
            found["V_0"] = learned.estimate(learned.V0, learned.energy)
        return Results(found)
