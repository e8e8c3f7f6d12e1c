"""An observable of the inverse problem: a function of the learned potential, with the errors of its bins."""

from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results


class Volume(PotentialObservable):
    """`volume`: (∫ U d³r d³r')^(1/2), its sign kept; `profile`: ∫ U(r, r') d³r' on the radii of the data."""

    def observe(self, learned: LearnedPotential) -> Results:
        profile = learned.U @ learned.data.weight  # (1+B, N)
        volume = profile @ learned.data.weight
        return Results(
            {
                "volume": learned.estimate(volume.abs().sqrt() * volume.sign()),
                "profile": learned.estimate(profile, learned.energy),
            }
        )
