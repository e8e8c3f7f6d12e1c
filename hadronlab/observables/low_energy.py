"""Scattering length, effective range and bound state of every potential whose scattering is known."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.learned_potential import LearnedPotential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results
from hadronlab.physics.scattering.coupled_resolvent import CoupledResolvent
from hadronlab.physics.scattering.rmatrix import Resolvent

COULOMB = "coulomb"
SMALL = 3.0  # errors: nearer to zero than that, the reciprocal runs through a pole


class LowEnergy(PotentialObservable):
    """`inverse_scattering_length`, `scattering_length`, `effective_range`, `binding_energy`, `rms_radius`.

    Those of the full U bear the plain names, others `<name>.<kind>`, and those of the full U with the Coulomb force of a
    charged pair `coulomb_<name>`, beside which the plain ones are said to be nuclear. Of 1/a0 and a0 one is regular where the
    other runs through a pole: 1/a0 near unitarity, a0 of a weak potential. The regular one has the error of its bins, the
    other an interval derived from it, or none.
    """

    sees_channels: ClassVar[bool] = True

    def observe(self, learned: LearnedPotential) -> Results:
        result = Results()
        if learned.data.channels:
            self._observe(learned, learned.coupled, "", result)
            return result
        for kind, solved in learned.solvable().items():
            self._observe(learned, solved, "" if kind == "nonlocal" else kind, result)
        if learned.pair.charge_product and learned.kinds:
            self._observe(learned, learned.charged, COULOMB, result)
        return result

    def _observe(
        self, learned: LearnedPotential, solved: Resolvent | CoupledResolvent, kind: str, result: Results
    ) -> None:
        a0 = solved.scattering_length()
        length = learned.estimate(a0, learned.length)
        inverse = learned.estimate(1.0 / a0, learned.momentum)
        if weak(length, inverse):
            inverse = length.reciprocal(learned.momentum)
        else:
            length = inverse.reciprocal(learned.length)
        energy, radius = ground_state(solved)
        found = {
            "inverse_scattering_length": inverse,
            "scattering_length": length,
            "effective_range": learned.estimate(solved.effective_range(), learned.length),
            "binding_energy": learned.estimate(-energy, learned.energy),
            "rms_radius": learned.estimate(radius, learned.length),
        }
        nuclear = "nuclear" if learned.pair.charge_product and not kind else ""
        result.estimates |= {
            named(name, kind): replace(estimate, name=nuclear)
            for name, estimate in found.items()
            if torch.isfinite(torch.tensor(estimate.value))
        }
        unbound, bins = int(torch.isnan(energy[1:]).sum()), len(energy) - 1
        if not torch.isnan(energy[0]) and unbound:
            result.warnings.append(
                f"no bound state in {unbound} of {bins} bins: the error of {named('binding_energy', kind)} is that of "
                "the others"
            )
        elif torch.isnan(energy[0]) and unbound < bins:
            result.warnings.append(
                f"no bound state{f' of {kind}' if kind else ''}, but in {bins - unbound} of {bins} bins there is one"
            )


def weak(length: Estimate, inverse: Estimate) -> bool:
    """Whether a0 stands nearer to zero, in its errors, than 1/a0, and within SMALL of them."""
    if not length.parts:
        return False
    ratio = abs(length.value) / length.error
    return bool(ratio < SMALL and ratio < abs(inverse.value) / inverse.error)


def ground_state(solved: Resolvent | CoupledResolvent) -> tuple[Tensor, Tensor]:
    """E < 0, from the lowest threshold, and √⟨r²⟩ of the deepest state, (…,) each; NaN where there is none."""
    bound = solved.bound_states()
    zero = solved.channels[solved.first].threshold if isinstance(solved, CoupledResolvent) else 0.0
    batch = solved.poles.shape[:-1]
    energies, radii = (x.reshape(*batch, -1) for x in (bound.energies, bound.rms_radius))
    if not energies.shape[-1]:
        nothing = energies.new_full(batch, torch.nan)
        return nothing, nothing
    return energies[..., 0] - zero, radii[..., 0]


def named(quantity: str, kind: str) -> str:
    """`scattering_length`, `scattering_length.local`, `coulomb_scattering_length`."""
    return f"{kind}_{quantity}" if kind == COULOMB else f"{quantity}.{kind}" if kind else quantity
