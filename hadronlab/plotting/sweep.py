"""Pictures of a sweep: an observable against the swept keys, seeds averaged; and a page that stands alone."""

from __future__ import annotations

import base64
import html
import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hadronlab.estimators.observables import Quantity
from hadronlab.plotting.style import COLORS, figure, save
from hadronlab.runner.run_directory import write_text
from hadronlab.runner.sweep_table import ASIDE, Job, columns, leading, mean_and_error, swept


def draw_sweep(
    jobs: Sequence[Job], directory: Path, first: str | None = None, most: int = 6
) -> dict[str, Path]:
    """Lines of each observable against every swept number, heat maps for every pair of keys; name → file."""
    done = [job for job in jobs if job.observables]
    keys = [key for key in swept(done) if key not in ASIDE]
    figures: dict[str, Path] = {}
    for name in leading(done, first, most):
        for key in keys:
            others = [k for k in keys if k != key]
            if len(values_of(done, key)) > 1 and (drawn := lines(done, name, key, others[:1])) is not None:
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


def average(jobs: Sequence[Job], name: str, **at: Any) -> Quantity:
    """Mean and error of an observable over the jobs whose keys have the values `at`."""
    chosen = [job for job in jobs if all(job.overrides.get(k) == v for k, v in at.items())]
    return mean_and_error(job.observables[name] for job in chosen if name in job.observables)


def lines(jobs: Sequence[Job], name: str, key: str, series: Sequence[str] = ()) -> Any:
    """The observable against `key`, one line for each value of `series`; error bars of the mean over what remains."""
    x = values_of(jobs, key)
    positions = np.arange(len(x)) if any(isinstance(v, str) for v in x) else np.array(x, dtype=float)
    fig, ax = figure(figsize=(6.4, 4.2))
    palette, drawn = (
        itertools.cycle(COLORS[c] for c in ("network", "local", "reference", "other", "truth")),
        False,
    )
    for line in itertools.product(*(values_of(jobs, s) for s in series)):
        at = dict(zip(series, line, strict=True))
        points = [average(jobs, name, **{key: value}, **at) for value in x]
        y = np.array([p.value for p in points])
        error = np.array([p.error or 0.0 for p in points])
        if np.isfinite(y).any():
            label = ", ".join(f"{k}={v}" for k, v in at.items()) or None
            ax.errorbar(positions, y, error, marker="o", capsize=3, label=label, color=next(palette))
            drawn = True
    if not drawn:
        return None
    if len(x) <= 8 or any(isinstance(v, str) for v in x):
        ax.set_xticks(positions, [str(v) for v in x])
    ax.set(
        xlabel=key, ylabel=_with_unit(jobs, name), title="mean over seeds" if "seed" in swept(jobs) else ""
    )
    if series:
        ax.legend(fontsize=10)
    return fig


def heat_map(jobs: Sequence[Job], name: str, left: str, right: str) -> Any:
    """The observable over two keys, everything else averaged; the numbers written in the fields."""
    rows, cols = values_of(jobs, left), values_of(jobs, right)
    if len(rows) < 2 or len(cols) < 2:
        return None
    cells = [[average(jobs, name, **{left: a, right: b}) for b in cols] for a in rows]
    values = np.array([[c.value for c in row] for row in cells])
    if not np.isfinite(values).any():
        return None
    fig, ax = figure(figsize=(1.6 + 1.15 * len(cols), 1.4 + 0.75 * len(rows)))
    image = ax.imshow(values, cmap="viridis", aspect="auto", origin="lower")
    middle = np.nanmean([np.nanmin(values), np.nanmax(values)])
    for i, j in itertools.product(range(len(rows)), range(len(cols))):
        if math.isfinite(values[i, j]):
            text = str(Quantity(cells[i][j].value, cells[i][j].error))
            ax.text(
                j,
                i,
                text,
                ha="center",
                va="center",
                fontsize=9,
                color="black" if values[i, j] > middle else "white",
            )
    ax.set_xticks(range(len(cols)), [str(v) for v in cols])
    ax.set_yticks(range(len(rows)), [str(v) for v in rows])
    ax.set(xlabel=right, ylabel=left)
    ax.grid(False)
    fig.colorbar(image, ax=ax, label=_with_unit(jobs, name))
    return fig


def write_page(jobs: Sequence[Job], figures: dict[str, Path], path: Path, sort: str | None = None) -> Path:
    """One HTML file with the table and the pictures in it: it needs nothing else, and every text in it is escaped."""
    keys = list(dict.fromkeys(k for job in jobs for k in swept(jobs)))
    names = columns(jobs)
    heads = ["job", *keys, *names, "status", "reason"]
    body = []
    for job in jobs:
        cells = [
            job.name,
            *(job.overrides.get(k, "") for k in keys),
            *(job.observables.get(n, "") for n in names),
            job.status,
            job.reason,
        ]
        body.append("<tr>" + "".join(f"<td>{html.escape(str(c))}</td>" for c in cells) + "</tr>")
    pictures = []
    for title, file in figures.items():
        data = base64.b64encode(file.read_bytes()).decode()
        pictures.append(f'<figure><img alt="{html.escape(title)}" src="data:image/png;base64,{data}">'
                        f"<figcaption>{html.escape(title)}</figcaption></figure>")  # fmt: skip
    done = sum(bool(job.observables) for job in jobs)
    order = f", sorted by {html.escape(sort)}" if sort else ""
    write_text(path, PAGE.format(title=html.escape(path.parent.name), done=done, total=len(jobs), order=order,
                                 heads="".join(f"<th>{html.escape(h)}</th>" for h in heads),
                                 rows="\n".join(body), pictures="\n".join(pictures)))  # fmt: skip
    return path


def _with_unit(jobs: Sequence[Job], name: str) -> str:
    unit = next((job.observables[name].unit for job in jobs if name in job.observables), "")
    return f"{name} [{unit}]" if unit else name


def _file(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name) + ".png"


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>sweep {title}</title>
<style>
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1200px; padding: 0 1rem; color: #222 }}
.table {{ overflow-x: auto }} table {{ border-collapse: collapse; white-space: nowrap }}
th, td {{ padding: .3rem .7rem; text-align: right; border-bottom: 1px solid #ddd }} th {{ background: #f4f4f4 }}
td:last-child {{ text-align: left; white-space: normal; min-width: 12rem }}
figure {{ display: inline-block; margin: 1rem; vertical-align: top }} img {{ max-width: 560px }} figcaption {{ color: #666 }}
</style></head><body>
<h1>Sweep {title}</h1><p>{done} of {total} jobs have a result{order}.</p>
<div class="table"><table><thead><tr>{heads}</tr></thead><tbody>
{rows}
</tbody></table></div>
{pictures}
</body></html>
"""
