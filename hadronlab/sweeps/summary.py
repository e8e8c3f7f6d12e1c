"""What a sweep found: its table, figures and page."""

from __future__ import annotations

from pathlib import Path

from hadronlab.sweeps.average import draw_average, of_sweep
from hadronlab.sweeps.columns import sorted_jobs
from hadronlab.sweeps.comparison import comparison, print_comparison
from hadronlab.sweeps.figures import draw_sweep
from hadronlab.sweeps.job_results import collect
from hadronlab.sweeps.page import write_page
from hadronlab.sweeps.table import print_table, write_csv


def summarise(directory: Path, sort: str | None = None) -> Path:
    """Write what a sweep found and print its table; the path of sweep.csv is the last line.

    Raises ConfigError where `directory` holds no jobs, or no job has the column `sort`.
    """
    jobs = sorted_jobs(collect(directory), sort)
    path = write_csv(jobs, directory / "sweep.csv")
    figures = draw_sweep(jobs, directory / "figures", sort)
    averaged = of_sweep(directory)
    for each in averaged:
        figures[f"average of {each.name}"] = draw_average(
            each, directory / "figures" / f"average_{each.name}.png"
        )
    write_page(jobs, figures, directory / "sweep.html", sort, comparison(directory), averaged)
    print_table(jobs, sort)
    print_comparison(directory)
    print(path)
    return path
