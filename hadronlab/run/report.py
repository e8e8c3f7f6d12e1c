"""The tables on the terminal, before and after a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hadronlab.observables.observables import Observables, Quantity

SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def start_table(rows: dict[str, str], console: Console | None = None) -> None:
    """What is about to run, a line each."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, text in rows.items():
        table.add_row(name, escape(text))
    (console or Console()).print(table)


def end_table(observables: Observables, title: str, console: Console | None = None) -> None:
    """Observables with their errors beside the references, the sources of these, then the warnings."""
    console = console or Console()
    marks = _marks(observables)
    table = Table(title=title, title_justify="left", pad_edge=False)
    table.add_column("observable", overflow="fold")  # a long name is folded, a number never
    for column in ("value", "reference") if marks else ("value",):
        table.add_column(column, justify="right", no_wrap=True)
    for name, quantity in observables.scalars.items():
        cells = [f"{name} {quantity.name}".strip(), str(quantity)]
        known = observables.reference.get(name)
        if marks:
            cells.append(_reference(known, quantity.unit) + marks[_source(known)] if known else "")
        table.add_row(*map(escape, cells))
        if name == "threshold" and "binding_energy" not in observables.scalars:
            table.add_row("binding_energy", "no bound state")
    console.print(table)
    for source, mark in marks.items():
        console.print(f"{mark or 'reference:'} {source}", highlight=False, markup=False)
    for warning in observables.warnings:
        console.print(f"[yellow]warning:[/] {escape(warning)}", highlight=False)


def _marks(observables: Observables) -> dict[str, str]:
    """What marks the references of every source; nothing where there is one source only."""
    sources = dict.fromkeys(
        _source(observables.reference[n]) for n in observables.scalars if n in observables.reference
    )
    if len(sources) < 2:
        return dict.fromkeys(sources, "")
    return {source: str(k).translate(SUPERSCRIPT) for k, source in enumerate(sources, 1)}


def _source(known: Mapping[str, Any]) -> str:
    return str(known.get("source", ""))


def _reference(known: Mapping[str, Any], unit: str) -> str:
    value = known.get("value")
    return (
        str(Quantity(value, known.get("error"), unit)) if isinstance(value, int | float) else str(value or "")
    )
