"""What a part of the GPU script hands on: numbers of the device beside those of the CPU, figures, and what it left out."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch


@dataclass
class Record:
    """numbers: what, there, here, difference, tolerance. figures: what, value, unit."""

    numbers: list[dict[str, Any]] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def same(self, what: str, there: float, here: float, tolerance: float) -> None:
        """A number of the device and of the CPU, which may differ by `tolerance`, in their unit."""
        self.agree(what, abs(there - here), tolerance, there=there, here=here)

    def agree(self, what: str, difference: float, tolerance: float, **more: float) -> None:
        # one that is not a number agrees with nothing
        self.numbers.append(
            dict(
                what=what, difference=difference, tolerance=tolerance, agrees=difference <= tolerance, **more
            )
        )

    def figure(self, what: str, value: float, unit: str) -> None:
        self.figures.append(dict(what=what, value=value, unit=unit))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def arguments(description: str | None) -> argparse.Namespace:
    """device: cuda, or cpu for a dry run, which is `short`; out: the file of the record."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.short = options.device == "cpu"
    return options


def relative(there: Any, here: Any) -> float:
    """|there − here|/|here| of two vectors."""
    there, here = (torch.as_tensor(x).double().cpu() for x in (there, here))
    return float((there - here).norm() / here.norm())


def seconds(work: Callable[[], Any], device: str, repeats: int = 3) -> float:
    """Wall seconds, the least of some repetitions after a first one; on a GPU until it has done its work."""
    times = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return min(times[1:])


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0))
