"""Neural variational Monte Carlo as a LightningModule: walkers, local energies, and the ground state they find."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, ClassVar

import torch
from pytorch_lightning.callbacks import Timer
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from hadronlab.errors import ConfigError
from hadronlab.estimators.evaluation import evaluate
from hadronlab.estimators.ground_state import ground_state
from hadronlab.estimators.local_energy import LocalEnergy, local_energy
from hadronlab.estimators.observables import Observables, Quantity
from hadronlab.estimators.selection import set_energies
from hadronlab.estimators.trend import remaining_descent
from hadronlab.models.wavefunction import WaveFunction
from hadronlab.optim.parameter_sets import ParameterSets
from hadronlab.optim.schedule import Schedule, Stage
from hadronlab.optim.sr_statistics import Processes
from hadronlab.sampling.metropolis import MOVES, MetropolisSampler
from hadronlab.sampling.statistics import ChainStatistics, chain_statistics
from hadronlab.systems.references import references
from hadronlab.systems.thresholds import Threshold, lowest_threshold
from hadronlab.tasks.base import Task
from hadronlab.tasks.processes import processes_of

log = logging.getLogger(__name__)

EVALUATION_SEED = (
    10_007  # added to the run's seed: the final walkers share nothing with those of the training
)


class VMCTask(Task):
    """Minimise ⟨H⟩ of `model` over its parameters; every step draws samples of ρ and computes their local energies.

    A callback (StochasticReconfiguration or EnergyGradient) turns `samples` and `local` into the gradient that the
    optimizer steps with; the loss itself is zero.

    Args:
        sampler: called with the model, and with n_walkers, seed and device to override its own.
        optimizer: called with the parameters.
        schedule: stages of the training.
        seed: of all walkers.
        target_error: of the energy, MeV (leptons: Hartree), that a run is to reach.
        evaluation_walkers, evaluation_samples, max_samples, burn_in: of the final evaluation: walkers, samples (None:
            as many as a third of the target error asks for, at most max_samples), sweeps before the first one (also
            of the training).
        log_every: steps between two logged rows.
    """

    task: ClassVar[str] = "vmc"
    model: WaveFunction
    samples: tuple[Tensor, Tensor | None]
    local: LocalEnergy

    def __init__(
        self,
        model: WaveFunction,
        sampler: Callable[..., MetropolisSampler],
        optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        schedule: Schedule,
        seed: int = 1,
        target_error: float = 0.1,
        evaluation_walkers: int = 2000,
        evaluation_samples: int | None = None,
        max_samples: int = 400_000,
        burn_in: int = 500,
        log_every: int = 20,
    ) -> None:
        super().__init__()
        if not target_error > 0 or min(evaluation_walkers, evaluation_samples or 1, max_samples, burn_in) < 1:
            raise ConfigError(
                f"task: target_error={target_error}, evaluation_walkers={evaluation_walkers}, evaluation_samples="
                f"{evaluation_samples}, max_samples={max_samples}, burn_in={burn_in}: all must be positive"
            )
        self.model, self.schedule, self.seed = model, schedule, seed
        self._optimizer, self._make_sampler = optimizer, sampler
        self.target_error, self.log_every = target_error, log_every
        self.evaluation_walkers, self.evaluation_samples = evaluation_walkers, evaluation_samples
        self.max_samples, self.burn_in = max_samples, burn_in
        self.sampler = sampler(model, seed=seed)
        self.n_walkers = self.sampler.n_walkers
        self.stage: Stage = schedule.stage(0)
        self.parameter_sets = ParameterSets(schedule)
        self.history: list[tuple[float, float]] = []  # energy and its error at every step, `energy_unit`
        self._window: list[Tensor] = []  # local energies since the last logged row
        self._latest: ChainStatistics | None = None
        self._equilibrated = False

    # ---- training

    def setup(self, stage: str) -> None:
        """The walkers are split over the processes, each with random numbers of its own."""
        device = self.trainer.strategy.root_device
        if device.type != "cpu":
            raise ConfigError(
                f"variational runs compute on the CPU, not on {device}: choose strategy=cpu or ddp_cpu"
            )
        if self.trainer.world_size > 1:
            self.n_walkers = -(-self.n_walkers // self.trainer.world_size)
            self.fresh_walkers()

    def fresh_walkers(self) -> None:
        """Begin with new walkers, equilibrated at the present parameters in the next step."""
        rank = self._trainer.global_rank if self._trainer is not None else 0
        self.sampler = self._make_sampler(
            self.model, n_walkers=self._walkers, seed=self.seed + 1009 * rank + len(self.history)
        )
        self._equilibrated = False

    def training_step(self, batch: int, batch_idx: int) -> Tensor:
        """Sample, and compute the local energies; the loss is zero and reaches every parameter."""
        self.stage = self.schedule.stage(self.global_step)
        if self.sampler.n_walkers != self._walkers:
            self.sampler.resize(self._walkers)
            self._window = []
        if not self._equilibrated:
            self.sampler.sample(self.burn_in)
            self._equilibrated = True
        self.samples = self.sampler.sample()
        self.local = local_energy(self.model, *self.samples)
        self._record()
        return torch.stack([p.flatten()[0] for p in self.model.parameters()]).sum() * 0.0

    @property
    def _walkers(self) -> int:
        """Walkers of this process in the present stage."""
        if self.stage.n_walkers is not None:
            return -(-self.stage.n_walkers // self.processes.size)
        return max(1, round(self.n_walkers * self.stage.walkers))

    @cached_property
    def processes(self) -> Processes:
        """All processes of the run acting as one."""
        return processes_of(self._trainer)

    def _record(self) -> None:
        energy = self.local.energy
        total, squares, n = self.processes.total(
            torch.stack([energy.sum(), energy.square().sum(), torch.tensor(float(len(energy)))])
        ).tolist()
        mean = total / n
        error = max(squares / n - mean**2, 0.0) ** 0.5 / n**0.5
        self.history.append((self._energy(mean), error * self.system.to_unit))
        self._window.append(energy)
        if self.global_step % self.log_every == 0 and len(self._window) > 1:
            self._log()

    def _log(self) -> None:
        walkers = self.processes.gather(torch.stack(self._window, 1))  # of all processes, (walkers, steps)
        statistics = self._latest = chain_statistics(walkers.T)
        scale = self.system.to_unit
        self.log_now(
            {
                "energy": self._energy(statistics.mean),
                "energy_error": statistics.error * scale,
                "local_energy_std": statistics.std * scale,
                "acceptance": self.sampler.acceptance,
                "r_hat": statistics.r_hat,
                "tau_corr": statistics.tau_corr,
                "walkers": len(walkers),
                **{
                    f"step.{move}": size
                    for move, size in zip(MOVES, self.sampler.steps.tolist(), strict=True)
                },
            }
        )
        self.sampler.reset_acceptance()
        self._window = []

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.parameter_sets.update(self.global_step, parameters_to_vector(self.model.parameters()).detach())

    def configure_optimizers(self) -> Any:
        optimizer = self._optimizer(self.model.parameters())
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: self.schedule.rate(step))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Walkers, random numbers and step sizes of every process; plain tensors."""
        own = {
            **self.sampler.state_dict(),
            "window": torch.stack(self._window) if self._window else torch.empty(0),
            "equilibrated": self._equilibrated,
        }
        ranks: list[Any] = [own]
        if self._trainer is not None and self.trainer.world_size > 1:
            ranks = [None] * self.trainer.world_size
            torch.distributed.all_gather_object(ranks, own)
        checkpoint["vmc"] = {
            "walkers": ranks,
            "history": torch.tensor(self.history, dtype=torch.float64),
            "parameter_sets": self.parameter_sets.state_dict(),
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        state = checkpoint["vmc"]
        self.history = [(e, s) for e, s in state["history"].tolist()]
        self.parameter_sets.load_state_dict(state["parameter_sets"])
        rank, size = (0, 1) if self._trainer is None else (self.trainer.global_rank, self.trainer.world_size)
        if len(state["walkers"]) != size:
            return  # another number of processes: new walkers
        own = dict(state["walkers"][rank])
        self._window = list(own.pop("window"))
        self._equilibrated = own.pop("equilibrated")
        self.sampler.load_state_dict(own)

    # ---- what a run says of itself

    @property
    def system(self) -> Any:
        """The FewBodySystem of the wave function."""
        return self.model.system

    @cached_property
    def threshold(self) -> Threshold | None:
        """The lowest one that the quantum numbers allow."""
        return lowest_threshold(self.system)

    @cached_property
    def _reference(self) -> dict[str, Any]:
        known = references(self.system)
        return {**known["paper"], **known["reference"]}

    def _energy(self, internal: float) -> float:
        return internal * self.system.to_unit + self.system.mass_sum

    def remaining_descent(self) -> tuple[float, float]:
        """How far the energy still has to fall, and the error of that, from the trend of the last stage."""
        history = torch.tensor(self.history, dtype=torch.float64).reshape(-1, 2)
        return remaining_descent(history[:, 0], history[:, 1], self.schedule.last_stage_start)

    def health(self) -> dict[str, float]:
        """What the guards watch."""
        if not self.history:
            return {}
        energy, error = self.history[-1]
        known = self._reference.get("energy", {})
        bound = {"energy_bound": known["value"] - 3 * known["error"]} if "error" in known else {}
        return {
            "energy": energy,
            "energy_error": error,
            **({"acceptance": self.sampler.acceptance} if float(self.sampler.proposed.sum()) >= 50 else {}),
            **bound,
        }

    def describe(self) -> dict[str, str]:
        system, threshold = self.system, self.threshold
        known = self._reference.get("energy")
        channels = ", ".join(system.channel_labels[:4]) + (", …" if system.n_channels > 4 else "")
        rows = {
            "particles": f"{' '.join(system.labels)}, {system.quantum_numbers}",
            "channels": f"{system.n_channels}: {channels}",
            "parameters": str(self.model.n_parameters),
            "walkers": f"{self.n_walkers}, {self.sampler.sweeps} sweeps a step",
            "target error": f"{self.target_error:g} {system.energy_unit}",
        }
        if threshold is not None:
            rows["threshold"] = f"{threshold.name} at {threshold.energy:.6g} {system.energy_unit}"
        if known is not None:
            rows["reference"] = f"{known['value']} {system.energy_unit} ({known['source']})"
        return rows

    def status(self) -> str:
        """E ± σ, its distance to the threshold, acceptance."""
        if self._latest is None:
            return ""
        energy, unit = self._energy(self._latest.mean), self.system.energy_unit
        error = self._latest.error * self.system.to_unit
        line = f"E = {Quantity(energy, error, unit)}  acceptance {self.sampler.acceptance:.2f}"
        return line + (
            f"  E − ({self.threshold.name}) = {energy - self.threshold.energy:.5g}" if self.threshold else ""
        )

    # ---- the final evaluation

    def observe(self) -> Observables:
        """Unclipped expectation values from fresh walkers, with the best of the parameter sets in the model.

        The sets are compared on walkers of their own, so that the quoted energy is not that of a lucky draw. Sampling
        ends when the error is a third of `target_error`, at `max_samples`, or when `trainer.max_time` is spent.
        """
        self.model.eval()
        chosen = self._choose()
        fixed = self.evaluation_samples
        found = evaluate(
            self.model,
            target_error=self.target_error / 3 if fixed is None else None,
            n_samples=20 * self.evaluation_walkers
            if fixed is None
            else max(fixed, 2 * self.evaluation_walkers),
            max_samples=self.max_samples,
            n_walkers=self.evaluation_walkers,
            thermalisation=self.burn_in,
            seed=self.seed + EVALUATION_SEED,
            max_seconds=self._seconds_left(),
            make_sampler=self._make_sampler,
        )
        result = ground_state(self.system, found, self.threshold)
        energy = result.scalars["energy"]
        assert energy.error is not None
        if energy.error > self.target_error:
            result.warnings.append(
                f"the statistical error {energy.error:.2g} {energy.unit} exceeds target_error={self.target_error:g}: "
                "evaluate with more --samples"
            )
        if self.history:
            fall, error = self.remaining_descent()
            if fall > max(self.target_error, 3 * error):
                result.warnings.append(
                    f"the energy was still falling, by about {fall:.2g} {energy.unit} to come: train longer "
                    "(trainer.max_steps)"
                )
            result.arrays["training_energy"] = torch.tensor(self.history, dtype=torch.float64).numpy().T
            result.units["training_energy"] = energy.unit
            result.labels["training_energy"] = ["energy", "error"]
        result.labels["parameters"] = [chosen]
        return result

    def _seconds_left(self) -> float | None:
        """What is left of `trainer.max_time` after the training and what came after it."""
        callbacks = [] if self._trainer is None else self.trainer.callbacks  # type: ignore[attr-defined]
        timer = next((c for c in callbacks if isinstance(c, Timer) and c._duration), None)
        if timer is None:
            return None
        started = timer.start_time() or time.monotonic()
        return max(0.0, (timer._duration or 0.0) - (time.monotonic() - started))

    def _choose(self) -> str:
        """Load the parameter set of the lowest energy; its name."""
        sets = self.parameter_sets.candidates(parameters_to_vector(self.model.parameters()).detach())
        best = next(iter(sets))
        if len(sets) > 1:
            seed = self.seed + 2 * EVALUATION_SEED
            sampler = self._make_sampler(self.model, n_walkers=self.evaluation_walkers, seed=seed)
            left = self._seconds_left()
            energies = set_energies(
                self.model,
                sets,
                sampler,
                self.schedule.compare_samples,
                self.burn_in,
                None if left is None else left / 3,
            )
            best = min(sets, key=lambda name: energies[name])
            for name, energy in energies.items():
                log.info("%s: energy %.8g %s", name, self._energy(energy), self.system.energy_unit)
        vector_to_parameters(sets[best], self.model.parameters())
        return best

    def objective(self, observables: Observables) -> float | None:
        """The energy."""
        return observables.scalars["energy"].value
