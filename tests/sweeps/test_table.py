"""The table of a sweep on the terminal and as a file."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from hadronlab.estimates.estimate import Estimate
from hadronlab.sweeps.job_results import Job
from hadronlab.sweeps.table import print_table, write_csv

LISTS = ("[default,densities]", "[red]", "[/]", "default")


def jobs() -> list[Job]:
    found = {"energy": Estimate.quoted(1.0, 0.1, "MeV")}
    return [Job(str(n), {"observables": text}, "ok", observables=found) for n, text in enumerate(LISTS)]


def test_values_in_brackets_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(jobs())
    shown = capsys.readouterr().out
    assert all(text in shown for text in LISTS) and "4 of 4 jobs have a result" in shown


def test_the_file_holds_them_too(tmp_path: Path) -> None:
    with open(write_csv(jobs(), tmp_path / "sweep.csv"), newline="", encoding="utf-8") as file:
        assert [row["observables"] for row in csv.DictReader(file)] == list(LISTS)
