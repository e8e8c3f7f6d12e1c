"""Seconds of CPU time around a run: --help, from the command to the first step, from the last step to the printed path.

    OMP_NUM_THREADS=1 python benchmarks/startup.py [--repeats 5] [overrides …]

Each is compared with what nobody can avoid, which takes turns with it: importing Hydra, or torch and Lightning. Every
measurement is a process of its own. Without overrides: the toy. The last row is one further job of a sweep.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from measure import Figure, processor_line

COMMANDS = ("train", "evaluate", "sweep", "convert", "dashboard")
STEPS = 20
TOY = ["system=separable", "model=sdnn"]


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


def figures(overrides: Sequence[str], repeats: int, commands: Sequence[str] = COMMANDS) -> list[Figure]:
    turns = range(repeats)
    hydra = statistics.median(seconds("-c", "import hydra.main") for _ in turns)
    found = []
    for command in commands:
        ours = statistics.median(seconds("-m", f"hadronlab.{command}", "--help") for _ in turns)
        found.append(Figure(f"hadronlab-{command} --help", ours, hydra, "import hydra.main", "s", 1 / 1.5))
    bare = [seconds_of_imports("torch", "pytorch_lightning") for _ in turns]
    firsts, lasts = zip(*(run(overrides) for _ in turns), strict=True)
    first, imports = statistics.median(firsts), statistics.median(bare)
    beyond = f"{first - imports:.2f} s beyond the imports, 1 at most"
    return [
        *found,
        Figure("from the command to the first step", first, imports, "torch and Lightning", "s", note=beyond),
        Figure("from the last step to the path", statistics.median(lasts), None, "", "s", note="3 at most"),
        Figure("one job more of a sweep", job_of_a_sweep(overrides), None, "", "s"),
    ]


def short() -> list[Figure]:
    """For the table of `make bench`."""
    return figures(TOY, 2, COMMANDS[:1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    options, overrides = parser.parse_known_args()
    print(processor_line())
    for figure in figures(overrides or TOY, options.repeats):
        print(figure, figure.note)


if __name__ == "__main__":
    main()
