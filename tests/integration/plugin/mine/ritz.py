"""A task: what it is, how it is built, one training step, and what it observes."""

from typing import Any, ClassVar, Self

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import Tensor, nn

from hadronlab.errors import ConfigError
from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.results import Results
from hadronlab.systems.hadrons import HadronPair
from hadronlab.tasks.base import Task, build_optimizer


class Wave(nn.Module):
    """u(r) = r (a + b r²) e^{−cr}, all three trainable; its yaml is the model of `ritz`."""

    task: ClassVar[str] = "ritz"

    def __init__(self, decay: float = 1.0) -> None:
        super().__init__()
        self.shape = nn.Parameter(torch.tensor([1.0, 0.0], dtype=torch.float64))
        self.log_decay = nn.Parameter(torch.tensor(decay, dtype=torch.float64).log())

    def forward(self, r: Tensor) -> Tensor:
        return r * (self.shape[0] + self.shape[1] * r**2) * torch.exp(-self.log_decay.exp() * r)


class Ritz(Task):
    """Minimise ⟨u|H|u⟩/⟨u|u⟩ of two hadrons with the known local potential of the system, on a grid up to `r_max` fm."""

    task: ClassVar[str] = "ritz"
    purpose: ClassVar[str] = "finds the ground state of two hadrons by the principle of Ritz"
    unused: ClassVar[tuple[str, ...]] = ("sampler", "schedule", "interaction")

    @classmethod
    def build(cls, config: DictConfig) -> Self:
        pair = instantiate(config.system, _convert_="all")
        model = instantiate(config.model)
        return instantiate(config.task, _partial_=True)(
            model=model,
            pair=pair,
            optimizer=build_optimizer(config),
            log_every=config.trainer.log_every_n_steps,
        )

    def __init__(
        self,
        model: nn.Module,
        pair: HadronPair,
        optimizer: Any,
        r_max: float = 12.0,
        points: int = 400,
        log_every: int = 20,
    ) -> None:
        super().__init__()
        if pair.potential is None:
            raise ConfigError(f"system={pair.name} has no known potential: task=ritz needs one")
        self.model, self.pair, self._optimizer, self.log_every = model, pair, optimizer, log_every
        self.r = nn.Buffer(
            torch.linspace(r_max / points, r_max, points, dtype=torch.float64), persistent=False
        )
        self.V = nn.Buffer(pair.potential.local(self.r), persistent=False)

    def energy(self) -> Tensor:
        """MeV."""
        u, step = self.model(self.r), self.r[1] - self.r[0]
        slope = torch.diff(u, prepend=u.new_zeros(1), append=u.new_zeros(1)) / step
        kinetic = self.pair.hbar_c**2 / (2 * self.pair.reduced_mass) * slope.square().sum()
        return (kinetic + (self.V * u.square()).sum()) / u.square().sum()

    def training_step(self, batch: int, batch_idx: int) -> Tensor:
        energy = self.energy()
        if self.global_step % self.log_every == 0:
            self.log_now({"energy": float(energy)})
        return energy

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return self._optimizer(self.model.parameters())

    def observe(self) -> Results:
        return Results({"energy": Estimate(float(self.energy()), "MeV")})

    def objective(self, results: Results) -> float:
        return float(results.estimates["energy"].value)
