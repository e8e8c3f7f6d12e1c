"""Wall time of a 16-job sweep with two workers against the same jobs in turn, each job with one thread.

    python benchmarks/sweep_workers.py [--workers 2] [--repeats 2] [overrides …]

(needs pip install "hadronlab[sweeps]") Whole commands in processes of their own, start, imports and the sweep's table
included. The script stops where any number of the two tables differs.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import Figure, missing

SWEEP = ["experiment=sweep_depth_cutoff", "model.depth=1,2", "loss.asymptotic.cutoff=4,4.5,5,6", "seed=1,2"]
FEW = ["experiment=sweep_depth_cutoff", "model.depth=1,2", "loss.asymptotic.cutoff=4,5", "seed=1"]
CLOCKS = ("seconds", "time", "peak")


def sweep(directory: Path, overrides: list[str]) -> tuple[float, list[dict[str, str]]]:
    """Wall seconds and the rows of sweep.csv without what measures time and memory."""
    command = [
        sys.executable,
        "-m",
        "hadronlab.train",
        "-m",
        *overrides,
        f"hydra.sweep.dir={directory}",
    ]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    seconds = time.perf_counter() - started
    with open(directory / "sweep.csv", newline="") as file:
        rows = [{name: value for name, value in row.items() if not any(clock in name for clock in CLOCKS)}
                for row in csv.DictReader(file)]  # fmt: skip
    return seconds, rows


def compare(jobs: list[str], workers: int, repeats: int) -> Figure:
    """Stops where the tables differ."""
    together_by = ["hydra/launcher=joblib", f"hydra.launcher.n_jobs={workers}"]
    pairs = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as directory:
            in_turn, expected = sweep(Path(directory) / "in_turn", jobs)
            together, found = sweep(Path(directory) / "together", jobs + together_by)
        if found != expected:
            sys.exit("the two sweeps' tables differ")
        pairs.append((together, in_turn))
        print(
            f"{len(found)} jobs: in turn {in_turn:.1f} s, {workers} workers {together:.1f} s, {in_turn / together:.2f}x"
        )
    print(f"median {statistics.median(b / a for a, b in pairs):.2f}x")
    ours, alone = map(statistics.median, zip(*pairs, strict=True))
    return Figure(
        f"sweep of {len(found)} jobs by {workers} workers", ours, alone, "in turn", "s of wall time"
    )


def short() -> list[Figure]:
    """Without the launcher of workers nothing is compared."""
    if missing("hydra_plugins.hydra_joblib_launcher"):
        return [
            Figure(
                "a sweep by workers",
                float("nan"),
                None,
                "in turn",
                "s",
                note="hydra-joblib-launcher is not installed",
            )
        ]
    return [compare(FEW, workers=2, repeats=1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2)
    options, overrides = parser.parse_known_args()
    compare([*SWEEP, *overrides], options.workers, options.repeats)


if __name__ == "__main__":
    main()
