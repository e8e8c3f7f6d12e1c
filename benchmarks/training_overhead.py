"""What logging, guards and checkpoints cost: CPU time (and wall time) a step with them over without, in turns in one process.

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
from hadronlab.run.build import build_task, build_trainer
from hadronlab.run.launch import quiet_libraries

BARE = [
    "~callbacks.checkpoints",
    "~callbacks.guards",
    "~callbacks.interrupt",
    "~logger.csv",
    "+trainer.enable_checkpointing=false",
]


def seconds_a_step(overrides: list[str], steps: int) -> tuple[float, float]:
    """CPU and wall seconds of the training alone, without set-up and evaluation."""
    with tempfile.TemporaryDirectory() as directory:
        config = composed(*overrides, "quiet=true", f"trainer.max_steps={steps}", directory=directory)
        task: Any = build_task(config)
        trainer = build_trainer(config, Path(directory))
        began, began_cpu = time.perf_counter(), time.process_time()
        trainer.fit(task, train_dataloaders=task.steps())
        return (time.process_time() - began_cpu) / steps, (time.perf_counter() - began) / steps


def main() -> None:
    quiet_libraries()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    overrides = sys.argv[1:] or ["system=omega_ccc", "model=sdnn_deep"]
    steps = max(20, int(4.0 / seconds_a_step([*overrides, *BARE], 20)[0]))
    pairs = [(seconds_a_step(overrides, steps), seconds_a_step([*overrides, *BARE], steps)) for _ in range(5)]
    for clock, name in enumerate(("CPU", "wall")):
        full, bare = ([times[clock] for times in column] for column in zip(*pairs, strict=True))
        ratios = [f / b for f, b in zip(full, bare, strict=True)]
        print(f"{' '.join(overrides)}: {steps} steps, {name} {1e3 * statistics.median(full):.2f} ms a step with, "
              f"{1e3 * statistics.median(bare):.2f} ms without, ratio {statistics.median(ratios):.3f} "
              f"({min(ratios):.3f} … {max(ratios):.3f})")  # fmt: skip


if __name__ == "__main__":
    main()
