"""The main job, a ground state, two levels and a conditioned training, as commands on the device and on the CPU side by side."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from record import Record, arguments

STRATEGIES = {"cuda": "strategy=gpu", "cpu": "strategy=cpu"}


def train(*overrides: str, directory: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "hadronlab.train",
        *overrides,
        "quiet=true",
        f"hydra.run.dir={directory}",
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def result(directory: Path) -> dict[str, Any]:
    return json.loads((directory / "result.json").read_text(encoding="utf-8"))


def losses(directory: Path, until: int) -> list[float]:
    """Of the first steps."""
    with open(directory / "metrics.csv", newline="") as file:
        return [
            float(row["loss"]) for row in csv.DictReader(file) if row["loss"] and int(row["step"]) <= until
        ]


def potential(record: Record, there: Path, here: Path) -> None:
    """Rounding errors grow with the steps of a training: at first the losses agree, at last what the data determine."""
    for step, (a, b) in enumerate(zip(losses(there, 100), losses(here, 100), strict=True)):
        record.same(f"omega_ccc: loss, row {step}", a, b, 1e-4 * b)
    a, b = result(there)["observables"], result(here)["observables"]
    for name in (key for key in b if key.endswith("leading_order")):
        # the error against the truth is a difference of phase shifts: 1e-4 degrees
        tolerance = 1e-4 if name.startswith("phase") else 1e-6 * abs(b[name]["value"])
        record.same(f"omega_ccc: {name}", a[name]["value"], b[name]["value"], tolerance)
    # two instruction sets of one CPU end 3 % apart; of the loss without a potential both are 2e-4
    record.same(
        "omega_ccc: loss_final",
        a["loss_final"]["value"],
        b["loss_final"]["value"],
        0.3 * b["loss_final"]["value"],
    )


def energies(record: Record, there: Path, here: Path) -> None:
    """Other random numbers: energies agree within their errors and what either training may fall short by."""
    a, b = (result(x)["observables"] for x in (there, here))
    for name in (key for key in b if key.split(".")[0] == "energy"):
        # the ground state, and what converges after it
        short = 0.2 if name in ("energy", "energy.0") else 2.0
        tolerance = 4 * (a[name]["error"] ** 2 + b[name]["error"] ** 2) ** 0.5 + short
        record.same(f"{there.parent.name}: {name}, MeV", a[name]["value"], b[name]["value"], tolerance)


def main() -> None:
    options, record = arguments(__doc__), Record()
    short = ["trainer.max_steps=60"] if options.short else []
    jobs = {
        "omega_ccc": (["system=omega_ccc", "model=sdnn_deep", *short], potential),
        "nucleon": (
            ["system=nucleon", *([*short, "task.target_error=1"] if short else ["trainer.max_steps=250"])],
            energies,
        ),
        "jpsi": (
            [
                "system=jpsi",
                "task.states=2",
                "model.widths=[12,8]",
                *(["trainer.max_steps=40", "task.target_error=5"] if short else ["trainer.max_steps=150"]),
            ],
            energies,
        ),
        "conditioned": (
            [
                "system=D",
                "model.conditioned_on=[m_c]",
                "task.range=[[1.6,2.0]]",
                "task.points=3",
                *([*short, "task.target_error=5"] if short else ["trainer.max_steps=150"]),
            ],
            energies,
        ),
    }
    with tempfile.TemporaryDirectory() as scratch:
        places = {(name, device): Path(scratch) / name / f"on_{device}"
                  for name in jobs for device in ("device", "cpu")}  # fmt: skip
        started = {
            key: train(
                *jobs[key[0]][0], STRATEGIES[options.device if key[1] == "device" else "cpu"], directory=place
            )
            for key, place in places.items()
        }
        try:
            for name, (_, compare) in jobs.items():
                there, here = places[name, "device"], places[name, "cpu"]
                if any(started[name, where].wait() for where in ("device", "cpu")):
                    sys.exit(f"the job {name} failed")
                record.figure(f"{name}, on the device", result(there)["wall_seconds"], "s")
                record.figure(f"{name}, on the CPU", result(here)["wall_seconds"], "s")
                compare(record, there, here)
                record.write(options.out)
        finally:
            for process in started.values():
                process.kill()


if __name__ == "__main__":
    main()
