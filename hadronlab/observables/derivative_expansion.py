"""V0 and V2 of the next order of the velocity expansion, where there are two sources."""

from __future__ import annotations

from hadronlab.errors import HadronlabError
from hadronlab.observables.learned_potential import EXPANSIONS, LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results
from hadronlab.physics.scattering.derivative_expansion import next_to_leading_order


class DerivativeExpansion(PotentialObservable):
    """`V0_expansion`, `V2_expansion` of V0 + ½{V2, ∇²}, `…_expansion_non_hermitian` of V0 + V2∇², and `V0_points`,
    `V2_points`, the latter solved radius by radius. Their phase shifts are with those of the other potentials.
    """

    def observe(self, learned: LearnedPotential) -> Results:
        result, data = Results(), learned.data
        if not learned.has_expansion:
            return result
        assert data.laplacian is not None
        units = {"V0": learned.energy, "V2": f"{learned.energy} fm²"}
        points = next_to_leading_order(data.lhs, data.amplitude, data.laplacian)
        for (order, unit), values in zip(units.items(), points, strict=True):
            result.estimates[f"{order}_points"] = learned.estimate(values, unit)
        for kind in EXPANSIONS:
            expansion = learned.expansion(kind)
            result.estimates[f"V0_{kind}"] = learned.estimate(expansion.V0(data.r), units["V0"])
            result.estimates[f"V2_{kind}"] = learned.estimate(expansion.V2(data.r), units["V2"])
            try:
                learned.solved(kind)
            except HadronlabError as error:
                result.warnings.append(f"no phase shifts of the derivative expansion ({kind}): {error}")
        return result
