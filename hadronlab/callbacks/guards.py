"""Watch a training for numbers that have gone wrong; say so in one line, repair it, or let it end.

A guard raises `Fault`; so do the solver and the sampler with a HadronlabError. The runner then rolls back to the last
good checkpoint and hands `Guards` the repairs to apply there (see runner/fit.py).
"""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Mapping
from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from hadronlab.callbacks.agreement import any_rank
from hadronlab.errors import ConfigError, HadronlabError

log = logging.getLogger(__name__)


class Fault(HadronlabError):
    """Something that a run must not go on with. kind: what result.json gives as status if no repair helps."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Guards(Callback):
    """Looks at the gradient and at what the task's `health()` tells of itself, every `every_n_steps` steps.

    health() may hold loss, loss_zero (of U = 0), energy, energy_error, energy_bound (the exact energy cannot lie
    below it), acceptance, r_hat; what is absent is not watched.

    patience: steps in a row that a slow sign (walkers, bound, collapse) must last.
    acceptance: range outside which the walkers count as frozen. r_hat: largest value that counts as mixed.
    max_repairs: how many faults are repaired before the run ends.
    """

    def __init__(
        self,
        every_n_steps: int = 10,
        patience: int = 50,
        acceptance: tuple[float, float] = (0.05, 0.98),
        r_hat: float = 1.1,
        max_repairs: int = 4,
    ) -> None:
        if (
            min(every_n_steps, patience) < 1
            or not 0 <= acceptance[0] < acceptance[1] <= 1
            or not r_hat > 1
            or max_repairs < 0
        ):
            raise ConfigError(f"every_n_steps = {every_n_steps}, patience = {patience}, acceptance = {list(acceptance)}, r_hat = {r_hat} of "
                              "guards: need at least 1, two rising numbers in [0, 1], and more than 1")  # fmt: skip
        self.every_n_steps, self.patience, self.max_repairs = every_n_steps, patience, max_repairs
        self.acceptance, self.r_hat = tuple(acceptance), r_hat
        self.repairs, self.restarts = 0, 0
        self.notes: list[str] = []  # one line each, for result.json
        self._rows: dict[str, int] = {}  # how many steps in a row each sign has lasted
        self._pending: dict[str, Any] | None = None

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Any) -> None:
        if trainer.global_step % self.every_n_steps:
            return  # a gradient that is not finite makes a loss that is not finite, and is seen then
        grads = [p.grad for p in pl_module.parameters() if p.grad is not None]
        if grads and not math.isfinite(float(torch.stack(torch._foreach_norm(grads)).sum())):  # type: ignore[arg-type]
            what = self._not_finite(self._health(pl_module))
            raise Fault("not_finite", f"step {trainer.global_step}: {what or 'the gradient'} is not finite")

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if trainer.global_step % self.every_n_steps:
            return
        health = self._health(pl_module)
        what = self._not_finite(health)
        fault = ("not_finite", f"{what} is not finite") if what else self._slow_sign(health)
        if any_rank(trainer, fault is not None):
            kind, message = fault or ("fault", "another rank reported a fault")
            raise Fault(kind, f"step {trainer.global_step}: {message}")
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            rung = str(getattr(callback, "rung", ""))
            if rung == "eigh" or rung.startswith("shift x"):
                self._singular(f"step {trainer.global_step}: metric singular, solved with "
                               + ("its small eigenvalues cut" if rung == "eigh" else rung.replace("x", "× ")))  # fmt: skip

    @property
    def suspicious(self) -> bool:
        """Whether a slow sign shows: no state to come back to."""
        return any(self._rows.values())

    def _slow_sign(self, health: Mapping[str, float]) -> tuple[str, str] | None:
        """The (kind, message) of a sign that has lasted for `patience` steps."""
        low, high = self.acceptance
        energy, bound = health.get("energy", 0.0), health.get("energy_bound", -math.inf)
        margin = 5.0 * health.get("energy_error", 0.0) + 1e-9 * abs(bound) if math.isfinite(bound) else 0.0
        loss, zero = health.get("loss", 0.0), health.get("loss_zero", math.inf)
        acceptance, r_hat = health.get("acceptance"), health.get("r_hat")
        stuck = acceptance is not None and not low <= acceptance <= high
        signs: dict[str, tuple[bool | None, str]] = {
            "frozen_walkers": (None if acceptance is None else stuck, f"walkers frozen: acceptance {acceptance or 0.0:.3f}"),
            "unmixed_walkers": (None if r_hat is None else r_hat > self.r_hat, f"walkers do not mix: R-hat {r_hat or 0.0:.3f}"),
            "energy_below_bound": (energy < bound - margin, f"energy {energy:.8g} below the variational bound {bound:.8g}"),
            "collapsed": (abs(loss - zero) < 1e-3 * zero < math.inf, f"potential collapsed to zero: loss {loss:.6g}, that of U = 0"),
        }  # fmt: skip
        for kind, (bad, message) in signs.items():
            if bad is not None:  # what is not measured at this step says nothing
                self._rows[kind] = self._rows.get(kind, 0) + self.every_n_steps if bad else 0
            if self._rows.get(kind, 0) >= self.patience:
                return kind, f"{message}, for {self.patience} steps"
        return None

    @staticmethod
    def _health(module: LightningModule) -> Mapping[str, float]:
        return module.health() if hasattr(module, "health") else {}  # type: ignore[operator]

    @staticmethod
    def _not_finite(health: Mapping[str, float]) -> str | None:
        return next((f"the {n}" for n in ("loss", "energy") if not math.isfinite(health.get(n, 0.0))), None)

    def _singular(self, line: str) -> None:
        """The solver's own ladder repairs a singular metric: say it the first time."""
        if not any("metric singular" in note for note in self.notes):
            self.note(line)

    def note(self, line: str) -> None:
        """Say `line` now and keep it for result.json."""
        self.notes.append(line)
        log.warning(line)
        print(f"warning: {line}", file=sys.stderr)

    # ---- repairs

    def resume_with(self, repairs: int, restarts: int, notes: list[str], fresh_walkers: bool) -> None:
        """To be applied when the training starts from the checkpoint that was rolled back to."""
        self._pending = {
            "repairs": repairs,
            "restarts": restarts,
            "notes": notes,
            "fresh_walkers": fresh_walkers,
        }

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._pending is None:
            return
        times = self._pending["repairs"] - self.repairs
        self.repairs, self.restarts, self.notes = (self._pending[k] for k in ("repairs", "restarts", "notes"))
        if times > 0:
            soften(trainer, 0.5**times, 10.0**times)
        if self._pending["fresh_walkers"] and hasattr(pl_module, "fresh_walkers"):
            pl_module.fresh_walkers()  # type: ignore[operator]
        self._rows, self._pending = {}, None

    def state_dict(self) -> dict[str, Any]:
        return {
            "repairs": self.repairs,
            "restarts": self.restarts,
            "notes": list(self.notes),
            "rows": dict(self._rows),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.repairs, self.restarts = state_dict["repairs"], state_dict["restarts"]
        self.notes, self._rows = list(state_dict["notes"]), dict(state_dict["rows"])


def soften(trainer: Trainer, step: float, shift: float) -> None:
    """Multiply every learning rate by `step` and every solver's shift by `shift`."""
    for optimizer in trainer.optimizers:
        for group in optimizer.param_groups:
            for key in ("lr", "initial_lr"):
                if key in group:
                    group[key] *= step
    for config in trainer.lr_scheduler_configs:
        config.scheduler.base_lrs = [lr * step for lr in config.scheduler.base_lrs]
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if hasattr(callback, "raise_shift"):
            callback.raise_shift(shift)
