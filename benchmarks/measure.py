"""What the benchmarks share: a figure beside its peer, CPU times in turns, and the processor's name."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """What something costs here and by a peer, in one unit; `note` says what else there is to say.

    peer: None where there is none, or where it is not installed.
    target: of the ratio peer/ours, if one was set.
    """

    what: str
    ours: float
    peer: float | None
    peer_name: str
    unit: str
    target: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times cheaper it is here."""
        return None if self.peer is None or not self.ours else self.peer / self.ours

    def __str__(self) -> str:
        peer = (
            ""
            if self.peer is None
            else f", {self.peer_name} {self.peer:.4g} {self.unit}, {self.ratio:.2f} times"
        )
        target = "" if self.target is None else f" (target {self.target:g})"
        return f"{self.what}: {self.ours:.4g} {self.unit}{peer}{target}"


def seconds(work: Callable[[], Any]) -> float:
    """CPU seconds: they hardly depend on who else uses the machine."""
    start = time.process_time()
    work()
    return time.process_time() - start


def alternate(works: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median CPU seconds of each, taking turns after a warm-up."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(repeats):
        for name, work in works.items():
            found[name].append(seconds(work))
    return {name: statistics.median(times) for name, times in found.items()}


def processor() -> dict[str, str | int]:
    """The processor's name, the vector instructions that torch uses, and cores."""
    import torch

    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "name": names[0] if names else platform.processor() or platform.machine(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count() or 1,
        "torch": torch.__version__,
    }


def processor_line() -> str:
    return "{name}, {instructions}, {cores} cores, torch {torch}".format(**processor())


def missing(*packages: str) -> list[str]:
    """Those of the packages that are not installed."""
    return [name for name in packages if find_spec(name) is None]
