"""CPU seconds of whole runs, from the command to the printed path, to the accuracy that was asked for.

    python benchmarks/time_to_accuracy.py [--only tcc nucleon] [--seeds 1 2 3] [--short] [--data FOLDER] [overrides …]

Ground states are asked for to 0.3 MeV (task.target_error) and compared with the converged references that the program
knows; the others are run to their end. Every run is a process of its own with one thread. CPU seconds, for they hardly
depend on who else uses the machine; on an idle core they are wall seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import Figure, processor_line

TOLERANCE = 0.3  # MeV
DATA = Path(
    os.environ.get("HADRONLAB_DATA", Path(__file__).parents[2] / "shared" / "data")
)  # as the tests do


@dataclass(frozen=True)
class Job:
    """What is run, and the CPU seconds that it should not exceed; accurate: to TOLERANCE of a known energy."""

    overrides: tuple[str, ...]
    limit: float
    accurate: bool = False
    file: str = ""  # of the folder of data


def ground_state(name: str, limit: float) -> Job:
    return Job((f"system={name}", f"task.target_error={TOLERANCE}"), limit, accurate=True)


JOBS = {
    "tcc": ground_state("tcc", 60),
    "tbb": ground_state("tbb", 20),
    "nucleon": ground_state("nucleon", 10),
    "pcc_52": ground_state("pcc_52", 100),
    "xixi_best": Job(("experiment=xixi_best",), 20, file="xixi_1s0_L64.h5"),
    "separable_best": Job(("experiment=separable_best",), 30),
    "omega_ccc_best": Job(("experiment=omega_ccc_best",), 30),
}
SHORT = ("nucleon", "separable_best")


@dataclass(frozen=True)
class Outcome:
    """Of one run. off: energy minus reference and its error, MeV; None where no energy is known."""

    seconds: float
    off: tuple[float, float] | None

    @property
    def accurate(self) -> bool:
        """Within the tolerance, but for two errors."""
        return self.off is None or abs(self.off[0]) < TOLERANCE + 2 * self.off[1]


def run(job: Job, seed: int, data: Path, overrides: Sequence[str] = ()) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "run"
        given = [*job.overrides, *([f"data.path={data / job.file}"] if job.file else []), *overrides]
        command = [
            sys.executable,
            "-m",
            "hadronlab.train",
            *given,
            f"seed={seed}",
            f"hydra.run.dir={directory}",
        ]
        before = cpu_of_children()
        done = subprocess.run(
            [*command, "quiet=true"],
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )
        seconds = cpu_of_children() - before
        if done.returncode:
            sys.exit(f"{' '.join(given)}: {done.stderr.strip()}")
        result = json.loads((directory / "result.json").read_text(encoding="utf-8"))
    if not job.accurate:
        return Outcome(seconds, None)
    energy, known = result["observables"]["energy"], result["reference"]["energy"]
    return Outcome(seconds, (energy["value"] - known["value"], energy["error"]))


def cpu_of_children() -> float:
    """Seconds of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(
    names: Sequence[str], seeds: Sequence[int], data: Path = DATA, overrides: Sequence[str] = ()
) -> list[Figure]:
    """The median over the seeds of every job; prints every run."""
    figures = []
    for name in names:
        job, outcomes = JOBS[name], []
        for seed in seeds:
            outcomes.append(found := run(job, seed, data, overrides))
            off = "" if found.off is None else ", E − reference = {:+.2f} ± {:.2f} MeV".format(*found.off)
            missed = "" if found.accurate else f": not within {TOLERANCE} MeV"
            print(f"{name}, seed {seed}: {found.seconds:.1f} s{off}{missed}", flush=True)
        inaccurate = sum(not found.accurate for found in outcomes)
        what = f"{name} to {TOLERANCE} MeV" if job.accurate else name
        seconds = statistics.median(found.seconds for found in outcomes)
        note = f"{inaccurate} of {len(seeds)} seeds not within {TOLERANCE} MeV" if inaccurate else ""
        figures.append(Figure(what, seconds, job.limit, "limit", "s", 1, note))
    return figures


def short() -> list[Figure]:
    return measure(SHORT, seeds=[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only", nargs="+", choices=list(JOBS), default=list(JOBS), metavar="JOB", help=", ".join(JOBS)
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--short", action="store_true", help=f"{' and '.join(SHORT)}, one seed")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the public lattice files")
    options, overrides = parser.parse_known_args()
    print(processor_line())
    figures = (
        short() if options.short else measure(options.only, options.seeds, options.data.absolute(), overrides)
    )
    print(*figures, sep="\n")


if __name__ == "__main__":
    main()
