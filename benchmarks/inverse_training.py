"""Epochs a second of the Lightning loop against a bare PyTorch loop of the same recipe, side by side in one run.

    OMP_NUM_THREADS=1 python benchmarks/inverse_training.py [--epochs 400] [--repeats 10] [overrides …]

Both train the same model from the same seed with the same losses and Adam, and end at the same loss. They take turns, and
CPU time is compared, so that what else the machine does weighs on both alike. Without overrides: the main job and the toy.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from measure import Figure
from omegaconf import DictConfig
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from hadronlab.api import composed
from hadronlab.run.build import build_task, build_trainer
from hadronlab.run.launch import quiet_libraries

JOBS = {  # and the least ratio that they are to have
    ("system=omega_ccc", "model=sdnn_deep", "optimizer=adam"): 0.90,
    ("system=separable", "model=sdnn"): 0.85,
}


def bare(config: DictConfig, epochs: int) -> tuple[float, float]:
    """CPU seconds and final loss of a plain loop."""
    task = build_task(config)
    optimizer = torch.optim.Adam(task.model.parameters(), lr=config.optimizer.optimizer.lr)
    started = time.process_time()
    loss = torch.zeros(())
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = torch.stack(list(task.loss_parts().values())).sum()
        loss.backward()
        optimizer.step()
    return time.process_time() - started, float(loss.detach())


def lightning(config: DictConfig, epochs: int, directory: str) -> tuple[float, float]:
    """CPU seconds and final loss of our loop with its logging, progress bar, guards and checkpoints, first to last step."""
    task, trainer, clock = build_task(config), build_trainer(config, Path(directory)), Clock()
    trainer.callbacks.append(clock)
    trainer.fit(task, train_dataloaders=task.steps())
    return clock.seconds, task.health()["loss"]


class Clock(Callback):
    """CPU seconds between the start and the end of the training: what building a Trainer costs is not the loop's."""

    seconds = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._started = time.process_time()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.seconds = time.process_time() - self._started


def compare(overrides: Sequence[str], epochs: int, repeats: int, target: float | None = None) -> Figure:
    """Print epochs/s of both loops and their ratio."""
    plain, ours = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as directory:
            config = composed(*overrides, f"trainer.max_epochs={epochs}", directory=directory)
            seconds, loss = bare(config, epochs)
            plain.append(epochs / seconds)
            seconds, same = lightning(config, epochs, directory)
            ours.append(epochs / seconds)
        if abs(same - loss) > 1e-9 * loss:
            raise SystemExit(f"the two loops are not the same training: losses {loss:.12g} and {same:.12g}")
    ratios = sorted(ours[i] / plain[i] for i in range(repeats))
    print(f"{' '.join(overrides)}: bare {statistics.median(plain):.0f}, Lightning {statistics.median(ours):.0f} epochs/s of "
          f"CPU time, ratio {statistics.median(ratios):.3f} ({ratios[0]:.3f} … {ratios[-1]:.3f} in {repeats} turns)")  # fmt: skip
    ours_ms, plain_ms = (1e3 / statistics.median(rates) for rates in (ours, plain))
    return Figure(f"an epoch, {' '.join(overrides)}", ours_ms, plain_ms, "bare loop", "ms", target)


def short() -> list[Figure]:
    set_up()
    return [compare(job, 300, 3, target) for job, target in JOBS.items()]


def set_up() -> None:
    quiet_libraries()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=400)
    parser.add_argument("--repeats", type=int, default=10)
    options, overrides = parser.parse_known_args()
    set_up()
    for job in [overrides] if overrides else JOBS:
        compare(job, options.epochs, options.repeats)


if __name__ == "__main__":
    main()
