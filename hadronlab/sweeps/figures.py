"""Pictures of a sweep: an observable against the swept keys, averaged over the seeds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm, Normalize

from hadronlab.estimates.estimate import Estimate
from hadronlab.plotting.style import COLORS, STROKES, figure, save, style
from hadronlab.sweeps.columns import ASIDE, labelled, leading, setting, swept
from hadronlab.sweeps.job_results import Job

DECADES = 2  # positive values that span more of them get a logarithmic scale
MOST = 40  # values of a key that a picture has room for, if they are texts or make a map


def draw_sweep(
    jobs: Sequence[Job], directory: Path, first: str | None = None, most: int = 6
) -> dict[str, Path]:
    """Each observable against every swept key, and heat maps for every pair of keys; title → file.

    A sweep over nothing but seeds is shown against them.
    """
    done = [job for job in jobs if job.observables]
    keys = [key for key in swept(done) if key not in ASIDE] or swept(done)
    figures: dict[str, Path] = {}
    with style():
        for name in leading(done, first, most):
            for key in keys:
                series = next((k for k in keys if k != key and len(values_of(done, k)) <= len(STROKES)), None)
                if (drawn := against(done, name, key, series)) is not None:
                    figures[f"{name} against {key}"] = save(drawn, directory / _file(f"{name}_{key}"))
            for left, right in itertools.combinations(keys, 2):
                if (drawn := heat_map(done, name, left, right)) is not None:
                    figures[f"{name} over {left} and {right}"] = save(
                        drawn, directory / _file(f"{name}_{left}_{right}_map")
                    )
    return figures


def values_of(jobs: Sequence[Job], key: str) -> list[Any]:
    """The values that a swept key takes: numbers ascending, then texts."""
    found = {job.overrides[key] for job in jobs if key in job.overrides}
    return sorted(found, key=lambda v: (isinstance(v, str), v if not isinstance(v, str) else 0, str(v)))


def average(jobs: Sequence[Job], name: str, **at: Any) -> Estimate:
    """Mean and error of an observable over the jobs whose keys have the values `at`."""
    chosen = [job for job in jobs if all(job.overrides.get(k) == v for k, v in at.items())]
    return mean_and_error(job.observables[name] for job in chosen if name in job.observables)


def mean_and_error(values: Iterable[Estimate]) -> Estimate:
    """Average over seeds; its error is what their spread or their own errors say, whichever is more."""
    finite = [q for q in values if math.isfinite(q.value)]
    if not finite:
        return Estimate.quoted(math.nan)
    if len(finite) == 1:
        return finite[0]
    n = len(finite)
    mean = math.fsum(q.value for q in finite) / n
    spread = math.sqrt(math.fsum((q.value - mean) ** 2 for q in finite) / (n - 1) / n)
    return Estimate.quoted(
        mean, max(spread, math.hypot(*(q.error or 0.0 for q in finite)) / n), finite[0].unit
    )


def against(jobs: Sequence[Job], name: str, key: str, series: str | None = None) -> Any:
    """The observable against `key`, one line for each value of `series`; error bars of the mean over what remains.

    Values of `key` that are texts (systems, models) stand one below the other; where each job has a reference for the
    observable, the distance from it is shown.
    """
    values = values_of(jobs, key)
    texts = any(isinstance(value, str) for value in values)
    label = labelled(jobs, name)
    if texts and all(name in job.references for job in jobs if name in job.observables):
        jobs, label = [_from_reference(job, name) for job in jobs], label.replace(name, f"{name} − reference")
    lines = {}
    for value in values_of(jobs, series) if series else [None]:
        at = {} if series is None else {series: value}
        means = [average(jobs, name, **{key: v}, **at) for v in values]
        if any(math.isfinite(p.value) for p in means):
            lines[setting(value)] = np.array([(p.value, p.error or 0.0) for p in means]).T
    if len(values) < 2 or not lines or (texts and len(values) > MOST):
        return None
    others = [k for k in swept(jobs) if k not in (key, series)]
    points = sum(int(np.isfinite(y).sum()) for y, _ in lines.values())
    replicated = sum(name in job.observables for job in jobs) > 1.5 * points
    height = 1.8 + 0.35 * len(values) if texts else 4.2
    fig, ax = figure(figsize=(6.8, height))
    if texts:
        _rows(ax, values, lines)
    else:
        _curves(ax, values, lines, joined=replicated or not others)
    ax.set(**{"xlabel": label} if texts else {"xlabel": key, "ylabel": label})
    if _wide(np.stack([y for y, _ in lines.values()])):
        (ax.set_xscale if texts else ax.set_yscale)("log")
    if others:
        ax.set_title(f"mean over {', '.join(others)}" if replicated else f"{', '.join(others)} varied too")
    if series:
        fig.legend(*ax.get_legend_handles_labels(), title=series, loc="outside right upper")
    return fig


def _curves(ax: Any, values: Sequence[float], lines: dict[str, np.ndarray], joined: bool) -> None:
    """Lines over numbers, (y, error) each; error bars at one number stand beside each other."""
    x = np.array(values, dtype=float)
    wide = _wide(x)
    apart = 0.0 if wide else 0.012 * np.ptp(x)
    middle = (len(lines) - 1) / 2
    for index, ((label, (y, error)), stroke) in enumerate(
        zip(lines.items(), itertools.cycle(STROKES), strict=False)
    ):
        kind = stroke if joined else {"color": stroke["color"], "ls": "none"}
        ax.errorbar(x + apart * (index - middle), y, error, marker="o", capsize=3, label=label, **kind)
    if wide:
        ax.set_xscale("log")
    elif len(values) <= 8:
        ax.set_xticks(x, [setting(value) for value in values])


def _rows(ax: Any, values: Sequence[Any], lines: dict[str, np.ndarray]) -> None:
    """Points beside texts that stand one below the other, (x, error) each."""
    y = np.arange(len(values))
    for index, ((label, (x, error)), stroke) in enumerate(
        zip(lines.items(), itertools.cycle(STROKES), strict=False)
    ):
        place = y + 0.6 * ((index + 0.5) / len(lines) - 0.5)
        ax.errorbar(x, place, xerr=error, fmt="o", capsize=3, label=label, color=stroke["color"])
    ax.set_yticks(y, [setting(value) for value in values])
    ax.set_ylim(len(values) - 0.5, -0.5)
    ax.locator_params(axis="x", nbins=6)
    if np.any([np.nanmin(x) < 0 < np.nanmax(x) for x, _ in lines.values()]):
        ax.axvline(0, color=COLORS["truth"], lw=1)


def heat_map(jobs: Sequence[Job], name: str, left: str, right: str) -> Any:
    """The observable over two keys, everything else averaged; the numbers written in the fields.

    Points where the jobs fill no grid, as those of a random search.
    """
    rows, columns = values_of(jobs, left), values_of(jobs, right)
    if len(rows) < 2 or len(columns) < 2:
        return None
    filled = {(job.overrides.get(left), job.overrides.get(right)) for job in jobs}
    if len(filled) < 0.5 * len(rows) * len(columns):
        return _scattered(jobs, name, left, right)
    if max(len(rows), len(columns)) > MOST:
        return None
    cells = [[average(jobs, name, **{left: a, right: b}) for b in columns] for a in rows]
    values = np.array([[c.value for c in row] for row in cells])
    if not np.isfinite(values).any():
        return None
    fig, ax = figure(figsize=(max(6.8, 2.4 + 1.15 * len(columns)), max(4.2, 1.4 + 0.75 * len(rows))))
    norm = (LogNorm if _wide(values) else Normalize)(np.nanmin(values), np.nanmax(values))
    image = ax.imshow(values, cmap="viridis", aspect="auto", origin="lower", norm=norm)
    for i, j in itertools.product(range(len(rows)), range(len(columns))):
        if math.isfinite(values[i, j]):
            text = str(Estimate.quoted(cells[i][j].value, cells[i][j].error))
            color = "black" if norm(values[i, j]) > 0.5 else "white"
            ax.text(j, i, text, ha="center", va="center", color=color)
    ax.set_xticks(range(len(columns)), [setting(v) for v in columns])
    ax.set_yticks(range(len(rows)), [setting(v) for v in rows])
    ax.set(xlabel=right, ylabel=left)
    ax.grid(False)
    fig.colorbar(image, ax=ax, label=labelled(jobs, name))
    return fig


def _scattered(jobs: Sequence[Job], name: str, left: str, right: str) -> Any:
    """The observable as the colour of a point at two numbers."""
    at = [
        (job.overrides.get(right), job.overrides.get(left), job.value(name))
        for job in jobs
        if name in job.observables
    ]
    if any(isinstance(value, str) or value is None for point in at for value in point):
        return None
    x, y, values = np.array(at, dtype=float).T
    if not np.isfinite(values).any():
        return None
    fig, ax = figure(figsize=(6.8, 4.2))
    norm = LogNorm() if _wide(values) else Normalize()
    points = ax.scatter(
        x, y, c=values, cmap="viridis", norm=norm, s=60, edgecolors=COLORS["truth"], linewidths=0.5
    )
    ax.set(
        xlabel=right,
        ylabel=left,
        xscale="log" if _wide(x) else "linear",
        yscale="log" if _wide(y) else "linear",
    )
    fig.colorbar(points, ax=ax, label=labelled(jobs, name))
    return fig


def _from_reference(job: Job, name: str) -> Job:
    """The job with an observable less its reference, where it has both."""
    if name not in job.observables:
        return job
    found, known = job.observables[name], job.references[name]
    less = found.map(lambda value: value - known, found.unit)
    return replace(job, observables={**job.observables, name: less})


def _wide(values: np.ndarray) -> bool:
    """Whether all values are positive and span more than DECADES."""
    finite = values[np.isfinite(values)]
    return bool(finite.min() > 0 and finite.max() > finite.min() * 10**DECADES)


def _file(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name) + ".png"
