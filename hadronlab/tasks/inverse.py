"""The inverse problem as a LightningModule: minimise the residual of Eq. 4 or 5 over the potential's parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Self

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import Tensor, nn

from hadronlab.data.diagnostics import effective_rank
from hadronlab.data.wave_data import WaveData
from hadronlab.losses.loss import LinearLoss, Loss
from hadronlab.losses.terms import Terms
from hadronlab.models.potentials.potential import Potential
from hadronlab.observables.protocols import PotentialObservable
from hadronlab.observables.results import Results
from hadronlab.optim.gauss_newton import GaussNewton
from hadronlab.optim.least_squares import LeastSquares
from hadronlab.optim.minima import Minimum
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.processes import ALONE
from hadronlab.physics.scattering.hadronic_mesh import scattering_mesh
from hadronlab.physics.scattering.rmatrix import RMatrix
from hadronlab.systems.hadrons import HadronPair
from hadronlab.tasks.base import Task, build_observables, build_optimizer, build_scheduler
from hadronlab.tasks.inverse_checks import check, memory
from hadronlab.tasks.inverse_losses import losses_of
from hadronlab.tasks.inverse_result import observed
from hadronlab.tasks.starts import StartingPoints, Starts


class InverseTask(Task):
    """Learn U(r,r') and V0(r) from `data` by minimising the weighted sum of `losses` over all rows at once.

    optimizer: called with the parameters; scheduler: called with the optimizer, stepped once a step, or None.
    observables: of the result, by name.
    k_max: largest momentum whose phase shift is quoted, fm⁻¹.
    refit_steps, refit_shift: bound of the Gauss–Newton steps that fit every resampling bin after the training (0: no
    errors), and their damping; see `GaussNewton.refit_bins` for when they end.
    log_every: steps between two logged losses.
    starts: see `StartingPoints`.
    plain_gradient: whether the optimizer steps along ∂L/∂θ, there being no natural gradient.
    """

    task: ClassVar[str] = "inverse"
    purpose: ClassVar[str] = "learns a potential from lattice data"
    needs: ClassVar[tuple[str, ...]] = ("data", "loss")
    unused: ClassVar[tuple[str, ...]] = ("sampler", "schedule", "interaction")
    recommended_optimizer: ClassVar[str] = "natural_gradient"
    depends_on_batch: ClassVar[bool] = False
    model: Potential

    @classmethod
    def build(cls, config: DictConfig) -> Self:
        """Data of the pair first: losses and, where the system does not say them, masses come from these."""
        pair = instantiate(config.system, _convert_="all")
        loaded = instantiate(config.data, _convert_="all").load(pair)
        data, *others = sorted(loaded, key=lambda one: -one.r[-1]) if isinstance(loaded, list) else [loaded]
        pair = pair.completed(data.reduced_mass, data.hadrons)
        losses = losses_of(config.loss, [data, *others], pair)
        model = instantiate(config.model, _convert_="all")
        task = instantiate(config.task, _partial_=True)(
            model=model,
            losses=losses,
            data=data,
            pair=pair,
            optimizer=build_optimizer(config),
            observables=build_observables(config),
            scheduler=build_scheduler(config),
            plain_gradient=config.optimizer.get("natural_gradient") is None,
            log_every=config.trainer.log_every_n_steps,
        )
        check(task)
        return task

    def __init__(
        self,
        model: Potential,
        losses: Mapping[str, Loss],
        data: WaveData,
        pair: HadronPair,
        optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        scheduler: Callable[[torch.optim.Optimizer], Any] | None = None,
        observables: Mapping[str, PotentialObservable] | None = None,
        k_max: float = 2.0,
        refit_steps: int = 60,
        refit_shift: float = 1e-6,
        log_every: int = 20,
        plain_gradient: bool = False,
        starts: Starts = "auto",
    ) -> None:
        super().__init__()
        self.plain_gradient = plain_gradient
        self.model, self.losses = model, nn.ModuleDict(dict(losses))
        self.data, self.pair = data, pair
        self._optimizer, self._scheduler = optimizer, scheduler
        self.observables = dict(observables or {})
        self.k_max, self.log_every = k_max, log_every
        self.refit_steps, self.refit_shift = refit_steps, refit_shift
        self.starts = StartingPoints(starts)
        self.minima: list[Minimum] = []  # that the starting points lead to, the lowest first
        self.bins: Tensor | None = None
        self.processes = ALONE  # all of the run acting as one; the run says which
        self.unconverged: list[int] = []  # resampling bins whose refit met its bound
        self.terms = Terms(losses)
        self.loss_zero = float(sum(loss.zero().detach() for loss in losses.values()))
        self._last: tuple[tuple[str, ...], Tensor] = (), torch.zeros(0)  # names and terms of the last loss

    def setup(self, stage: str) -> None:
        """The rows are split over the processes, on the device where the losses will be."""
        self.losses.to(self.trainer.strategy.root_device)
        self.terms = Terms(self.terms.losses, self.processes.rank, self.processes.size)

    def teardown(self, stage: str) -> None:
        self.terms, self.processes = Terms(self.terms.losses), ALONE

    def on_train_start(self) -> None:
        """Fit the local part of a hybrid alone first: a network that starts in its place ends 0.15 rad off.

        To the lattice where there is one: three steps with C(k) may end on the side of no bound state.
        """
        self.bins, self.unconverged = None, []  # those of a checkpoint belong to where it stands
        local = self.model.fitted_first
        data_terms = {name: loss for name, loss in self.terms.losses.items() if loss.data_term}
        linear = {name: loss for name, loss in data_terms.items() if isinstance(loss, LinearLoss)}
        if self.global_step == 0 and local is not None and data_terms:
            GaussNewton(LeastSquares(local, linear or data_terms), DampedSolver(1e-10, relative=True)).run(3)
        if self.global_step == 0:
            problem = self.least_squares()
            self.minima = self.starts.lead_to(problem, self.rmatrix())
            if self.minima:
                problem.assign(self.minima[0].theta)

    def potential(self, rows: Tensor, r: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """U (n, N) on radii rows (n,) × r (N,) and V0 (n,), at the present parameters; None for zero."""
        model = self.model
        U = model.on_grid(rows, r) if model.has_nonlocal else None
        return U, model.local(rows) if model.has_local else None

    def loss_parts(self) -> dict[str, Tensor]:
        """The weighted terms of the loss at the present parameters, over the rows of this process."""
        return self.terms.losses_at(self.potential)

    def training_step(self, batch: int, batch_idx: int) -> Tensor:
        """The whole data are one batch. DDP averages the gradients of the processes; the loss is their sum."""
        parts, ranks = self.loss_parts(), self.trainer.world_size
        terms = torch.stack(list(parts.values()))
        self._last = tuple(parts), self.total(terms.detach().clone()) if ranks > 1 else terms.detach()
        if self.global_step % self.log_every == 0:
            shown = self._parts() if len(parts) > 1 else {}
            self.log_now({"loss": self.health()["loss"], **{f"loss/{k}": v for k, v in shown.items()}})
        loss = terms.sum()
        return loss * ranks if ranks > 1 else loss

    def rmatrix(self) -> RMatrix:
        """On which the scattering by the potential is solved."""
        data = self.data
        return scattering_mesh(float(data.r[-1]), data.reduced_mass, data.hbar_c, self.k_max)

    def rehearse(self) -> None:
        """The gradient, or a Gauss–Newton step, which is not taken."""
        if self.plain_gradient:
            theta = [p for p in self.parameters() if p.requires_grad]
            torch.autograd.grad(torch.stack(list(self.loss_parts().values())).sum(), theta, allow_unused=True)
        else:
            GaussNewton(self.least_squares(), DampedSolver(1e-3, relative=True)).displacement()

    def _parts(self) -> dict[str, float]:
        """The weighted terms of the last loss, over the rows of all processes."""
        names, terms = self._last
        return dict(zip(names, terms.tolist(), strict=True))

    def health(self) -> dict[str, float]:
        """What the guards watch."""
        return {"loss": float(self._last[1].sum()), "loss_zero": self.loss_zero}

    def configure_optimizers(self) -> Any:
        optimizer = self._optimizer(self.parameters())
        if self._scheduler is None:
            return optimizer
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": self._scheduler(optimizer), "interval": "step"},
        }

    def least_squares(self) -> LeastSquares:
        """The losses as one function of flat parameters, for Gauss–Newton; shared by the processes of a training."""
        return LeastSquares(self.model, self.terms.losses, self.processes)

    def refit(self) -> None:
        """Fit every resampling bin by Gauss–Newton, warm-started from the present (central) parameters."""
        if self.terms.bins.count == 0 or self.refit_steps == 0:
            return
        newton = GaussNewton(self.least_squares(), DampedSolver(shift=self.refit_shift, relative=True))
        room = memory() // (2 * newton.problem.bytes_needed)  # each has matrices of its own
        processes = max(1, min(1 + self.spare_cores, room))
        found = newton.refit_bins(range(1, self.terms.bins.count + 1), self.refit_steps, processes=processes)
        self.bins = found.theta
        self.unconverged = (torch.nonzero(~found.converged)[:, 0] + 1).tolist()

    @property
    def refits(self) -> dict[str, Any]:
        """Of the resampling bins, as a checkpoint holds them; empty before."""
        return {} if self.bins is None else {"bins": self.bins, "unconverged": self.unconverged}

    def observe(self) -> Results:
        """Observables of the present parameters, with the errors of the refitted bins."""
        if self.bins is None:
            self.refit()
        return observed(self)

    def objective(self, results: Results) -> float | None:
        """The error of the phase shifts where the truth is known, else the loss."""
        for name in ("phase_shift_error_max", "loss_final"):
            if name in results.estimates:
                return float(results.estimates[name].value)
        return None

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["minima"] = [(m.theta, m.loss, m.residual) for m in self.minima]

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.bins, self.unconverged = checkpoint.get("bins"), checkpoint.get("unconverged", [])
        self.minima = [Minimum(*parts) for parts in checkpoint.get("minima", [])]

    def status(self) -> str:
        """The loss and its parts for the progress bar."""
        parts = self._parts()
        terms = "  ".join(f"{name} {value:.3g}" for name, value in parts.items()) if len(parts) > 1 else ""
        return f"loss {sum(parts.values()):.4g}  {terms}"

    def describe(self) -> dict[str, str]:
        """Rows of the table shown before the training."""
        told = [loss.in_words for loss in self.terms.losses.values() if loss.in_words]
        words = told or [self.data.in_words]
        return {
            **{"data" if i == 1 else f"data {i}": each for i, each in enumerate(words, start=1)},
            "parameters": str(sum(p.numel() for p in self.parameters())),
            **({"effective rank": str(effective_rank(self.data))} if self.data.labels else {}),
            "loss": " + ".join(f"{loss.weight:g} {name}" for name, loss in self.losses.items()),
            "loss of U = 0": f"{self.loss_zero:.4g}",
        }
