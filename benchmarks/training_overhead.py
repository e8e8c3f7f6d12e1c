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
from measure import Figure

from hadronlab.api import composed
from hadronlab.run.build import build_task, build_trainer
from hadronlab.run.launch import quiet_libraries

JOB = ["system=omega_ccc", "model=sdnn_deep"]
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


def compare(overrides: list[str], seconds: float, repeats: int) -> Figure:
    """Of trainings that take so many seconds each."""
    quiet_libraries()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    steps = max(20, int(seconds / seconds_a_step([*overrides, *BARE], 20)[0]))
    pairs = [
        (seconds_a_step(overrides, steps), seconds_a_step([*overrides, *BARE], steps)) for _ in range(repeats)
    ]
    for clock, name in enumerate(("CPU", "wall")):
        full, bare = ([times[clock] for times in column] for column in zip(*pairs, strict=True))
        ratios = [f / b for f, b in zip(full, bare, strict=True)]
        print(f"{' '.join(overrides)}: {steps} steps, {name} {1e3 * statistics.median(full):.2f} ms a step with, "
              f"{1e3 * statistics.median(bare):.2f} ms without, ratio {statistics.median(ratios):.3f} "
              f"({min(ratios):.3f} … {max(ratios):.3f})")  # fmt: skip
    full, bare = (
        1e3 * statistics.median(times[0] for times in column) for column in zip(*pairs, strict=True)
    )
    return Figure(f"a step, {' '.join(overrides)}", full, bare, "no logs, guards, checkpoints", "ms")


def short() -> list[Figure]:
    return [compare(JOB, seconds=1.5, repeats=3)]


def main() -> None:
    compare(sys.argv[1:] or JOB, seconds=4.0, repeats=5)


if __name__ == "__main__":
    main()
