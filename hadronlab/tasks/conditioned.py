"""One variational training for a range of Hamiltonians: a network that takes a mass, or another number of H, as an input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor

from hadronlab.errors import ConfigError
from hadronlab.estimates.streams import stream_seed
from hadronlab.models.wavefunctions.conditioned import ConditionedWaveFunction, conditioned
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.observables.results import Results
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.over_values import energy_gradient_over_values, reconfigure_over_values
from hadronlab.optim.processes import failing_together
from hadronlab.sampling.local_energy import LocalEnergy, local_energy
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.sampling.populations import Populations
from hadronlab.systems.threshold import Threshold
from hadronlab.tasks.base import Task
from hadronlab.tasks.description import description
from hadronlab.tasks.several_values import measure_values
from hadronlab.tasks.vmc import VMCTask


class ConditionedTask(VMCTask):
    """Minimise the mean over several values of ⟨H⟩ there, each with `sampler.n_walkers` of its own.

    Energies of the training are means over the values. The result is that of the system's own values, and the energy at every
    value trained at, at those halfway between, and at `values`.

    Args:
        model: that of the system's own values, conditioned on one number of H or several.
        range, points: where it is trained, see `conditioned`.
        values: further ones for the result, numbers, or lists of as many as the network is conditioned on.
        The others are those of VMCTask.
    """

    purpose: ClassVar[str] = "finds the lowest state of a few-body system over a range of its Hamiltonian"
    conditions: ClassVar[bool] = True
    model: ConditionedWaveFunction
    all_samples: list[tuple[Tensor, Tensor | None]]
    all_local: list[LocalEnergy]

    def __init__(
        self,
        model: WaveFunction,
        sampler: Callable[..., MetropolisSampler],
        range: Sequence[float] | Sequence[Sequence[float]] | None = None,
        points: int = 6,
        values: Sequence[float] | Sequence[Sequence[float]] = (),
        **settings: Any,
    ) -> None:
        if (states := settings.get("states", 1)) > 1:
            raise ConfigError(f"task.states={states}: a conditioned network is one of the lowest state alone")
        network = conditioned(model, range, points)

        def make(wavefunction: WaveFunction, **own: Any) -> Any:
            if wavefunction is network:
                return Populations(sampler, network, **own)
            return sampler(wavefunction, **own)

        super().__init__(network, make, **settings)
        self.values = [tuple(v) if isinstance(v, Sequence) else (v,) for v in values]
        for value in self.values:
            if len(value) != len(network.names):
                raise ConfigError(f"task.values: {list(value)} must give {', '.join(network.names)}")
            network.system_at(value)

    # ---- training

    def sampled_energies(self) -> Tensor:
        """(n_values, n_walkers), each with the rest masses that it has beyond those of the own system."""
        self.model.follow()
        with failing_together(self.processes):
            if not self.equilibrated:
                self.sampler.sample(self.burn_in)
                self.equilibrated = True
            self.all_samples, self.all_local = self._sampled(self.sampler)
        heavier = [member.system.mass_sum - self.system.mass_sum for member in self.model.members]
        parts = zip(self.all_local, heavier, strict=True)
        return torch.stack([local.energy + mass / self.system.to_unit for local, mass in parts])

    def _sampled(self, sampler: Any) -> tuple[list[tuple[Tensor, Tensor | None]], list[LocalEnergy]]:
        samples = sampler.sample()
        pairs = zip(self.model.members, samples, strict=True)
        return samples, [local_energy(member, *points) for member, points in pairs]

    def direction(self, solver: DampedSolver, step: float, dtype: torch.dtype) -> Tensor:
        clip, signs = self.stage.clip, self.sampler.generator
        return reconfigure_over_values(
            solver, self.model, self.all_samples, self.all_local, step, clip, dtype, signs, self.processes
        )

    def plain_direction(self) -> Tensor:
        return energy_gradient_over_values(
            self.model, self.all_samples, self.all_local, self.stage.clip, self.processes
        )

    def rehearse(self) -> None:
        seed = stream_seed(self.seed, "timing")
        sampler = self.make_sampler(self.model, n_walkers=self.n_walkers, seed=seed)
        samples, local = self._sampled(sampler)
        reconfigure_over_values(
            DampedSolver(), self.model, samples, local, 1.0, None, torch.float32, sampler.generator
        )

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        Task.optimizer_step(self, *args, **kwargs)  # there are no states to rotate

    # ---- what is known of the run

    @cached_property
    def threshold(self) -> Threshold | None:
        """That of the own system, with the mean energy of those of all values; None where one of them is not known."""
        own = VMCTask.threshold.func(self)  # type: ignore[attr-defined]
        found = [self.model.threshold_at(value) for value in self.model.values]
        energies = [one.energy for one in found if one is not None]
        if own is None or len(energies) < len(found):
            return None
        return replace(own, energy=sum(energies) / len(energies))

    @cached_property
    def reference(self) -> dict[str, Any]:
        """None is known of means over values."""
        return {}

    def describe(self) -> dict[str, str]:
        rows = description(self)
        columns = zip(self.model.names, zip(*self.model.values, strict=True), strict=True)
        ranges = [f"{name} from {min(column):.4g} to {max(column):.4g}" for name, column in columns]
        if self.threshold is not None:
            rows["threshold"] += ", the mean over the values"
        rows["walkers"] += f", at each of {len(self.model.values)} values"
        return {"conditioned on": ", ".join(ranges), **rows}

    def observe(self) -> Results:
        return measure_values(self)
