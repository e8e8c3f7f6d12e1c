"""The lowest levels of a few particles in correlated Gaussians, as a LightningModule: the exponents are trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import Tensor, nn

from hadronlab.errors import ConfigError
from hadronlab.estimates.streams import stream_seed
from hadronlab.models.wavefunctions.gaussians import GaussianBasis
from hadronlab.observables.protocols import HasClosedElements, SampleObservable
from hadronlab.observables.results import Results
from hadronlab.physics.few_body.gaussians.solve import Solver
from hadronlab.sampling.metropolis import MetropolisSampler
from hadronlab.systems.few_body import FewBodySystem
from hadronlab.systems.references import references
from hadronlab.systems.spectra import system_solver
from hadronlab.systems.threshold import Threshold
from hadronlab.tasks.arrays import arrays_of, tensors_of
from hadronlab.tasks.base import Task, build_observables, build_optimizer
from hadronlab.tasks.spectrum_result import observed


class SpectrumTask(Task):
    """Minimise the sum of the lowest levels of `model` over its exponents, a stage of the basis after the other.

    The loss is that sum. A step grows the basis where a stage begins, and moves all exponents by damped Gauss–Newton, along
    which the levels fall; the optimizer takes it: SGD with a rate of 1. See physics/few_body/gaussians/solve.py.

    Args:
        sampler: called with the model, n_walkers and seed, where an observable needs samples of |ψ|² of a P wave, or of more
            Gaussians and permutations than independent samples can be drawn of.
        optimizer: called with the parameters.
        observables: of the lowest level: from matrix elements where they have them, else from samples.
        seed: of the candidates for the basis, and of samples.
        states: how many levels.
        accuracy: of each energy, MeV (leptons: Hartree); None: a thirtieth of target_error.
        target_error: of the energy, as of a variational run.
        seconds: no stage begins that would end later.
        evaluation_walkers, evaluation_samples, max_samples, burn_in: of samples: walkers, or independent points of a set, their
            number (None: 40 of each walker, at most max_samples), sweeps of walkers before the first.
    """

    task: ClassVar[str] = "spectrum"
    purpose: ClassVar[str] = "finds the lowest levels of a few-body system in correlated Gaussians"
    needs: ClassVar[tuple[str, ...]] = ("sampler",)
    unused: ClassVar[tuple[str, ...]] = ("loss", "data")
    recommended_optimizer: ClassVar[str] = "exponents"
    model: GaussianBasis

    @classmethod
    def build(cls, config: DictConfig) -> Self:
        system = instantiate(config.system, _convert_="all")
        return instantiate(config.task, _partial_=True)(
            model=instantiate(config.model, _partial_=True, _convert_="all")(system),
            sampler=instantiate(config.sampler, _partial_=True, _convert_="all"),
            optimizer=build_optimizer(config),
            observables=build_observables(config),
            seed=config.seed,
        )

    def __init__(
        self,
        model: GaussianBasis,
        sampler: Callable[..., MetropolisSampler],
        optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        observables: Mapping[str, HasClosedElements | SampleObservable] | None = None,
        seed: int = 1,
        states: int = 1,
        accuracy: float | None = None,
        target_error: float = 0.1,
        seconds: float = 300.0,
        evaluation_walkers: int = 500,
        evaluation_samples: int | None = None,
        max_samples: int = 400_000,
        burn_in: int = 300,
    ) -> None:
        super().__init__()
        numbers = {"states": states, "target_error": target_error, "seconds": seconds, "burn_in": burn_in,
                   "evaluation_walkers": evaluation_walkers, "max_samples": max_samples, "accuracy": accuracy,
                   "evaluation_samples": evaluation_samples}  # fmt: skip
        wrong = [f"{name}={n}" for name, n in numbers.items() if n is not None and not n > 0]
        if wrong:
            raise ConfigError(f"task: {', '.join(wrong)}: must be positive")
        trial = optimizer([nn.Parameter(torch.zeros(1))])
        if type(trial) is not torch.optim.SGD or trial.param_groups[0]["lr"] != 1:
            raise ConfigError(
                "the exponents move by Gauss–Newton steps, which this optimizer would not take as they are: "
                "choose optimizer=exponents"
            )
        self.model, self.seed, self.states = model, seed, states
        self.observables = dict(observables or {})
        unknown = [name for name, one in self.observables.items() if not isinstance(one, HasClosedElements)]
        if unknown and self.system.totals:
            raise ConfigError(
                f"states that spin–orbit and tensor forces mix are not sampled: leave out observables.{unknown[0]}, or give it of_levels"
            )
        self.make_sampler, self._optimizer = sampler, optimizer
        self.accuracy = target_error / 30 if accuracy is None else accuracy
        self.evaluation_walkers, self.evaluation_samples = evaluation_walkers, evaluation_samples
        self.max_samples, self.burn_in = max_samples, burn_in
        self.deadline: float | None = None  # of the samples, on the clock of time.monotonic
        self.no_threshold = ""  # why there is none known
        self.solver: Solver = system_solver(
            self.system, states, self.accuracy, seconds, model.size, stream_seed(seed, "basis")
        )
        self.history: list[float] = []  # lowest energy at every step
        self._under_way = self._abandoned = False  # the present step
        self._next: np.ndarray = self.solver.parameters
        model.put(self._next)

    # ---- training

    def setup(self, stage: str) -> None:
        if self.trainer.world_size > 1:
            raise ConfigError(
                "the levels are solved for by one process: leave out trainer.devices and strategy=…"
            )

    def training_step(self, batch: int, batch_idx: int) -> Tensor:
        """One step of the solver; the loss is the sum of the levels before it, in the internal unit."""
        kept, self._abandoned = self.solver.copy(), False
        before = float(self.solver.levels.sum())
        try:
            self._under_way = True
            if self.solver.ended is None:
                self.solver.grow()
                self.model.put(self.solver.parameters)
                before = float(self.solver.levels.sum())
                self.solver.step()
        except Abandoned:
            self.solver = kept
            self.model.put(self.solver.parameters)
            before = 0.0
        finally:
            self._under_way = False
        self._next = self.solver.parameters
        return self.model.exponents.sum() * 0.0 + before

    def abandon(self) -> None:
        if self._under_way:
            self._under_way, self._abandoned = False, True
            raise Abandoned

    def on_after_backward(self) -> None:
        """The step as a gradient; of none, where the last stage that can be used is another one."""
        exponents = self.model.exponents
        moved = torch.tensor(self._next, device=exponents.device)
        exponents.grad = (
            exponents.detach() - moved if moved.shape == exponents.shape else torch.zeros_like(exponents)
        )

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.model.put(self._next)  # to the last digit
        if self._abandoned:
            return
        self.history.append(self._absolute(float(self.solver.levels[0])))
        self.log_now({"energy": self.history[-1], "gaussians": len(self._next)})
        if self.solver.ended is not None:
            self.trainer.should_stop = True

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return self._optimizer(self.model.parameters())

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        state = self.solver.state_dict()
        checkpoint["spectrum"] = {"solver": tensors_of(state), "history": list(self.history)}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on there, as far as the accuracy and the time of this run ask for."""
        self.solver.load_state_dict(arrays_of(checkpoint["spectrum"]["solver"]))
        self.history = list(checkpoint["spectrum"]["history"])
        if self.solver.ended != "dependence":
            self.solver.judge()

    # ---- what is known of the run

    @property
    def system(self) -> FewBodySystem:
        return self.model.system

    @cached_property
    def thresholds(self) -> list[Threshold]:
        """The lowest first; none where they cannot be computed, see `no_threshold`."""
        try:
            return self.system.thresholds()
        except ConfigError as error:
            self.no_threshold = str(error)
        try:
            lowest = self.system.lowest_threshold()  # which a system may know alone
        except ConfigError:
            return []
        self.no_threshold = ""
        return [] if lowest is None else [lowest]

    @property
    def threshold(self) -> Threshold | None:
        return next(iter(self.thresholds), None)

    def _absolute(self, internal: float) -> float:
        return internal * self.system.to_unit + self.system.mass_sum

    def health(self) -> dict[str, float]:
        """What the guards watch."""
        return {"energy": self.history[-1]} if self.history else {}

    def describe(self) -> dict[str, str]:
        """Rows of the table shown before the training."""
        system, unit = self.system, self.system.energy_unit
        known = {**references(system)["paper"], **references(system)["reference"]}.get("energy")
        rows = {
            "particles": f"{' '.join(system.labels)}, {system.quantum_numbers}",
            "channels": str(system.n_channels),
            "levels": f"{self.states}, to {self.accuracy:.2g} {unit} each, or {self.solver.seconds:g} s",
        }
        if self.thresholds:
            shown = [f"{one.name} at {one.energy:.7g} {unit}" for one in self.thresholds[:3]]
            rows["thresholds"] = ", ".join(shown) + (", …" if len(self.thresholds) > 3 else "")
        elif self.no_threshold:
            rows["thresholds"] = f"unknown: {self.no_threshold}"
        if known is not None:
            rows["reference"] = f"{known['value']} {unit} ({known['source']})"
        return rows

    def status(self) -> str:
        """The lowest energy, and the number of Gaussians."""
        if not self.history:
            return ""
        return f"E = {self.history[-1]:.9g} {self.system.energy_unit}  {len(self.model.exponents)} Gaussians"

    def observe(self) -> Results:
        """Levels of the last stage of the basis: matrix elements, and samples of the lowest where an observable needs them."""
        return observed(self)

    def objective(self, results: Results) -> float | None:
        """The energy of the lowest level."""
        return float(results.estimates["energy"].value)


class Abandoned(Exception):
    """A step of the solver is left before its end."""
