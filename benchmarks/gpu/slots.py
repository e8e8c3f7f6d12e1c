"""A sweep of four jobs, one a GPU at a time (strategy=gpu_slot), beside the same on the CPU."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import torch
from jobs import result
from record import Record, arguments, cores

SWEEP = ["system=separable", "model=low_rank", "optimizer=natural_gradient", "quiet=true"]
COMPARED = ("inverse_scattering_length", "effective_range")


def sweep(directory: Path, seeds: str, strategy: str, workers: int) -> float:
    """Wall seconds, start and table included."""
    jobs = [*SWEEP, f"seed={seeds}", f"strategy={strategy}", f"hydra.sweep.dir={directory}"]
    launcher = ["hydra/launcher=joblib_devices", f"hydra.launcher.n_jobs={workers}"]
    started = time.perf_counter()
    command = [sys.executable, "-m", "hadronlab.train", "-m", *jobs, *launcher]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    options, record = arguments(__doc__), Record()
    if find_spec("hydra_plugins.hydra_joblib_launcher") is None:
        record.left_out.append("hydra-joblib-launcher: without it no sweep has workers")
        record.write(options.out)
        return
    seeds, workers = ("1,2", 1) if options.short else ("1,2,3,4", torch.cuda.device_count())
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor() as pool:
        there, here = Path(scratch) / "there", Path(scratch) / "here"
        on_slots = pool.submit(sweep, there, seeds, "cpu" if options.short else "gpu_slot", workers)
        on_cpu = pool.submit(sweep, here, seeds, "cpu", 1 if options.short else min(4, cores()))
        record.figure(
            f"jobs with the seeds {seeds}, {workers} at a time on the device", on_slots.result(), "s"
        )
        record.figure(f"jobs with the seeds {seeds} on the CPU", on_cpu.result(), "s")
        for job in range(len(seeds.split(","))):
            a, b = (result(x / str(job))["observables"] for x in (there, here))
            for name in COMPARED:
                value = b[name]["value"]
                # a converged fit: what the last step left, as a share of its value
                record.same(f"job {job}: {name}", a[name]["value"], value, 1e-3 * abs(value))
    record.write(options.out)


if __name__ == "__main__":
    main()
