"""Seconds a step of the Lightning loop against a bare loop of the same kernels, side by side in one run.

    python benchmarks/vmc_lightning.py [--system tcc] [--steps 60] [--repeats 3]

Both train the same network from the same seed with the same walkers; the Lightning loop logs, guards, averages the
parameters and keeps checkpoints as in any run. CPU seconds of one thread, the first steps left out of both.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from measure import Figure
from omegaconf import DictConfig
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Callback
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from hadronlab.api import composed
from hadronlab.optim.natural_gradient import DampedSolver
from hadronlab.optim.sr_statistics import reconfigure
from hadronlab.run.build import build_task, build_trainer
from hadronlab.run.launch import quiet_libraries
from hadronlab.sampling.local_energy import local_energy

WARM_UP = 5  # steps


class Clock(Callback):
    """CPU time at the end of the warm-up and of the training."""

    started, ended = 0.0, 0.0

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        if trainer.global_step == WARM_UP:
            self.started = time.process_time()
        self.ended = time.process_time()


def bare(config: DictConfig) -> tuple[float, float]:
    """CPU seconds, and the energy at the last step, of a plain loop."""
    task = build_task(config)
    model, sampler, schedule = task.model, task.sampler, task.schedule
    settings = config.optimizer.natural_gradient
    solver = DampedSolver(settings.shift, cap=settings.cap)
    sampler.sample(task.burn_in)
    started, energy = time.process_time(), 0.0
    for step in range(config.trainer.max_steps):
        if step == WARM_UP:
            started = time.process_time()
        r, channel = sampler.sample()
        local = local_energy(model, r, channel)
        energy = float(local.energy.mean())
        stage = schedule.stage(step)
        solver.momentum = stage.momentum
        rate = config.optimizer.optimizer.lr * schedule.rate(step) / model.energy_scale
        delta = reconfigure(
            solver, model, r, channel, local, rate, stage.clip, torch.float32, sampler.generator
        )
        theta = parameters_to_vector(model.parameters()).detach()
        vector_to_parameters(theta - rate * delta, model.parameters())
    return time.process_time() - started, task.record.absolute(energy)


def lightning(config: DictConfig, directory: str) -> tuple[float, float]:
    """CPU seconds and the energy at the last step of our loop."""
    task, trainer = build_task(config), build_trainer(config, Path(directory))
    task.sampler.sample(task.burn_in)
    task.equilibrated = True
    clock = Clock()
    trainer.callbacks.append(clock)  # type: ignore[attr-defined]
    trainer.fit(task, train_dataloaders=task.steps())
    return clock.ended - clock.started, task.history[-1][0]


def compare(system: str, steps: int, repeats: int) -> Figure:
    """Of default runs, so many steps long."""
    torch.set_num_threads(1)
    quiet_libraries()
    pairs = []
    for repeat in range(repeats):
        with tempfile.TemporaryDirectory() as directory:
            config = composed(
                f"system={system}", f"trainer.max_steps={steps}", "quiet=true", directory=directory
            )
            plain, energy_plain = bare(config)
            ours, energy_ours = lightning(config, directory)
        pairs.append((1e3 * ours / (steps - WARM_UP), 1e3 * plain / (steps - WARM_UP)))
        print(
            f"{repeat}: bare {pairs[-1][1]:.1f} ms a step, Lightning {pairs[-1][0]:.1f} ms, ratio "
            f"{ours / plain:.3f}, energies {energy_plain:.8g} {energy_ours:.8g}"
        )
    print(f"ratio: median {statistics.median(a / b for a, b in pairs):.3f} of {repeats}")
    ours, plain = map(statistics.median, zip(*pairs, strict=True))
    return Figure(f"a step, system={system}", ours, plain, "bare loop", "ms")


def short() -> list[Figure]:
    return [compare("tcc", steps=60, repeats=3)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--system", default="tcc")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    compare(options.system, options.steps, options.repeats)


if __name__ == "__main__":
    main()
