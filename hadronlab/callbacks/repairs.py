"""What is done about a fault, at the state that a run has gone back to or where it stands."""

from __future__ import annotations

from collections.abc import Sequence

from pytorch_lightning import LightningModule, Trainer

from hadronlab.tasks.protocols import Damped, HasWalkers, RemembersEnergy

FRESH_WALKERS = ("frozen_walkers", "unmixed_walkers", "energy_below_bound")  # drawn anew after these
IN_PLACE = (
    "unmixed_walkers",
)  # the parameters are not to blame: the training goes on with them and its step
WARN_AGAIN = {  # repaired once; what is said, and no more done, when it comes back
    "unmixed_walkers": "after fresh walkers too: this state mixes slowly, raise sampler.sweeps; training on"
}


def describe(kind: str) -> str:
    """The repair of a fault, for the line that names it."""
    walkers = ["fresh walkers"] if kind in FRESH_WALKERS else []
    if kind in IN_PLACE:
        return ", ".join(walkers)
    return "back to the last checkpoint with " + ", ".join([*walkers, "half the step", "ten times the shift"])


def repair(trainer: Trainer, task: LightningModule, kinds: Sequence[str], number: int) -> None:
    """Repair the faults `kinds` that followed the present state; `number` of all repairs makes walkers new ones."""
    times = sum(kind not in IN_PLACE for kind in kinds)
    if times:
        soften(trainer, 0.5**times, 10.0**times)
    if "energy_rises" in kinds and isinstance(task, RemembersEnergy):
        task.forget_lowest_energy()  # for the state gone back to may have risen already
    if any(kind in FRESH_WALKERS for kind in kinds) and isinstance(task, HasWalkers):
        task.fresh_walkers(number)


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
        if isinstance(callback, Damped):
            callback.raise_shift(shift)
