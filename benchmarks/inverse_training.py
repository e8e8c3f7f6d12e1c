"""Epochs a second of the Lightning loop against a bare PyTorch loop of the same recipe, side by side in one run.

    python benchmarks/inverse_training.py [--system separable] [--epochs 1000] [--repeats 3]

Both train the same model from the same seed with the same losses and Adam; each repeat runs one after the other.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import torch
from omegaconf import DictConfig
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from hadronlab.api import composed
from hadronlab.runner.build import build_task, build_trainer


def bare(config: DictConfig, epochs: int) -> tuple[float, float]:
    """Seconds and final loss of a plain loop."""
    task = build_task(config)
    optimizer = torch.optim.Adam(task.model.parameters(), lr=config.optimizer.optimizer.lr)
    started = time.perf_counter()
    loss = torch.zeros(())
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = torch.stack(list(task.loss_parts().values())).sum()
        loss.backward()
        optimizer.step()
    return time.perf_counter() - started, float(loss.detach())


def lightning(config: DictConfig, epochs: int, directory: str) -> tuple[float, float]:
    """Seconds and final loss of our loop with its logging, progress bar and checkpoints, from first to last step."""
    task, trainer, clock = build_task(config), build_trainer(config, Path(directory)), Clock()
    trainer.callbacks.append(clock)
    trainer.fit(task, train_dataloaders=task.steps())
    return clock.seconds, float(sum(part.detach() for part in task._parts.values()))


class Clock(Callback):
    """Seconds between the start and the end of the training: what building a Trainer costs is not the loop's."""

    seconds = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._started = time.perf_counter()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.seconds = time.perf_counter() - self._started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--system", default="separable")
    parser.add_argument("--model", default="sdnn")
    parser.add_argument("--epochs", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    ratios = []
    for repeat in range(options.repeats):
        with tempfile.TemporaryDirectory() as directory:
            config = composed(
                f"system={options.system}", f"model={options.model}", f"trainer.max_epochs={options.epochs}",
                "optimizer.optimizer.lr=0.01", directory=directory,
            )  # fmt: skip
            plain, loss_plain = bare(config, options.epochs)
            ours, loss_ours = lightning(config, options.epochs, directory)
        ratios.append(plain / ours)
        print(f"{repeat}: bare {options.epochs / plain:.0f} epochs/s, Lightning {options.epochs / ours:.0f} epochs/s, "
              f"ratio {plain / ours:.3f}, losses {loss_plain:.12g} {loss_ours:.12g}")  # fmt: skip
    print(f"ratio: median {sorted(ratios)[len(ratios) // 2]:.3f} of {options.repeats}")


if __name__ == "__main__":
    main()
