"""Neural variational Monte Carlo as a LightningModule: walkers, local energies, and the lowest states they find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import Any, ClassVar, Self

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

from hadronlab.errors import ConfigError
from hadronlab.estimates.streams import stream_seed
from hadronlab.models.wavefunctions.span import states_of
from hadronlab.models.wavefunctions.wavefunction import WaveFunction
from hadronlab.observables.protocols import SampleObservable
from hadronlab.observables.results import Results
from hadronlab.optim.gradient import set_gradient
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.parameter_sets import ParameterSets
from hadronlab.optim.processes import ALONE, failing_together
from hadronlab.optim.schedule import Schedule, Stage
from hadronlab.optim.sr_statistics import energy_gradient, reconfigure
from hadronlab.sampling.local_energy import LocalEnergy, local_energy
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.sampling.ritz import Ritz, equilibrate, overlaps, ritz
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.references import references
from hadronlab.systems.threshold import Threshold
from hadronlab.tasks.base import Task, build_observables, build_optimizer
from hadronlab.tasks.description import description, health, logged_row, status_line
from hadronlab.tasks.energy_record import EnergyRecord
from hadronlab.tasks.final_evaluation import measure
from hadronlab.tasks.settling import begin_anew, better_binding, remaining_descent
from hadronlab.tasks.training_state import load_training_state, training_state


class VMCTask(Task):
    """Minimise ⟨H⟩ of `model`, or the sum of the levels of its states, over its parameters; every step draws samples of ρ
    and computes their local energies.

    The loss itself is zero: StochasticReconfiguration turns `samples` and `local` into the gradient that the optimizer
    steps with, or else the task writes the plain one.

    Args:
        sampler: called with the model, and with n_walkers and seed to override its own.
        optimizer: called with the parameters.
        schedule: stages of the training.
        make_anew: the model as it begins with another `binding` of the hadrons of the lowest threshold; None: with no other.
        plain_gradient: whether the optimizer steps along ∂E/∂θ, there being no natural gradient.
        observables: of the final evaluation, by name.
        seed: of all walkers.
        states: how many, the lowest of their quantum numbers; those of the model.
        target_error: of the energy, MeV (leptons: Hartree), that a run is to reach.
        evaluation_walkers, evaluation_samples, max_samples, burn_in: of the final evaluation: walkers, samples (None:
            as many as a third of the target error asks for, at most max_samples), sweeps before the first one (also
            of the training).
        log_every: steps between two logged rows.
    """

    task: ClassVar[str] = "vmc"
    purpose: ClassVar[str] = "finds the lowest states of a few-body system"
    needs: ClassVar[tuple[str, ...]] = ("sampler", "schedule")
    unused: ClassVar[tuple[str, ...]] = ("loss", "data")
    recommended_optimizer: ClassVar[str] = "sr"
    conditions: ClassVar[bool] = False
    """whether it trains a network over a range of Hamiltonians"""
    model: WaveFunction
    samples: tuple[Tensor, Tensor | None]
    local: LocalEnergy
    ritz: Ritz

    @classmethod
    def build(cls, config: DictConfig) -> Self:
        """The wave function is made for the system, the sampler for the wave function."""
        torch.set_flush_denormal(True)  # far walkers make numbers that cost a hundred times a normal one
        system = instantiate(config.system, _convert_="all")
        make_model = instantiate(config.model, _partial_=True, _convert_="all")
        model = states_of(make_model, system, config.task.get("states", 1))
        held = (model.binding or 0.0) > model.apart
        return instantiate(config.task, _partial_=True, _convert_="all")(
            model=model,
            make_anew=partial(make_model, system) if held else None,
            sampler=instantiate(config.sampler, _partial_=True, _convert_="all"),
            optimizer=build_optimizer(config),
            observables=build_observables(config),
            schedule=instantiate(config.schedule, _convert_="all"),
            plain_gradient=config.optimizer.get("natural_gradient") is None,
            seed=config.seed,
            log_every=config.trainer.log_every_n_steps,
        )

    def __init__(
        self,
        model: WaveFunction,
        sampler: Callable[..., MetropolisSampler],
        optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        schedule: Schedule,
        make_anew: Callable[..., WaveFunction] | None = None,
        plain_gradient: bool = False,
        observables: Mapping[str, SampleObservable] | None = None,
        seed: int = 1,
        states: int = 1,
        target_error: float = 0.1,
        evaluation_walkers: int = 2000,
        evaluation_samples: int | None = None,
        max_samples: int = 400_000,
        burn_in: int = 500,
        log_every: int = 20,
    ) -> None:
        super().__init__()
        counts = [n for n in (evaluation_walkers, evaluation_samples, max_samples, burn_in) if n is not None]
        if not target_error > 0 or min(counts) < 1:
            raise ConfigError(
                f"task: target_error={target_error}, evaluation_walkers={evaluation_walkers}, evaluation_samples="
                f"{evaluation_samples}, max_samples={max_samples}, burn_in={burn_in}: all must be positive"
            )
        if model.system.L and model.system.has_fine_structure:
            raise ConfigError(
                "spin–orbit and tensor forces in a P wave are known to Gaussians only: choose model=gaussians"
            )
        if model.conditioned_on and not self.conditions:
            raise ConfigError(f"model.conditioned_on={list(model.conditioned_on)} goes with task=conditioned")
        self.model, self.schedule, self.seed = model, schedule, seed
        self.observables = dict(observables or {})
        self.make_sampler, self._optimizer = sampler, optimizer
        self.plain_gradient = plain_gradient
        self.target_error, self.log_every = target_error, log_every
        self.evaluation_walkers, self.evaluation_samples = evaluation_walkers, evaluation_samples
        self.max_samples, self.burn_in = max_samples, burn_in
        self.sampler = sampler(model, seed=stream_seed(seed, "walkers", 0, 0, 0))
        # of this process; levels of few walkers lie too low, and an excited one pulls the others along
        self.n_walkers = self.sampler.n_walkers * (2 * model.n_states if model.n_states > 1 else 1)
        self.processes = ALONE  # all of the run acting as one; the run says which
        self.equilibrated = False  # whether the walkers have had their burn-in
        self.stage: Stage = schedule.stage(0)
        if (
            wanted := self._wanted_walkers
        ) != self.sampler.n_walkers:  # from the start, for copies of walkers are no others
            self.sampler = sampler(model, n_walkers=wanted, seed=stream_seed(seed, "walkers", 0, 0, 0))
        self.record = EnergyRecord(model.system)
        self.make_anew = make_anew  # None too once it has been done
        self.begun = 0  # the step at which the present training began
        self.parameter_sets = ParameterSets(schedule)
        self.chosen_parameters = ""  # which of the sets the result is that of
        self.no_threshold = ""  # why it could not be computed
        self.deadline: float | None = None  # of the final evaluation, on the clock of time.monotonic

    # ---- training

    def setup(self, stage: str) -> None:
        """The walkers go where the model does, split over the processes, each with random numbers of its own."""
        device = self.trainer.strategy.root_device
        self.model.to(device)
        if self.trainer.world_size > 1:
            self.n_walkers = -(-self.n_walkers // self.trainer.world_size)
        if self.trainer.world_size > 1 or device != self.sampler.device:
            self.fresh_walkers()

    def fresh_walkers(self, number: int = 0) -> None:
        """Begin with new walkers, others for every `number`, equilibrated at the present parameters in the next step."""
        seed = stream_seed(self.seed, "walkers", self.processes.rank, number, len(self.history))
        self.sampler = self.make_sampler(self.model, n_walkers=self._wanted_walkers, seed=seed)
        self.equilibrated = False
        self.record.forget_walkers()

    def forget_lowest_energy(self) -> None:
        """The next logged energy is the one that later ones are not to rise above."""
        self.record.lowest = None

    def better_binding(self, settled: bool) -> float | None:
        return better_binding(self, settled)

    def begin_anew(self, binding: float) -> None:
        begin_anew(self, binding)

    def training_step(self, batch: int, batch_idx: int) -> Tensor:
        """Sample, and compute the local energies; the loss is zero and reaches every parameter."""
        self.stage = self.schedule.stage(self.global_step)
        if self.sampler.n_walkers != self._wanted_walkers:
            self.sampler.resize(self._wanted_walkers)
            self.record.forget_walkers()
        self.record.add(self.sampled_energies(), self.processes)
        if self.global_step % self.log_every == 0 and self.record.since > 1:
            self._log()
        return torch.stack([p.flatten()[0] for p in self.model.parameters()]).sum() * 0.0

    def sampled_energies(self) -> Tensor:
        """Draw new samples; what each contributes to the levels, (n_states, n_walkers), internal unit."""
        with failing_together(self.processes):
            if not self.equilibrated:
                equilibrate(self.model, self.sampler, self.burn_in, self.processes.total)
                self.equilibrated = True
            self.samples = self.sampler.sample()
            self.local = local_energy(self.model, *self.samples)
        self.ritz = ritz(overlaps(self.local, self.model.n_states, self.processes.total))
        return self.ritz.of_samples(self.local)

    def direction(self, solver: DampedSolver, step: float, dtype: torch.dtype) -> Tensor:
        """Of stochastic reconfiguration, from the samples, (P,); step: the learning rate; dtype: of the rows."""
        if self.global_step == self.begun:
            solver.previous = None  # the step of another training
        signs, clip = self.sampler.generator, self.stage.clip
        return reconfigure(
            solver, self.model, *self.samples, self.local, step, clip, dtype, signs, self.processes
        )

    def plain_direction(self) -> Tensor:
        """∂E/∂θ from the samples, (P,)."""
        return energy_gradient(self.model, *self.samples, self.local, self.stage.clip, self.processes)

    def rehearse(self) -> None:
        """Sampling, local energies and the direction of a step, with walkers of its own; the step is not taken."""
        sampler = self.make_sampler(
            self.model, n_walkers=self.n_walkers, seed=stream_seed(self.seed, "timing")
        )
        samples = sampler.sample()
        local = local_energy(self.model, *samples)
        if self.plain_gradient:
            energy_gradient(self.model, *samples, local)
        else:
            solver, signs = DampedSolver(), sampler.generator
            reconfigure(solver, self.model, *samples, local, 1.0, None, torch.float32, signs)

    def on_after_backward(self) -> None:
        """Without a natural gradient, F = ∂E/∂θ   [DeepQuark, Eq. 16], in the unit of the model's energies."""
        if self.plain_gradient:
            set_gradient(self.model, self.plain_direction() / self.model.energy_scale)

    @property
    def _wanted_walkers(self) -> int:
        """Walkers of this process in the present stage."""
        if self.stage.n_walkers is not None:
            return -(-self.stage.n_walkers // self.processes.size)
        return max(1, round(self.n_walkers * self.stage.walkers))

    def _log(self) -> None:
        self.log_now(logged_row(self))
        self.sampler.reset_acceptance()

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """The next walkers follow the Ritz vectors of the present ones."""
        super().optimizer_step(*args, **kwargs)
        self.model.rotate(self.ritz.vectors)

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.parameter_sets.update(self.global_step, parameters_to_vector(self.model.parameters()).detach())

    def configure_optimizers(self) -> Any:
        optimizer = self._optimizer(self.model.parameters())
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: self.schedule.rate(step))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["vmc"] = training_state(self)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        load_training_state(self, checkpoint["vmc"])

    # ---- what is known of the run

    @property
    def system(self) -> FewBodySystem:
        """That of the wave function."""
        return self.model.system

    @property
    def history(self) -> list[tuple[float, float]]:
        """Energy and its error at every step, `energy_unit`."""
        return self.record.history

    @cached_property
    def threshold(self) -> Threshold | None:
        """The lowest one that the quantum numbers allow; None too where it cannot be computed, see `no_threshold`."""
        try:
            return self.system.lowest_threshold()
        except ConfigError as error:  # such as three-body forces, for which there is no solver of baryons
            self.no_threshold = str(error)
            return None

    @cached_property
    def reference(self) -> dict[str, Any]:
        """Published and computed values of the system's observables, by name."""
        known = references(self.system)
        return {**known["paper"], **known["reference"]}

    def remaining_descent(self) -> tuple[float, float]:
        return remaining_descent(self)

    @property
    def last_stage_start(self) -> int:
        """The step from which the training may have settled."""
        return max(self.schedule.last_stage_start, self.begun)

    def health(self) -> dict[str, float]:
        return health(self)

    def describe(self) -> dict[str, str]:
        return description(self)

    def status(self) -> str:
        return status_line(self)

    def observe(self) -> Results:
        """Unclipped expectation values from fresh walkers, with the best of the parameter sets in the model."""
        return measure(self)

    def objective(self, results: Results) -> float | None:
        """The energy."""
        return float(results.estimates["energy"].value)
