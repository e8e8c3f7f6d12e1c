"""What an energy and a binding energy depend on: their derivatives by every parameter, and their spread over other models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate, combine
from hadronlab.observables.energy_parts import expectation
from hadronlab.observables.levels import Levels
from hadronlab.observables.protocols import SampleObservable
from hadronlab.observables.results import Results
from hadronlab.observables.samples import Evaluation, Samples
from hadronlab.physics.few_body.gaussians.expectations import energies
from hadronlab.physics.forces.quark_models import BhaduriModel, QuarkModel, quark_model
from hadronlab.sampling.local_energy import particle_kinetic
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.hadron_thresholds import hadron_mass
from hadronlab.systems.named_hadrons import named_hadron
from hadronlab.systems.parameters import Change, changes, with_interaction
from hadronlab.systems.threshold import Threshold


class Sensitivity(SampleObservable):
    """`sensitivity.<p>` = ∂E/∂p = ⟨∂H/∂p⟩ (Hellmann and Feynman) of every parameter p of the interaction and every mass, and
    `binding_sensitivity.<p>` of the binding energy, both in energies per unit of p.

    Of a quark model also `binding_energy_in.<model>`, the threshold of another model less its ⟨H⟩ in this state, at most the
    binding energy there; `binding_spread`, the standard deviation over all models; and `binding_mass_covariance` with the masses
    of hadrons, a row a hadron.

    models: by name; one's own counts among them. hadrons: to whose masses models are fitted, mesons and baryons by name.
    """

    def __init__(self, models: Sequence[str] = (), hadrons: Sequence[str] = ()) -> None:
        self.models = [quark_model(name) for name in models]
        self.hadrons = tuple(hadrons)
        for name in self.hadrons:
            if named_hadron("hadron", name).n_particles > 3:
                raise ConfigError(f"observables.sensitivity.hadrons: {name} is no meson and no baryon")
        self._made: tuple[FewBodySystem, dict[str, Change], dict[str, FewBodySystem]] | None = None

    def measure(self, samples: Samples) -> Mapping[str, Tensor]:
        system, local = samples.system, samples.local
        parameters, others = self._variations(system)
        kinetic = particle_kinetic(samples.wavefunction, samples.r)
        potential = partial(expectation, distances=local.distances, psi=samples.psi)

        def energy(changed: FewBodySystem) -> Tensor:
            """⟨H⟩ of a changed system in this state, less what T is in the own one."""
            ratio = (system.masses / changed.masses - 1).to(kinetic)
            return (potential(changed) + ratio @ kinetic) * system.to_unit + changed.mass_sum

        own = energy(system)
        found = {f"sensitivity.{name}": change.derivative(energy) for name, change in parameters.items()}
        whole = local.energy * system.to_unit + system.mass_sum
        return found | {f"energy_in.{name}": whole + energy(other) - own for name, other in others.items()}

    def conclude(self, means: Mapping[str, Estimate], evaluation: Evaluation) -> Results:
        parameters, others = self._variations(evaluation.system)
        return self._concluded(
            evaluation.system,
            evaluation.threshold,
            evaluation.energy,
            {name: means[f"sensitivity.{name}"] for name in parameters},
            {name: means[f"energy_in.{name}"] for name in others},
        )

    def of_levels(self, levels: Levels) -> Results:
        system = levels.system
        if system.L and system.has_fine_structure and system.interaction.first_order:
            return Results(warnings=["no sensitivities of levels whose forces are partly of first order"])
        parameters, others = self._variations(system)

        def energy(changed: FewBodySystem) -> float:
            return float(energies(changed, levels.found)[0]) * system.to_unit + changed.mass_sum

        return self._concluded(
            system,
            levels.threshold,
            levels.energy,
            {name: Estimate(change.derivative(energy)) for name, change in parameters.items()},
            {name: Estimate(energy(other)) for name, other in others.items()},
        )

    def _variations(self, system: FewBodySystem) -> tuple[dict[str, Change], dict[str, FewBodySystem]]:
        """By name: the system with every parameter changed, and in the other models."""
        if self._made is None or self._made[0] is not system:
            models = self.models if type(system.interaction) in (QuarkModel, BhaduriModel) else []
            others = {m.name: with_interaction(system, m) for m in models if m != system.interaction}
            self._made = system, changes(system), others
        return self._made[1:]

    def _concluded(
        self,
        system: FewBodySystem,
        threshold: Threshold | None,
        energy: Estimate,
        slopes: Mapping[str, Estimate],
        elsewhere: Mapping[str, Estimate],
    ) -> Results:
        parameters, others = self._variations(system)
        unit = system.energy_unit
        found = {f"sensitivity.{name}": slope.map(_rounded(slope), unit) for name, slope in slopes.items()}
        if threshold is None:
            return Results(found)
        for name, change in parameters.items():
            if change.within:
                of_threshold = change.derivative(lambda changed: changed.threshold_energy(threshold))
                binding = slopes[name].map(_less_than(of_threshold))
                found[f"binding_sensitivity.{name}"] = binding.map(_rounded(slopes[name]), unit)
        bindings = [energy.map(_less_than(threshold.energy), unit)]
        for name, other in others.items():
            bindings.append(elsewhere[name].map(_less_than(other.threshold_energy(threshold)), unit))
            found[f"binding_energy_in.{name}"] = bindings[-1]
        if len(bindings) > 1:
            found["binding_spread"] = combine(lambda *b: np.std(b, ddof=1), *bindings, unit=unit)
            interactions = [system.interaction, *(other.interaction for other in others.values())]
            masses = np.array(
                [[hadron_mass(named_hadron(h, h, interaction=v)) for v in interactions] for h in self.hadrons]
            )
            if self.hadrons:
                found["binding_mass_covariance"] = combine(
                    lambda *b: np.array([np.cov(m, b)[0, 1] for m in masses]),
                    *bindings,
                    unit=f"{unit}²",
                    rows=self.hadrons,
                )
        return Results(found)


def _less_than(limit: float) -> Callable[[float], float]:
    return lambda value: limit - value


def _rounded(slope: Estimate) -> Callable[[float], float]:
    """To 10⁻⁹ of the slope: below that are the rounding errors of differences."""
    unit = 1e-9 * abs(slope.value) or 1.0
    return lambda value: round(value / unit) * unit if np.isfinite(value) else value
