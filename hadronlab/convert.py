"""Entry point: `hadronlab-convert tables | raw IN OUT` makes an R-correlator file (HDF5) out of files of other programs."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import Any

from hadronlab.cli.commands import Arguments, command


@command()
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the subcommand."""
    parser = Arguments(prog="hadronlab-convert", description="Make an R-correlator file (HDF5).")
    kinds = parser.add_subparsers(required=True, metavar="KIND")
    tables = kinds.add_parser("tables", help="text tables, .npz archives, pickled wedges")
    add_table_arguments(tables)
    tables.set_defaults(run=tables_command)
    raw = kinds.add_parser("raw", help="raw four-point and two-point functions of every configuration")
    add_raw_arguments(raw)
    raw.set_defaults(run=raw_command)
    options = vars(parser.parse_args(arguments))
    logging.basicConfig(format="warning: %(message)s")
    options.pop("run")(**options)


def add_table_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `hadronlab-convert tables`."""
    add = parser.add_argument
    add("inputs", nargs="+", metavar="[NAME=]IN", help=".npz, .pkl or a text table; NAME is the source")
    add("output", metavar="OUT", help="the HDF5 file")
    add("--mass", type=float, required=True, help="mass of the first hadron, MeV")
    add("--mass2", type=float, help="mass of the second one, MeV (default: equal)")
    add("--spacing", type=float, required=True, help="lattice spacing, fm")
    add("--unit", choices=("fm", "lattice"), default="fm", help="of the radii (default: %(default)s)")
    add("--columns", choices=("auto", "error", "bins"), default="auto", help="after t r of a table")
    add("--kind", choices=("jackknife", "bootstrap", "configurations"), default="jackknife",
        help="what the bins of the input are (default: %(default)s)")  # fmt: skip
    add("--bins", type=int, default=20, help="made from configurations or errors (default: 20)")
    add("--seed", type=int, default=0, help="of the bins made from errors")
    add("--force", action="store_true", help="overwrite OUT")


def tables_command(inputs: list[str], output: str, **settings: Any) -> None:
    """Write the file and say what it holds."""
    from hadronlab.data.ingest import convert

    print(f"{output}: {convert.summary(convert.convert_tables(inputs, output, **settings))}")


def add_raw_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `hadronlab-convert raw`."""
    add = parser.add_argument
    add("source", metavar="[NAME=]IN",
        help="a file in the layout hadronlab-raw-1 (NAME: only this source), or a directory of HAL QCD (NAME: of its source)")  # fmt: skip
    add("output", metavar="OUT", help="the HDF5 file")
    add("--spin", choices=("1s0", "3s1"), help="of two spins 1/2; 3s1 gives the channels S and D")
    add(
        "--mass",
        default="fit",
        metavar="MEV",
        help="mass of the first hadron, MeV, or fit (default: %(default)s)",
    )
    add("--mass2", type=float, metavar="MEV", help="mass of the second one, MeV (default: equal)")
    add("--spacing", type=float, metavar="FM", help="lattice spacing, fm, where IN does not say it")
    add("--hadrons", type=lambda text: text.split(","), metavar="A,B",
        help="the two hadrons, where a directory has two-point functions of several")  # fmt: skip
    add("--average", choices=("measurement",), help="first over labels that share a trajectory")
    add("--bin-size", type=int, default=1, help="consecutive configurations of a bin (default: %(default)s)")
    add(
        "--resampling", choices=("jackknife", "bootstrap"), default="jackknife", help="(default: %(default)s)"
    )
    add("--bins", type=int, default=200, help="of the bootstrap (default: %(default)s)")
    add("--seed", type=int, default=0, help="of the bootstrap")
    add("--force", action="store_true", help="overwrite OUT")


def raw_command(source: str, output: str, **settings: Any) -> None:
    """Write the file and say what was averaged and what it holds."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from hadronlab.data.ingest.raw.convert import convert_raw

    columns = (TextColumn("configurations"), BarColumn(None), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("")

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        conversion = convert_raw(source, output, progress=progress, **settings)
    for number, line in enumerate(conversion.lines()):
        print(f"{output}: {line}" if number == 0 else f"  {line}")


if __name__ == "__main__":
    main()
