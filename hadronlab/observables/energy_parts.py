"""The parts of an energy: kinetic, potential by its terms, and the virial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.levels import Levels
from hadronlab.observables.protocols import SampleObservable
from hadronlab.observables.results import Results
from hadronlab.observables.samples import Evaluation, Samples
from hadronlab.physics.few_body.gaussians.expectations import energy_parts, virial_residuals
from hadronlab.systems.few_body import FewBodySystem


class EnergyParts(SampleObservable):
    """`kinetic_energy`, `potential_energy`, `potential.<term>`, and `virial_residual` = 2T − r·∇V, zero in an
    eigenstate; all without rest masses. The kinetic energy has the `contact` of the energy, so that both parts add up to it.
    """

    def measure(self, samples: Samples) -> Mapping[str, Tensor]:
        local, system = samples.local, samples.system
        found = {"kinetic_energy": local.kinetic + samples.contact, "potential_energy": local.potential}
        for name, part in potential_parts(system).items():
            found[f"potential.{name}"] = expectation(part, local.distances, samples.psi)
        found["virial_residual"] = 2 * local.kinetic - virial(system, local.distances, samples.psi)
        return {name: values * system.to_unit for name, values in found.items()}

    def conclude(self, means: Mapping[str, Estimate], evaluation: Evaluation) -> Results:
        names = ["kinetic_energy", "potential_energy"]
        names += [*(f"potential.{name}" for name in potential_parts(evaluation.system)), "virial_residual"]
        unit = evaluation.system.energy_unit
        return Results({name: replace(means[name], unit=unit) for name in names})

    def of_levels(self, levels: Levels) -> Results:
        system, found = levels.system, levels.found
        parts = {name: float(values[0]) for name, values in energy_parts(system, found).items()}
        values = {"kinetic_energy": parts.pop("kinetic"), "potential_energy": sum(parts.values())}
        values |= {f"potential.{name}": value for name, value in parts.items()}
        values["virial_residual"] = float(virial_residuals(system, found)[0])
        unit = system.energy_unit
        return Results({name: Estimate(value * system.to_unit, unit) for name, value in values.items()})


def potential_parts(system: FewBodySystem) -> dict[str, FewBodySystem]:
    """The system with one term of its potential at a time, by the term's name."""
    return {name: replace(system, interaction=term) for name, term in system.interaction.terms().items()}


def expectation(system: FewBodySystem, distances: Tensor, psi: Tensor) -> Tensor:
    """Σ_αβ ψ_α V_αβ ψ_β / Σ ψ², (batch,), internal unit; distances (n_pairs, batch), psi (n, batch)."""
    return (psi * system.potential_apply(distances, psi)).sum(0) / psi.square().sum(0)


def virial(system: FewBodySystem, distances: Tensor, psi: Tensor, h: float = 1e-4) -> Tensor:
    """r·∇V = d V(λr)/dλ at λ = 1 in the state ψ, (batch,), internal unit: central difference, error O(h²).

    ⟨r·∇V⟩ = 2⟨T⟩ in an eigenstate, whatever the potential.
    """
    up = expectation(system, distances * (1 + h), psi)
    down = expectation(system, distances * (1 - h), psi)
    return torch.sub(up, down) / (2 * h)
