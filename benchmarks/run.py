"""The short forms of all benchmarks, at most ten minutes of one core, in one table.

    make bench
    python benchmarks/run.py [vmc_step forward_laplacian …] [--out build/bench.json]
    python benchmarks/run.py --page build/bench.json [another.json …]

Every benchmark runs in a process of its own, with one thread. `--page` writes the tables of docs/performance.md from
the files that earlier runs have left, one for every processor.
"""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import argparse
import contextlib
import importlib
import json
import multiprocessing
import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from measure import Figure, processor

NAMES = (
    "startup",
    "vmc_step",
    "forward_laplacian",
    "vmc_lightning",
    "inverse_training",
    "training_overhead",
    "sweep_workers",
    "time_to_accuracy",
    "calibration",
    "average_coverage",
    "femtoscopy",
    "joint_learning",
    "finite_volume",
    "coupled_channels",
    "spectra",
    "fuzz_inputs",
)
ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- the tables of benchmarks/run.py -->", "<!-- end of the tables -->"
HEAD = ("benchmark", "", "ours", "peer", "ratio", "target")


def measured(name: str) -> tuple[list[Figure], float]:
    """Figures of one benchmark and its CPU seconds, in a process of its own."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        figures = importlib.import_module(name).short()
    spent = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return figures, sum(used.ru_utime + used.ru_stime for used in spent)


def run(names: list[str]) -> dict[str, Any]:
    """What is written as JSON: the processor and, by benchmark, figures and CPU seconds, or what went wrong."""
    benchmarks: dict[str, Any] = {}
    with ProcessPoolExecutor(
        1, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1
    ) as fresh:
        for name in names:
            try:
                figures, seconds = fresh.submit(measured, name).result()
                benchmarks[name] = {"seconds": seconds, "figures": [asdict(figure) for figure in figures]}
                print(f"{name}: {seconds:.0f} s", file=sys.stderr, flush=True)
            except (Exception, SystemExit) as error:
                benchmarks[name] = {"seconds": 0.0, "figures": [], "failed": f"{error}"}
                print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    return {"processor": processor(), "benchmarks": benchmarks}


def rows(record: dict[str, Any]) -> list[tuple[str, ...]]:
    """Of the table, as text: as many cells as HEAD."""
    found = []
    for name, benchmark in record["benchmarks"].items():
        if "failed" in benchmark:
            found.append((name, f"failed: {benchmark['failed']}", "", "", "", ""))
        for entry in benchmark["figures"]:
            figure = Figure(**entry)
            what = figure.what + (f" ({figure.note})" if figure.note else "")
            ours = "" if figure.ours != figure.ours else f"{figure.ours:.4g} {figure.unit}".strip()
            peer = "" if figure.peer is None else f"{figure.peer:.4g} ({figure.peer_name})"
            ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
            target = "" if figure.target is None else f"{figure.target:.3g}"
            if figure.target and figure.ratio and figure.ratio < figure.target:
                target += " (missed)"
            found.append((name, what, ours, peer, ratio, target))
    return found


def caption(record: dict[str, Any]) -> str:
    total = sum(benchmark["seconds"] for benchmark in record["benchmarks"].values())
    return (
        "{name}, {instructions}, {cores} cores, torch {torch}".format(**record["processor"])
        + f"; {total:.0f} CPU s"
    )


def show(record: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*HEAD, caption=caption(record))
    for row in rows(record):
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 150).print(table)


def markdown(record: dict[str, Any]) -> str:
    lines = [HEAD, ("---",) * len(HEAD), *((f"`{name}.py`", *rest) for name, *rest in rows(record))]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines).replace("--help", r"\-\-help")
    return f"**{caption(record)}**\n\n{table}"


def with_tables(page: str, records: list[dict[str, Any]]) -> str:
    """The page with the tables of the records between its two marks."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return "\n\n".join([before + BEGIN, *map(markdown, records), END + after])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="BENCHMARK", help=", ".join(NAMES))
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench.json")
    parser.add_argument(
        "--page", type=Path, nargs="+", metavar="JSON", help="write docs/performance.md from these"
    )
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(NAMES)}")
    if options.page:
        records = [json.loads(path.read_text(encoding="utf-8")) for path in options.page]
        PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), records), encoding="utf-8")
        return
    record = run(options.names or list(NAMES))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
    show(record)
    print(options.out)
    sys.exit(any("failed" in benchmark for benchmark in record["benchmarks"].values()))


if __name__ == "__main__":
    main()
