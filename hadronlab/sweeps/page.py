"""A page of a sweep that stands alone: tables that sort, pictures, links to the jobs beside it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from itertools import repeat
from pathlib import Path
from string import Template
from urllib.parse import quote

from hadronlab.estimates.estimate import Estimate
from hadronlab.run.directory.files import write_text
from hadronlab.sweeps.average import Averaged, as_rows
from hadronlab.sweeps.columns import columns, labelled, leading, setting, swept, unit_of
from hadronlab.sweeps.job_results import Job


def write_page(
    jobs: Sequence[Job],
    figures: dict[str, Path],
    path: Path,
    sort: str | None = None,
    compared: Sequence[Sequence[str]] = (),
    averaged: Sequence[Averaged] = (),
) -> Path:
    """One HTML file with everything in it; every text in it is escaped, links are relative.

    compared: rows (system, observable, ours, paper, reference) to show as a table of their own.
    averaged: over the choices of the jobs, another one.
    """
    keys, names = swept(jobs), leading(jobs, sort, len(columns(jobs)))
    units = [unit_of(jobs, name) for name in names]
    done, trouble = [job for job in jobs if job.observables], [job for job in jobs if job.reason]
    numbers = ([_link(job), *_settings(job, keys), *map(_number, repeat(job), names, units)] for job in done)
    parts = [_table(["job", *keys, *(labelled(jobs, name) for name in names)], numbers)]
    if trouble:
        reasons = (
            [_link(job), _cell(job.status, "text"), _cell(job.reason, "reason"), *_settings(job, keys)]
            for job in trouble
        )
        parts += ["<h2>Jobs that did not end well</h2>", _table(["job", "status", "reason", *keys], reasons)]
    if known := [
        [_cell(row[0]), _cell(row[1], "text"), *map(_cell, row[2:])] for row in compared if any(row[-2:])
    ]:
        heads = ("system", "observable", "hadronlab", "paper", "reference")
        parts += ["<h2>Beside the published values</h2>", _table(heads, known)]
    if averaged:
        cells = (map(_cell, row) for row in as_rows(averaged))
        names = [labelled(jobs, each.name) for each in averaged]
        parts += ["<h2>Average over the choices</h2>", _table(["run", "weight", *names], cells)]
    parts += ['<div class="figures">', *map(_figure, figures, figures.values()), "</div>"]
    write_text(path, PAGE.substitute(title=escape(path.absolute().parent.name), done=len(done), total=len(jobs),
                                     order=f", sorted by {escape(sort)}" if sort else "", content="\n".join(parts)))  # fmt: skip
    return path


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(cells) for cells in rows]
    texts = {place for cells in lines for place, cell in enumerate(cells) if cell.startswith("<td class=")}
    head = "".join(
        f"<th class='{'text' if place in texts else ''}'><button>{escape(text)}</button></th>"
        for place, text in enumerate(heads)
    )
    body = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in lines)
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def _cell(text: object, kind: str = "", value: float | None = None) -> str:
    attributes = (f' class="{kind}"' if kind else "") + (
        f' data-value="{value!r}"' if value is not None else ""
    )
    return f"<td{attributes}>{escape(str(text))}</td>"


def _link(job: Job) -> str:
    return f'<td><a href="./{quote(job.name)}/">{escape(job.name).replace(",", ",<wbr>")}</a></td>'


def _settings(job: Job, keys: Iterable[str]) -> Iterable[str]:
    values = (job.overrides.get(key) for key in keys)
    return (_cell(setting(v), "text") if isinstance(v, str) else _cell(setting(v), value=v) for v in values)


def _number(job: Job, name: str, unit: str) -> str:
    found = job.observables.get(name)
    if found is None:
        return _cell("")
    shown = found if found.unit != unit else Estimate.quoted(found.value, found.error)
    return _cell(shown, value=found.value)


def _figure(title: str, file: Path) -> str:
    data, caption = base64.b64encode(file.read_bytes()).decode(), escape(title)
    return f'<figure><img alt="{caption}" src="data:image/png;base64,{data}"><figcaption>{caption}</figcaption></figure>'


PAGE = Template("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>sweep $title</title>
<style>
:root { color-scheme: light dark; --line: #8885; --head: #8882 }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1200px; padding: 0 1rem }
.table { overflow: auto; max-height: 80vh } table { border-collapse: collapse; white-space: nowrap }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums }
th { position: sticky; top: 0; background: linear-gradient(var(--head), var(--head)), Canvas } .text, .reason { text-align: left }
td.reason { white-space: normal; overflow-wrap: anywhere; min-width: 22rem; width: 100% }
th:first-child, td:first-child { position: sticky; left: 0; text-align: left } th:first-child { z-index: 1 }
td:first-child { background: Canvas }
td a { display: inline-block; width: max-content; max-width: min(20rem, 40vw); white-space: normal; overflow-wrap: anywhere }
button { all: unset; font-weight: 600; cursor: pointer } button:focus-visible { outline: 2px solid }
th[aria-sort=ascending]::after { content: " ▲" } th[aria-sort=descending]::after { content: " ▼" }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1rem; margin-top: 1.5rem }
figure { margin: 0 } img { max-width: 100%; background: white } figcaption { opacity: .7 }
</style></head><body>
<h1>Sweep $title</h1><p>$done of $total jobs have a result$order. A click on a heading sorts.</p>
$content
<script>
for (const head of document.querySelectorAll("th")) head.firstChild.onclick = () => {
  const rows = head.closest("table").tBodies[0], sign = head.ariaSort == "ascending" ? -1 : 1;
  const key = row => { const c = row.cells[head.cellIndex]; return c.dataset.value ?? c.textContent };
  const number = text => text.trim() && text != "nan" ? Number(text) : NaN;
  const order = (a, b) => {
    const [x, y] = [number(a), number(b)];
    if (isNaN(x) || isNaN(y)) return isNaN(x) && isNaN(y) ? sign * a.localeCompare(b) : isNaN(x) - isNaN(y);
    return sign * (x - y) };
  for (const other of head.parentNode.cells) other.ariaSort = null;
  head.ariaSort = sign == 1 ? "ascending" : "descending";
  rows.append(...[...rows.rows].sort((a, b) => order(key(a), key(b))));
};
</script>
</body></html>
""")
