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
from pytorch_lightning.utilities import rank_zero_only

from hadronlab.callbacks.agreement import any_rank, of_all_ranks
from hadronlab.callbacks.repairs import IN_PLACE, WARN_AGAIN, describe, repair
from hadronlab.callbacks.signs import Fault, Limits, not_finite
from hadronlab.errors import ConfigError
from hadronlab.tasks.protocols import Damped, Health

log = logging.getLogger(__name__)


class Guards(Callback):
    """Looks at the gradient and at what the task's `health()` tells of itself, every `every_n_steps` steps.

    health() may hold loss, loss_zero (of U = 0), energy, energy_error, energy_bound (the exact energy cannot lie
    below it), energy_rise, energy_rise_error, acceptance, r_hat; what is absent is not watched. All ranks look together,
    and a sign that one of them shows is a sign of the run.

    Walkers that do not mix are drawn anew, and the training goes on; if the new ones do not mix either, that shows a
    state that mixes slowly: it is said, and no more, for the final evaluation has walkers and an R̂ of its own.

    patience, acceptance, r_hat, mixing_patience, rise: see Limits. max_repairs: how many faults are repaired before
    the run ends.
    """

    def __init__(
        self,
        every_n_steps: int = 10,
        patience: int = 50,
        acceptance: tuple[float, float] = (0.05, 0.98),
        r_hat: float = 1.1,
        mixing_patience: int = 200,
        rise: float = 0.5,
        max_repairs: int = 4,
    ) -> None:
        if every_n_steps < 1 or max_repairs < 0:
            raise ConfigError(
                f"guards: every_n_steps={every_n_steps}, max_repairs={max_repairs}: need at least 1 and 0"
            )
        self.every_n_steps, self.max_repairs = every_n_steps, max_repairs
        self.limits = Limits((acceptance[0], acceptance[1]), r_hat, patience, mixing_patience, rise)
        self.repairs: list[str] = []  # the faults repaired so far
        self.restarts = 0
        self.notes: list[str] = []  # one line each, for result.json
        self._rows: dict[str, int] = {}  # how many steps in a row each sign has lasted
        self._pending: dict[str, Any] | None = None

    @property
    def acts_every(self) -> int:
        """Steps between two at which something is done around a step (see tasks/consecutive_steps.py)."""
        return self.every_n_steps

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Any) -> None:
        if trainer.global_step % self.every_n_steps:
            return  # a gradient that is not finite makes a loss that is not finite, and is seen then
        grads = [p.grad for p in pl_module.parameters() if p.grad is not None]
        bad = bool(grads) and not math.isfinite(float(torch.stack(torch._foreach_norm(grads)).sum()))  # type: ignore[arg-type]
        if any_rank(trainer, bad):
            what = not_finite(self._health(pl_module)) or "the gradient"
            raise Fault("not_finite", f"step {trainer.global_step}: {what} is not finite")

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if trainer.global_step % self.every_n_steps:
            return
        healths = of_all_ranks(trainer, self._health(pl_module))
        what = next(filter(None, map(not_finite, healths)), None)
        fault = (
            ("not_finite", f"{what} is not finite") if what else self._slow_sign(healths, trainer.global_step)
        )
        if fault and fault[0] not in IN_PLACE:
            raise Fault(fault[0], f"step {trainer.global_step}: {fault[1]}")
        if fault:
            self.note(f"step {trainer.global_step}: {fault[1]}; {describe(fault[0])}")
            self.repairs, self._rows[fault[0]] = [*self.repairs, fault[0]], 0
            repair(trainer, pl_module, [fault[0]], len(self.repairs))
        for rung in (c.rung for c in trainer.callbacks if isinstance(c, Damped)):  # type: ignore[attr-defined]
            if rung == "eigh" or rung.startswith("shift x"):
                self._once("metric singular", f"step {trainer.global_step}: metric singular, solved with "
                           + ("its small eigenvalues cut" if rung == "eigh" else rung.replace("x", "× ")))  # fmt: skip

    @property
    def suspicious(self) -> bool:
        """Whether a sign shows that the parameters are none to come back to."""
        return any(steps for kind, steps in self._rows.items() if kind not in IN_PLACE)

    def _slow_sign(self, healths: list[Mapping[str, float]], step: int) -> tuple[str, str] | None:
        """The (kind, message) of a sign that has lasted for its patience, on any rank, and is to be repaired."""
        for signs in zip(*map(self.limits.signs, healths), strict=True):  # one kind on all ranks
            measured = [sign for sign in signs if sign.bad is not None]
            if not measured:
                continue  # what is not measured at this step says nothing
            sign = next((sign for sign in measured if sign.bad), measured[0])
            self._rows[sign.kind] = self._rows.get(sign.kind, 0) + self.every_n_steps if sign.bad else 0
            if self._rows[sign.kind] < sign.patience:
                continue
            line = f"{sign.message}, for {sign.patience} steps"
            if sign.kind in WARN_AGAIN and sign.kind in self.repairs:
                self._once(WARN_AGAIN[sign.kind], f"step {step}: {line}, {WARN_AGAIN[sign.kind]}")
            else:
                return sign.kind, line
        return None

    @staticmethod
    def _health(module: LightningModule) -> Mapping[str, float]:
        return module.health() if isinstance(module, Health) else {}

    def _once(self, mark: str, line: str) -> None:
        """Note the `line` of something that the run lives with, unless one with `mark` in it stands there already."""
        if not any(mark in note for note in self.notes):
            self.note(line)

    def note(self, line: str) -> None:
        """Say `line` now and keep it for result.json."""
        self.notes.append(line)
        _say(line)

    # ---- repairs

    def resume_with(self, repairs: list[str], restarts: int, notes: list[str]) -> None:
        """The faults to repair, and what was noted, when the training starts from the state it has gone back to."""
        self._pending = {"repairs": repairs, "restarts": restarts, "notes": notes}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._pending is None:
            return
        done = len(self.repairs)  # before that state was saved
        self.repairs, self.restarts, self.notes = (self._pending[k] for k in ("repairs", "restarts", "notes"))
        repair(trainer, pl_module, self.repairs[done:], len(self.repairs))
        self._rows, self._pending = {}, None

    def state_dict(self) -> dict[str, Any]:
        return {
            "repairs": list(self.repairs),
            "restarts": self.restarts,
            "notes": list(self.notes),
            "rows": dict(self._rows),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.repairs, self.restarts = list(state_dict["repairs"]), state_dict["restarts"]
        self.notes, self._rows = list(state_dict["notes"]), dict(state_dict["rows"])


@rank_zero_only
def _say(line: str) -> None:
    log.warning(line)
    print(f"warning: {line}", file=sys.stderr)
