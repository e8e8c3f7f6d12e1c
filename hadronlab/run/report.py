"""The tables on the terminal, before and after a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hadronlab.estimates.estimate import Estimate
from hadronlab.observables.results import Results

BOUND = {
    "threshold": "binding_energy",
    "effective_range": "binding_energy",
    "coulomb_effective_range": "coulomb_binding_energy",
}
"""what stands beside a number where something is bound"""
MANY = 6  # columns of a table, above which they become rows
SHOWN = 20  # momenta of a table
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def start_table(rows: dict[str, str], console: Console | None = None) -> None:
    """What is about to run, a line each."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, text in rows.items():
        table.add_row(name, escape(text))
    (console or Console()).print(table)


def end_table(results: Results, title: str, console: Console | None = None) -> None:
    """Observables with their errors beside truth and references, the sources of these, then the warnings.

    What stands beside a number under the same name, as `binding_energy.local` beside `binding_energy`, follows in a
    table of its own.
    """
    console = console or Console()
    beside = _variants(results)
    columns = {heading: known for heading, known in (("truth", results.truth), ("reference", results.reference))
               if known.keys() & results.scalars.keys()}  # fmt: skip
    marks = _marks([known[name] for known in columns.values() for name in results.scalars if name in known])
    table = Table(title=title, title_justify="left", pad_edge=False)
    table.add_column("observable", overflow="fold")  # a long name is folded, a number never
    for heading in ("value", *columns):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, estimate in results.scalars.items():
        if any(name == f"{plain}.{kind}" for kind, row in beside.items() for plain in row):
            continue
        cells = [f"{name} {estimate.name}".strip(), str(estimate)]
        for known in columns.values():
            entry = known.get(name)
            cells.append("" if entry is None else _shown(entry, estimate.unit) + marks[_source(entry)])
        table.add_row(*map(escape, cells))
        if (bound := BOUND.get(name)) and bound not in results.scalars:
            table.add_row(bound, "no bound state")
    console.print(table)
    if beside:
        console.print(_variant_table(results, beside))
    for source, mark in marks.items():
        console.print(f"{mark or 'compared with:'} {source}", highlight=False, markup=False)
    for warning in results.warnings:
        console.print(f"[yellow]warning:[/] {escape(warning)}", highlight=False)


def correlation_table(results: Results, console: Console | None = None) -> None:
    """C(k) from every source, at twenty momenta or so, and χ² of a measurement beside it."""
    k, C = results.values["correlation_k"], results.estimates["correlation"]
    table = Table(pad_edge=False)
    table.add_column(f"k {results.unit('correlation_k')}".strip(), justify="right")
    for row in C.rows:
        table.add_column(f"C, {row}", justify="right", no_wrap=True)
    for i in sorted({round(x) for x in np.linspace(0, len(k) - 1, min(len(k), SHOWN))}):
        errors = [None] * len(C.rows) if C.error is None else C.error[:, i]
        cells = [
            str(Estimate.quoted(value, error)) for value, error in zip(C.value[:, i], errors, strict=True)
        ]
        table.add_row(f"{k[i]:.4g}", *cells)
    if "compared_chi2" in results.values:
        table.add_section()
        points = len(results.values["compared_k"])
        table.add_row(f"χ² of {points}", *(f"{chi2:.4g}" for chi2 in results.values["compared_chi2"]))
    (console or Console()).print(table)


def _variants(results: Results) -> dict[str, dict[str, Estimate]]:
    """Kind → {plain name: estimate} of the scalars called NAME.KIND where NAME is a scalar too."""
    found: dict[str, dict[str, Estimate]] = {}
    for name, estimate in results.scalars.items():
        plain, _, kind = name.partition(".")
        if kind and plain in results.scalars:
            found.setdefault(kind, {})[plain] = estimate
    return found


def _variant_table(results: Results, variants: Mapping[str, Mapping[str, Estimate]]) -> Table:
    """A row an observable, a column a kind, units beside the names; the other way round where kinds are many."""
    plain = list(dict.fromkeys(name for row in variants.values() for name in row))
    names = [f"{name} [{results.unit(name)}]" if results.unit(name) else name for name in plain]
    kinds = []
    for kind, row in variants.items():
        of = next((e.name for e in row.values() if e.name), "")
        kinds.append(f"{kind if '=' in kind else kind.replace('_', ' ')} {of and f'({of})'}".strip())
    cells = [
        [str(replace(row[name], unit="")) if name in row else "" for name in plain]
        for row in variants.values()
    ]
    headings, lines = kinds, list(zip(names, zip(*cells, strict=True), strict=True))
    if len(kinds) > MANY:
        headings, lines = names, list(zip(kinds, map(tuple, cells), strict=True))
    table = Table(pad_edge=False)
    table.add_column("of", overflow="fold")
    for heading in headings:
        table.add_column(escape(heading), justify="right", overflow="fold")
    for name, line in lines:
        table.add_row(*map(escape, [name, *line]))
    return table


def _marks(entries: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What marks the numbers of every source; nothing where there is one source only."""
    sources = dict.fromkeys(map(_source, entries))
    if len(sources) < 2:
        return dict.fromkeys(sources, "")
    return {source: str(k).translate(SUPERSCRIPT) for k, source in enumerate(sources, 1)}


def _source(known: Mapping[str, Any]) -> str:
    return str(known.get("source", ""))


def _shown(known: Mapping[str, Any], unit: str) -> str:
    value = known.get("value")
    if not isinstance(value, int | float):
        return str(value or "")
    return str(Estimate.quoted(value, known.get("error"), unit))
