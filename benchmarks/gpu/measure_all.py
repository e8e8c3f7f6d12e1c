"""Runs the parts of run.sh one after the other, each for so many seconds at most, and makes one JSON and one table of them."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from record import cores

HERE = Path(__file__).parent
TESTS = HERE.parents[1] / "tests" / "integration" / "test_same_numbers.py"


@dataclass(frozen=True)
class Part:
    """limit: seconds after which it is ended; they add up to less than eight minutes."""

    name: str
    limit: int

    def command(self, device: str, out: Path) -> list[str]:
        if self.name == "tests":
            return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-x", str(TESTS)]
        return [sys.executable, str(HERE / f"{self.name}.py"), "--device", device, "--out", str(out)]


PARTS = [
    Part("tests", 70), Part("steps", 110), Part("jobs", 110), Part("slots", 60), Part("netket_peer", 60), Part("paper", 50),
]  # fmt: skip


def run(part: Part, device: str, folder: Path) -> dict[str, Any]:
    """Its record, with its status, seconds, and the last line that it said where it failed."""
    out, log = folder / f"{part.name}.json", folder / f"{part.name}.log"
    out.unlink(missing_ok=True)
    if part.name == "tests" and find_spec("pytest") is None:
        return {"status": "left out", "seconds": 0.0, "left_out": ["tests: pytest not installed"]}
    started = time.perf_counter()
    with open(log, "wb") as said:
        # a session of its own: with it everything ends that it has started
        process = subprocess.Popen(
            part.command(device, out), stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            code = process.wait(part.limit)
            status = "ok" if code == 0 else f"failed with {code}"
        except subprocess.TimeoutExpired:
            status = f"ended after its {part.limit} s"
        finally:
            end(process)
    record = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    if status != "ok":
        record["said"] = next((line for line in reversed(lines) if line.strip()), "")
    if not all(number["agrees"] for number in record.get("numbers", [])):
        status += ", numbers disagree"
    return {"status": status, "seconds": time.perf_counter() - started, **record}


def end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def machine(device: str) -> dict[str, Any]:
    found = {
        "device": device,
        "processor": platform.processor() or platform.machine(),
        "cores": cores(),
        "torch": torch.__version__,
    }
    if device == "cuda":
        properties = torch.cuda.get_device_properties(0)
        found |= {
            "gpu": properties.name,
            "gpus": torch.cuda.device_count(),
            "memory_GiB": properties.total_memory / 2**30,
        }
    return found


def show(name: str, record: dict[str, Any]) -> None:
    print(f"\n{name}: {record['status']}, {record['seconds']:.0f} s")
    if "said" in record:
        print(f"    {record['said']}")
    for reason in record.get("left_out", []):
        print(f"    left out: {reason}")
    for figure in record.get("figures", []):
        print(f"    {figure['what']:64s} {figure['value']:10.4g} {figure['unit']}")
    numbers = record.get("numbers", [])
    wrong = [number for number in numbers if not number["agrees"]]
    if numbers:
        print(f"    {len(numbers) - len(wrong)} of {len(numbers)} numbers are those of the CPU")
    for number in wrong:
        print(
            f"    DIFFERS {number['what']}: by {number['difference']:.3g}, more than {number['tolerance']:.3g}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--parts", nargs="+", default=[part.name for part in PARTS])
    options = parser.parse_args()
    found: dict[str, Any] = {"machine": machine(options.device), "parts": {}}
    print(", ".join(f"{key} {value}" for key, value in found["machine"].items()), flush=True)
    for part in PARTS:
        if part.name not in options.parts:
            continue
        found["parts"][part.name] = record = run(part, options.device, options.out)
        (options.out / "gpu.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
        show(part.name, record)
        sys.stdout.flush()
    print(f"\n{options.out / 'gpu.json'}")
    sys.exit(any(record["status"] not in ("ok", "left out") for record in found["parts"].values()))


if __name__ == "__main__":
    main()
