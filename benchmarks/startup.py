"""Seconds of CPU time around a run: --help, from the command to the first step, from the last step to the printed path.

    OMP_NUM_THREADS=1 python benchmarks/startup.py [--repeats 5] [overrides …]

Each is compared with what nobody can avoid, which takes turns with it: importing Hydra, or torch and Lightning. Every
measurement is a process of its own. Without overrides: the toy. The last row is one further job of a sweep.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

COMMANDS = ("train", "evaluate", "sweep", "convert", "dashboard")
STEPS = 20


def seconds(*arguments: str, cwd: str | None = None) -> float:
    """CPU seconds of a Python process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, cwd=cwd, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def seconds_of_imports(*modules: str) -> float:
    """CPU seconds of a Python process up to where `modules` are imported, without those of its end."""
    program = f"import time, {', '.join(modules)}; print(time.process_time())"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return float(done.stdout)


def run(overrides: Sequence[str]) -> tuple[float, float]:
    """CPU seconds from the command to the first step, and from the last step to the end of the process."""
    with tempfile.TemporaryDirectory() as directory:
        marks = Path(directory) / "marks"
        clock = ["+callbacks.clock._target_=startup.clock", f"+callbacks.clock.file={marks}"]
        total = seconds(
            "-m", "hadronlab.train", *overrides, f"trainer.max_epochs={STEPS}", *clock, cwd=directory
        )
        first, last = map(float, marks.read_text().split())
    return first, total - last


def clock(file: str) -> object:
    """A callback that writes the CPU time of its process at the first and behind the last step to `file`."""
    from pytorch_lightning.callbacks import Callback

    class Clock(Callback):
        def on_train_start(self, *_: object) -> None:
            Path(file).write_text(f"{time.process_time()}\n", encoding="utf-8")

        def on_train_end(self, *_: object) -> None:
            with open(file, "a", encoding="utf-8") as marks:
                marks.write(f"{time.process_time()}\n")

    return Clock()


def job_of_a_sweep(overrides: Sequence[str], jobs: int = 4) -> float:
    """CPU seconds of one job more in a sweep, without its steps' worth of difference: all have the same few."""
    with tempfile.TemporaryDirectory() as directory:
        few, many = (seconds("-m", "hadronlab.train", "-m", *overrides, f"trainer.max_epochs={STEPS}",
                             f"seed={','.join(map(str, range(1, n + 1)))}", cwd=directory)
                     for n in (1, 1 + jobs))  # fmt: skip
    return (many - few) / jobs


def told(name: str, ours: Sequence[float], peer: Sequence[float]) -> None:
    """A row: ours, the peer, and the median of their ratios turn by turn."""
    ratios = sorted(a / b for a, b in zip(ours, peer, strict=True))
    print(f"{name}: {statistics.median(ours):.2f} s, bare {statistics.median(peer):.2f} s, "
          f"ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} … {ratios[-1]:.2f})", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    options, overrides = parser.parse_known_args()
    overrides = overrides or ["system=separable", "model=sdnn"]
    turns = range(options.repeats)
    print(f"CPU seconds on {processor()}; bare: the imports alone")
    hydra = [seconds("-c", "import hydra.main") for _ in turns]
    for command in COMMANDS:
        told(
            f"hadronlab-{command} --help",
            [seconds("-m", f"hadronlab.{command}", "--help") for _ in turns],
            hydra,
        )
    lightning, first, last = [], [], []
    for _ in turns:
        lightning.append(seconds_of_imports("torch", "pytorch_lightning"))
        begun, ended = run(overrides)
        first.append(begun)
        last.append(ended)
    told(f"{' '.join(overrides)}, command to first step", first, lightning)
    beyond = statistics.median(a - b for a, b in zip(first, lightning, strict=True))
    print(
        f"  beyond torch and Lightning: {beyond:.2f} s; last step to printed path: {statistics.median(last):.2f} s"
    )
    print(f"  one job more of a sweep: {job_of_a_sweep(overrides):.2f} s")


def processor() -> str:
    """Its name, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
