"""What a step reads from its device, and copies there: every one of these lets a GPU wait for its host."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from crossings import crossings
from pytorch_lightning.callbacks import Callback
from second_device import second_device, trains_there

from hadronlab.api import composed
from hadronlab.run.build import build_task, build_trainer

FEW_BODY = ["model.widths=[6]", "sampler.n_walkers=300", "task.burn_in=3"]
VMC = {
    "MetropolisSampler.sample": 1,  # whether all walkers are at finite places
    "EnergyRecord.add": 1,  # the energy, which is shown and kept
    "SRStatistics.fisher": 1,  # the number of samples
    "DampedSolver._ladder": 1,  # whether the metric could be factorised
}
INVERSE = {"Asymptotic.residual": 1}  # how many pairs of radii are far out
GAUSS_NEWTON = {
    "GaussNewton.displacement": 1,  # the loss
    "GaussNewton._search": 2,  # a trial: the fall predicted, and whether the bend is small
    "GaussNewton._trial": 1,  # the loss
    "DampedSolver._ladder": 2,  # the step and the bend
    "DampedSolver._shift": 2,  # the damping is relative to the metric
    "JacobianBlocks._pairs": 2,  # radii within the support
    "Asymptotic.residual": 6,
    "Asymptotic.jacobian": 1,
}
CASES = {
    "invariant": (["system=tcc", *FEW_BODY], VMC),
    "deepquark": (["system=tcc", "model=deepquark", *FEW_BODY], VMC),
    "deepquark sampled": (["system=tcc", "model=deepquark", "model.channel_sum=sampled", *FEW_BODY], VMC),
    "sdnn": (["system=separable", "model=sdnn"], INVERSE),
    "gauss_newton": (["system=separable", "model=low_rank", "optimizer=natural_gradient",
                      "optimizer.natural_gradient.warmup_steps=2"], GAUSS_NEWTON),
}  # fmt: skip


class OfOneStep(Callback):
    """Counts from the end of one step, past caches that the first ones fill, to the end of the next."""

    def __init__(self) -> None:
        self.counting, self.found = crossings(), Counter[str]()

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        if trainer.global_step == 3:
            self.found = self.counting.__enter__()
        elif trainer.global_step == 4:
            self.counting.__exit__(None, None, None)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_step_hardly_waits_for_numbers(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten sweeps, local energies and stochastic reconfiguration; or a gradient of the inverse problem."""
    overrides, most = CASES[name]
    trains_there(monkeypatch)
    with second_device() as device:
        quiet = ["quiet=true", "logger=csv", "trainer.log_every_n_steps=50", "trainer.max_steps=4"]
        config = composed(*overrides, *quiet, directory=tmp_path)
        task, trainer = build_task(config), build_trainer(config, tmp_path)
        trainer.callbacks.append(step := OfOneStep())  # type: ignore[attr-defined]
        trainer.strategy._root_device = device  # type: ignore[attr-defined]
        trainer.fit(task, task.steps(), weights_only=True)
    found: Counter[str] = Counter()
    for where, number in step.found.items():
        found[where.split(": ")[-1]] += number
    assert found, "nothing was counted: the loss is read at least where it is logged"
    assert not (found - Counter(most)), f"more than the bound: {found - Counter(most)}, all: {dict(found)}"
