"""The tables on the terminal, before and after a run."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from hadronlab.estimators.observables import Observables, Quantity


def start_table(rows: dict[str, str], console: Console | None = None) -> None:
    """What is about to run, a line each."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, text in rows.items():
        table.add_row(name, text)
    (console or Console()).print(table)


def end_table(observables: Observables, title: str, console: Console | None = None) -> None:
    """Observables with their errors beside the references, then the warnings."""
    console = console or Console()
    table = Table(title=title, title_justify="left", pad_edge=False)
    for column, justify in (
        ("observable", "left"),
        ("value", "right"),
        ("reference", "right"),
        ("source", "left"),
    ):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for name, quantity in observables.scalars.items():
        known = observables.reference.get(name, {})
        value = known.get("value")
        shown = (
            str(Quantity(value, known.get("error"), quantity.unit))
            if isinstance(value, int | float)
            else str(value or "")
        )
        table.add_row(f"{name} {quantity.name}".strip(), str(quantity), shown, str(known.get("source", "")))
    console.print(table)
    for warning in observables.warnings:
        console.print(f"[yellow]warning:[/] {warning}", highlight=False)
