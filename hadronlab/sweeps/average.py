"""Runs that differ in their choices (times, sources, models, cutoffs, seeds) made into one number with its full error."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hadronlab.errors import ConfigError, DataError
from hadronlab.estimates.model_average import Candidate, ModelAverage, model_average
from hadronlab.plotting.style import COLORS, figure, save, style
from hadronlab.run.directory.results import read_estimate
from hadronlab.sweeps.job_results import job_folders, read_job

CRITERION = ("lattice_chi2", "lattice_points", "lattice_points_effective", "fit_parameters")
"""what the weight of a run is made of, as its result.json has it"""
HEADLINES = ("inverse_scattering_length", "effective_range")
"""what the page of a sweep shows the averages of"""


@dataclass(frozen=True)
class Averaged:
    """Of one observable: the runs that have it, with their weights."""

    name: str
    candidates: list[Candidate]
    average: ModelAverage


def average(directories: Sequence[Path], names: Sequence[str]) -> list[Averaged]:
    """Every observable of `names` over the runs in `directories`, which may be those of sweeps.

    Raises ConfigError for a directory without a run, a run without what its weight is made of, or without the observable.
    """
    runs = [run for directory in directories for run in _runs(directory)]
    criteria = {run: _criterion(run) for run in runs}
    found, labels = [], _labels(runs)
    for name in names:
        candidates = [
            Candidate(label, read_estimate(run, name), *criteria[run])
            for run, label in zip(runs, labels, strict=True)
        ]
        found.append(Averaged(name, candidates, model_average(candidates)))
    return found


def of_sweep(directory: Path) -> list[Averaged]:
    """What the jobs of a sweep allow an average of, if they say what their weights are made of; else nothing."""
    found = []
    for name in HEADLINES:
        try:
            found += average([directory], [name])
        except (
            ConfigError,
            DataError,
        ):  # of other tasks, of a loss without errors, of one that has no such number
            continue
    return [each for each in found if len(each.candidates) > 1]


def as_rows(found: Sequence[Averaged]) -> list[list[str]]:
    """A row a run, the heaviest first, with its weight and values; then the averages and the parts of their errors."""
    first = found[0].average.weights
    rows = [
        [
            found[0].candidates[i].label,
            f"{first[i]:.3f}",
            *(str(each.candidates[i].estimate) for each in found),
        ]
        for i in np.argsort(-first)
    ]
    rows.append(["average", "1", *(str(each.average.estimate) for each in found)])
    rows.append(["its error", "", *(_budget(each) for each in found)])
    return rows


def _budget(each: Averaged) -> str:
    estimate = each.average.estimate
    return ", ".join(
        f"{source} {float(np.sqrt(part.variance(estimate.value))):.2g}"
        for source, part in estimate.parts.items()
    )


def _runs(directory: Path) -> list[Path]:
    if (directory / "result.json").is_file():
        return [directory]
    jobs = [job for job in job_folders(directory) if (job / "result.json").is_file()]
    if not jobs:
        raise ConfigError(f"{directory} holds neither a finished run nor a sweep with one")
    return jobs


def _labels(runs: Sequence[Path]) -> list[str]:
    """The directory of every run, and the overrides in which they differ."""
    overrides = [read_job(run).overrides for run in runs]
    keys = dict.fromkeys(key for own in overrides for key in own)
    differing = [key for key in keys if len({str(own.get(key)) for own in overrides}) > 1]
    return [
        " ".join([run.name, *(f"{key}={own[key]}" for key in differing if key in own)])
        for run, own in zip(runs, overrides, strict=True)
    ]


def _criterion(run: Path) -> list[float]:
    found: dict[str, Any] = json.loads((run / "result.json").read_text(encoding="utf-8"))["observables"]
    values = []
    for name in CRITERION:
        # of several lattices in one fit, each has its own
        own = [entry["value"] for key, entry in found.items() if key == name or key.startswith(f"{name}.")]
        if not own:
            raise ConfigError(
                f"{run} has no {name}: average runs whose loss is r_correlator with errors, and that measure `fit`"
            )
        values.append(float(sum(own)))
    return values


def print_average(found: Sequence[Averaged]) -> None:
    """A table of the runs and their weights, and the averages with every part of their errors."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    first = found[0]
    table = Table(title="runs", title_justify="left", pad_edge=False)
    table.add_column("run", overflow="fold")
    for column in ("weight", "χ²", "points", "independent", "parameters", *(each.name for each in found)):
        table.add_column(column, justify="right")
    for i in np.argsort(-first.average.weights):
        one = first.candidates[i]
        values = (str(each.candidates[i].estimate) for each in found)
        table.add_row(escape(one.label), f"{first.average.weights[i]:.3f}", f"{one.chi2:.1f}", f"{one.points:.0f}",
                      f"{one.effective_points:.1f}", f"{one.parameters:.1f}", *values)  # fmt: skip
    console = Console()
    console = console if console.is_terminal else Console(width=140)
    console.print(table)
    for each in found:
        console.print(f"{each.name} = {each.average.estimate}   ({_budget(each)})", highlight=False)


def draw_average(each: Averaged, path: Path) -> Path:
    """Every run with its error, the darker the heavier, and the average as a band."""
    with style():
        fig, ax = figure(figsize=(7, 1.5 + 0.3 * len(each.candidates)))
        weights, estimate = each.average.weights, each.average.estimate
        for row, i in enumerate(np.argsort(weights)):
            one = each.candidates[i].estimate
            ax.errorbar(one.value, row, xerr=one.error, fmt="o", ms=5, color=COLORS["network"],
                        alpha=0.2 + 0.8 * weights[i] / weights.max())  # fmt: skip
            ax.annotate(
                f"{weights[i]:.2f}", (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=9
            )
        ax.axvline(estimate.value, color=COLORS["truth"])
        if estimate.error:
            ax.axvspan(
                estimate.value - estimate.error,
                estimate.value + estimate.error,
                color=COLORS["light"],
                alpha=0.3,
                lw=0,
            )
        order = [each.candidates[i].label for i in np.argsort(weights)]
        ax.set_yticks(range(len(order)), [label[-40:] for label in order], fontsize=9)
        ax.set(
            xlabel=f"{each.name.replace('_', ' ')}{f' [{estimate.unit}]' if estimate.unit else ''}",
            title="weights at the right",
        )
        return save(fig, path)
