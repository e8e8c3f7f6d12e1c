"""Benchmarks: the table says what was measured, missed and left out, and all of them are in it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
import run
import time_to_accuracy
import vmc_step
from measure import Figure, alternate

RECORD = {
    "processor": {"name": "A processor", "instructions": "AVX2", "cores": 2, "torch": "2.0"},
    "benchmarks": {
        "one": {
            "seconds": 3.0,
            "figures": [
                asdict(Figure("fast", 1.0, 4.0, "a peer", "s", target=3)),
                asdict(Figure("slow", 2.0, 1.0, "a peer", "ms", target=0.9, note="by far")),
                asdict(Figure("alone", 1.0, None, "a peer", "s", target=3, note="a peer is not installed")),
            ],
        },
        "two": {"seconds": 0.0, "figures": [], "failed": "they disagree"},
    },
}


def test_a_table_says_what_was_measured_missed_and_left_out() -> None:
    fast, slow, alone, failed = run.rows(RECORD)
    assert fast == ("one", "fast", "1 s", "4 (a peer)", "4.00", "3")
    assert slow == ("one", "slow (by far)", "2 ms", "1 (a peer)", "0.50", "0.9 (missed)")
    assert alone == ("one", "alone (a peer is not installed)", "1 s", "", "", "3")
    assert failed[:2] == ("two", "failed: they disagree")


def test_the_tables_of_the_page_are_written_anew() -> None:
    page = f"before\n{run.BEGIN}\nold\n{run.END}\nafter\n"
    once = run.with_tables(page, [RECORD, RECORD])
    assert once.startswith("before\n") and once.endswith("\nafter\n") and "old" not in once
    assert once.count("A processor, AVX2, 2 cores") == 2 and "| `one.py` | fast | 1 s |" in once
    assert run.with_tables(once, [RECORD, RECORD]) == once
    page = run.PAGE.read_text(encoding="utf-8")
    assert page.count(run.BEGIN) == page.count(run.END) == 1


def test_every_benchmark_has_a_short_form_in_the_table() -> None:
    scripts = {
        path.stem for path in Path(run.__file__).parent.glob("*.py") if "__main__" in path.read_text("utf-8")
    }
    assert scripts == {*run.NAMES, "run"}
    for name in run.NAMES:
        assert "\ndef short(" in Path(run.__file__).with_name(f"{name}.py").read_text("utf-8"), name


def test_a_peer_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vmc_step, "missing", lambda *names: ["folx"])
    figures = vmc_step.figures("deepquark", 40)
    assert all(figure.peer is None and figure.ours > 0 and "folx" in figure.note for figure in figures)


def test_a_benchmark_that_fails_is_told_and_the_others_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "measured", alternate)  # fails in its process: a text has no works
    found = run.run(["some benchmark"])["benchmarks"]["some benchmark"]
    assert "repeats" in found["failed"] and not found["figures"]


def test_energies_count_as_accurate_within_two_errors() -> None:
    assert time_to_accuracy.Outcome(1.0, (0.35, 0.03)).accurate
    assert not time_to_accuracy.Outcome(1.0, (0.37, 0.03)).accurate
    assert not time_to_accuracy.Outcome(1.0, (-0.37, 0.03)).accurate  # a bound is not to be passed either
    assert time_to_accuracy.Outcome(1.0, None).accurate


@pytest.mark.slow
def test_a_whole_run_is_timed_and_compared_with_its_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(time_to_accuracy.JOBS, "D", time_to_accuracy.ground_state("D", 100))
    (figure,) = time_to_accuracy.measure(["D"], [1], overrides=["trainer.max_steps=250"])
    assert figure.what == "D to 0.3 MeV" and 0 < figure.ours < 100 and figure.peer == 100 and not figure.note
