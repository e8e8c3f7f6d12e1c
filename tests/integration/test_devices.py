"""Trainings on a device of their own: every tensor is where it should be, and the numbers are those of the CPU."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import torch
from second_device import second_device, trains_there, works_as_there

from hadronlab.api import composed
from hadronlab.run.build import build_task, build_trainer
from hadronlab.run.directory.checkpoint_io import load_checkpoint
from hadronlab.tasks.base import Task

SMALL = ["quiet=true", "figures=false", "logger=csv", "trainer.log_every_n_steps=5"]
FEW_BODY = [
    "sampler.n_walkers=40",
    "sampler.sweeps=3",  # every operation is seen in Python, a hundred times slower than it is
    "task.burn_in=10",
    "task.evaluation_walkers=50",
    "task.evaluation_samples=200",
]
TASKS = {
    "invariant": ["system=tcc", "model.widths=[6]", *FEW_BODY],
    "deepquark": ["system=tbb", "model=deepquark", "model.widths=[6]", *FEW_BODY],
    "deepquark sampled": ["system=tbb", "model=deepquark", "model.channel_sum=sampled", "model.widths=[6]", *FEW_BODY],
    "adam": ["system=nucleon_flux_tube", "optimizer=adam", *FEW_BODY],
    "leptons": ["system=ps2", "sampler.moves.separation.weight=0.3", "schedule=paper", "schedule.pace=0.01",
                "schedule.compare_samples=100", "schedule.keep_every=2", *FEW_BODY,
                "schedule.stages.rough.n_walkers=40", "schedule.stages.finer.n_walkers=30", "schedule.stages.final.n_walkers=20"],
    "molecular": ["system=t4c", "model.widths=[6]", *FEW_BODY],
    "equivariant": ["system=nucleon", "model=equivariant", "model.widths=[6]", *FEW_BODY],
    "levels": ["system=jpsi", "task.states=2", "model.widths=[6]", *FEW_BODY, "task.burn_in=2"],
    "conditioned": ["system=D", "model.conditioned_on=[m_c]", "task.points=2", "model.widths=[6]", *FEW_BODY, "task.burn_in=2"],
    "sdnn": ["system=separable", "model=sdnn"],
    "gauss_newton": ["system=separable", "model=low_rank", "optimizer=natural_gradient"],
}  # fmt: skip


def train(
    directory: Path, overrides: list[str], device: torch.device | None, resume: Path | None = None
) -> Task:
    config = composed(*overrides, *SMALL, directory=directory)
    task, trainer = build_task(config), build_trainer(config, directory)
    if device is not None:
        trainer.strategy._root_device = device  # type: ignore[attr-defined]
    trainer.fit(task, task.steps(), ckpt_path=resume, weights_only=True)
    return task


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_a_training_on_a_device_gives_the_numbers_of_the_cpu(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trains_there(monkeypatch)
    works_as_there(monkeypatch)
    monkeypatch.setattr("hadronlab.tasks.several_states.WALKERS", 50)
    monkeypatch.setattr("hadronlab.tasks.several_states.STEPS", 5)
    found = []
    for where, context in (("cpu", contextlib.nullcontext()), ("device", second_device())):
        directory = tmp_path / where
        with context as device:
            task = train(directory, [*TASKS[name], "trainer.max_steps=8"], device)
            observables = task.observe()
        numbers = {name: (e.value, e.error) for name, e in observables.scalars.items()}
        found.append((numbers, load_checkpoint(directory / "checkpoints" / "last.ckpt")))
    (scalars, saved), (scalars_there, saved_there) = found
    assert saved_there["global_step"] == 8
    for key, value in saved["state_dict"].items():
        assert torch.equal(value, saved_there["state_dict"][key])  # the same operations of the same CPU
    assert scalars_there == scalars
