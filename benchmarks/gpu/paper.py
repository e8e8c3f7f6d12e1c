"""The paper's schedule for T_cc (1e3, 1e4 and 1e5 samples): some steps of every stage, and how long all would take."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.callbacks import Callback
from record import Record, arguments

from hadronlab.api import composed
from hadronlab.run.build import build_task, build_trainer

PAPER = ["experiment=deepquark/recipe", "system=tcc", "model.boundary=4.0", "quiet=true"]


class StepTimes(Callback):
    """Seconds of every step, by the walkers that it had: of the clock on a GPU, of the processor on a CPU."""

    def __init__(self, device: str) -> None:
        self.clock = time.perf_counter if device == "cuda" else time.process_time
        self.device, self.before, self.times = device, self.clock(), dict[int, list[float]]()

    def on_train_batch_end(self, trainer: Any, task: Any, *_: Any) -> None:
        if self.device == "cuda":
            torch.cuda.synchronize()
        now = self.clock()
        self.times.setdefault(task.sampler.n_walkers, []).append(now - self.before)
        self.before = now

    def on_train_start(self, *_: Any) -> None:
        self.before = self.clock()


def main() -> None:
    options, record = arguments(__doc__), Record()
    steps = (2, 4, 6) if options.short else (20, 35, 50)
    with tempfile.TemporaryDirectory() as scratch:
        whole = composed(*PAPER, directory=scratch)
        stages = whole.schedule.stages
        lengths = {
            stages.rough.n_walkers: stages.rough.until,
            stages.finer.n_walkers: stages.finer.until - stages.rough.until,
            stages.final.n_walkers: whole.callbacks.convergence.min_steps,
        }
        some = [f"schedule.stages.rough.until={steps[0]}", f"schedule.stages.finer.until={steps[1]}",
                f"trainer.max_steps={steps[2]}", f"strategy={'gpu' if options.device == 'cuda' else 'cpu'}"]  # fmt: skip
        config = composed(*PAPER, *some, directory=scratch)
        task, trainer = build_task(config), build_trainer(config, Path(scratch))
        trainer.callbacks.append(times := StepTimes(options.device))  # type: ignore[attr-defined]
        trainer.fit(task, task.steps(), weights_only=True)
    total = 0.0
    for walkers, length in lengths.items():
        each = statistics.median(times.times[walkers][1:])  # the first has the burn-in, or new memory
        record.figure(f"a step of {walkers} samples, of {length}", each, "s")
        total += length * each
    record.figure(f"the {sum(lengths.values())} steps of the schedule would take", total / 3600, "h")
    energies = torch.tensor(task.history, dtype=torch.float64)[:, 0]
    record.agree("energies that are not finite", float((~torch.isfinite(energies)).sum()), 0.0)
    record.write(options.out)


if __name__ == "__main__":
    main()
