"""Entry point: `python -m hadronlab.sweep DIR` collects the jobs of a sweep into sweep.csv, a table, figures and a page."""

from __future__ import annotations

from pathlib import Path

from hadronlab.errors import Arguments, one_line_errors


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

    with one_line_errors():
        summarise(options.directory, options.sort)


def summarise(directory: Path, sort: str | None = None) -> Path:
    """Write what a sweep found and print its table; the path of sweep.csv is the last line.

    Raises ConfigError where `directory` holds no jobs, or no job has the column `sort`.
    """
    from hadronlab.plotting.sweep import draw_sweep
    from hadronlab.plotting.sweep_page import write_page
    from hadronlab.runner.comparison import comparison, print_comparison
    from hadronlab.runner.job_results import collect
    from hadronlab.runner.sweep_table import print_table, sorted_jobs, write_csv

    jobs = sorted_jobs(collect(directory), sort)
    path = write_csv(jobs, directory / "sweep.csv")
    figures = draw_sweep(jobs, directory / "figures", sort)
    write_page(jobs, figures, directory / "sweep.html", sort, comparison(directory))
    print_table(jobs, sort)
    print_comparison(directory)
    print(path)
    return path


if __name__ == "__main__":
    main()
