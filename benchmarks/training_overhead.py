"""What logging, guards and checkpoints cost: seconds a step with them over without, alternating in one process.

OMP_NUM_THREADS=1 python benchmarks/training_overhead.py [overrides …]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import torch

from hadronlab.api import composed
from hadronlab.runner.build import build_task, build_trainer
from hadronlab.runner.launch import quiet_libraries

BARE = [
    "~callbacks.checkpoints",
    "~callbacks.guards",
    "~callbacks.interrupt",
    "~logger.csv",
    "+trainer.enable_checkpointing=false",
]


def seconds_a_step(overrides: list[str], steps: int) -> float:
    """Training alone, without set-up and evaluation."""
    with tempfile.TemporaryDirectory() as directory:
        config = composed(*overrides, "quiet=true", f"trainer.max_steps={steps}", directory=directory)
        task: Any = build_task(config)
        trainer = build_trainer(config, Path(directory))
        began = time.perf_counter()
        trainer.fit(task, train_dataloaders=task.steps())
        return (time.perf_counter() - began) / steps


def main() -> None:
    quiet_libraries()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    overrides = sys.argv[1:] or ["system=omega_ccc", "model=sdnn_deep"]
    steps = max(20, int(4.0 / seconds_a_step([*overrides, *BARE], 20)))
    pairs = [(seconds_a_step(overrides, steps), seconds_a_step([*overrides, *BARE], steps)) for _ in range(5)]
    ratios = [full / bare for full, bare in pairs]
    print(f"{' '.join(overrides)}: {steps} steps, {1e3 * statistics.median(f for f, _ in pairs):.2f} ms a step with, "
          f"{1e3 * statistics.median(b for _, b in pairs):.2f} ms without, ratio {statistics.median(ratios):.3f} "
          f"({min(ratios):.3f} … {max(ratios):.3f})")  # fmt: skip


if __name__ == "__main__":
    main()
