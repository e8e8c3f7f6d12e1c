"""Entry point: `hadronlab-femto POTENTIAL.yaml` computes C(k) of a potential without a training; or of a system, or of a run."""

from __future__ import annotations

from pathlib import Path

from hadronlab.cli.commands import Arguments, command


@command()
def main() -> None:
    """Print scattering length, bound state and C(k); write a table and a picture."""
    parser = Arguments(
        prog="hadronlab-femto", description="Momentum correlations C(k) of a potential, without a training."
    )
    add = parser.add_argument
    add(
        "what",
        metavar="POTENTIAL",
        help="a yaml file with a potential and its pair, system=NAME, or a run directory",
    )
    add("pair", nargs="*", metavar="system.KEY=VALUE", help="of the pair: system.charges=[1,-1]")
    add("--radii", nargs="+", type=float, metavar="R", help="of Gaussian sources, fm (default: 1 1.5 2.5)")
    add("--k", nargs=2, type=float, metavar=("FIRST", "LAST"), help="MeV/c (default: 5 300)")
    add("--points", type=int, help="how many momenta (default: 60)")
    add("--genuine", type=float, metavar="LAMBDA", help="share of genuine pairs (default: 1)")
    add(
        "--derivative",
        dest="derivative_at",
        nargs="+",
        type=float,
        metavar="K",
        help="where dC/dV(r) is drawn, MeV/c",
    )
    add("--data", metavar="FILE", help="a measured C(k) to compare with, such as star_pp_2015")
    add("--out", type=Path, metavar="FILE.csv", help="write all that was computed")
    add("--figure", type=Path, metavar="FILE.png", help="draw it")
    options = vars(parser.parse_intermixed_args())

    from hadronlab.run.femto import femtoscopy, write
    from hadronlab.run.report import correlation_table, end_table

    out, figure = options.pop("out"), options.pop("figure")
    results = femtoscopy(
        options["what"],
        options.pop("pair"),
        options.pop("data"),
        **{k: v for k, v in options.items() if k != "what"},
    )
    write(results, out, figure)
    end_table(results, options["what"])
    correlation_table(results)


if __name__ == "__main__":
    main()
