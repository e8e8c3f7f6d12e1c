"""Entry point: `hadronlab-export RUN OUT` writes the learned potential of a run for other codes."""

from __future__ import annotations

from pathlib import Path

from hadronlab.cli.commands import Arguments, command


@command()
def main() -> None:
    """Write the files and print their paths."""
    parser = Arguments(
        prog="hadronlab-export",
        description="Write the learned potential of a run, with its resampling bins, for other codes.",
    )
    parser.add_argument("directory", type=Path, metavar="RUN", help="a run that learns a potential")
    parser.add_argument(
        "path",
        type=Path,
        metavar="OUT",
        help="NAME.h5: r, V_0 and U; NAME.txt, .dat or .csv: lines r V V1 V2 …, and NAME_U with lines r r' U U1 U2 …",
    )
    parser.add_argument("--step", type=float, default=0.02, help="of the radii, fm (default: %(default)s)")
    parser.add_argument("--force", action="store_true", help="overwrite OUT")
    options = parser.parse_args()

    from hadronlab.run.export import export

    for path in export(**vars(options)):
        print(path)


if __name__ == "__main__":
    main()
