"""Entry point: `hadronlab-convert tables IN OUT` makes an R-correlator file (HDF5) out of files of other programs."""

from __future__ import annotations

import argparse
import logging
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


if __name__ == "__main__":
    main()
