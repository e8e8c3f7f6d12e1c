"""Entry point: `hadronlab-luescher levels.csv --L … --mass …`: scattering out of energy levels in periodic boxes."""

from __future__ import annotations

from pathlib import Path

from hadronlab.cli.commands import Arguments, command


@command()
def main() -> None:
    """Print k cot δ of every level, an effective-range fit and its bound state; write result.json, result.h5 and a figure."""
    parser = Arguments(
        prog="hadronlab-luescher",
        description="Scattering of two hadrons out of their energy levels in periodic boxes.",
    )
    add = parser.add_argument
    add(
        "levels",
        type=Path,
        metavar="LEVELS",
        help="csv: frame, L, one of k2, E, Ecm, dE, and error, low and high, or bin1, bin2, …",
    )
    add(
        "--L",
        type=float,
        help="side of the boxes, where the table has no column L: sites with --spacing, else fm",
    )
    add("--mass", type=float, required=True, help="of the first hadron, MeV, or in units of the lattice")
    add("--mass2", type=float, help="of the second one (default: equal)")
    add(
        "--unit",
        choices=("MeV", "lattice"),
        default="MeV",
        help="of energies and masses; k2 in MeV² (default: %(default)s)",
    )
    add("--spacing", type=float, help="of the lattice, fm: L in sites")
    add("--terms", type=int, default=2, help="of the effective-range fit, 0 for none (default: %(default)s)")
    add("--k2-max", type=float, help="of the levels in the fit, in the unit of the result")
    add("--g-wave", type=float, metavar="A4", help="k⁹ cot δ4 = −1/A4, allowed for in A1+ at rest")
    add(
        "--resampling", choices=("jackknife", "bootstrap"), default="jackknife", help="what bin1, bin2, … are"
    )
    add("--out", type=Path, help="directory (default: outputs/luescher/NAME)")
    options = vars(parser.parse_args())

    from hadronlab.run.levels import report_levels

    print(report_levels(options.pop("levels"), options.pop("out"), **options))


if __name__ == "__main__":
    main()
