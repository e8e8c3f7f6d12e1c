"""Entry point: `hadronlab-average RUN… --of OBSERVABLE` makes one number with its full error of runs that differ in their choices."""

from __future__ import annotations

from pathlib import Path

from hadronlab.cli.commands import Arguments, command


@command()
def main() -> None:
    """Print the weights of the runs and the averages, and draw them."""
    parser = Arguments(
        prog="hadronlab-average",
        description="Average runs over their choices, with weights of an information criterion.",
    )
    parser.add_argument("directories", nargs="+", type=Path, metavar="RUN", help="runs, or sweeps of them")
    parser.add_argument(
        "--of",
        action="append",
        metavar="OBSERVABLE",
        help="what to average (default: inverse_scattering_length); again for others",
    )
    parser.add_argument("--figures", type=Path, metavar="DIR", help="draw them there")
    options = parser.parse_args()

    from hadronlab.sweeps.average import average, draw_average, print_average

    found = average(options.directories, options.of or ["inverse_scattering_length"])
    print_average(found)
    if options.figures:
        for each in found:
            print(draw_average(each, options.figures / f"{each.name}.png"))


if __name__ == "__main__":
    main()
