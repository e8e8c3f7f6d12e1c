"""Entry point: `python -m hadronlab.sweep DIR` collects the jobs of a sweep into sweep.csv, a table, figures and a page."""

from __future__ import annotations

from pathlib import Path

from hadronlab.cli.commands import Arguments, command


@command()
def main() -> None:
    """Read every job below DIR, print the table, write sweep.csv, figures/ and sweep.html."""
    parser = Arguments(
        prog="hadronlab-sweep",
        description="Collect the jobs of a sweep into sweep.csv, a table, figures and a page.",
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="of a sweep: outputs/sweeps/<time>")
    parser.add_argument(
        "--sort", metavar="OBSERVABLE", help="sort by this observable (or by objective, or by a swept key)"
    )
    options = parser.parse_args()

    from hadronlab.sweeps.summary import summarise

    summarise(options.directory, options.sort)


if __name__ == "__main__":
    main()
