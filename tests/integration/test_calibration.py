"""A small share of benchmarks/calibration.py: errors that are half or twice what they should be are seen."""

from __future__ import annotations

import calibration
import numpy as np
import pytest


def test_the_widths_are_those_of_student() -> None:
    """200 000 pulls of a mean by the jackknife of 20 bins; wrong errors are many standard deviations off with 24."""
    blocks = np.random.default_rng(5).standard_normal((200_000, 20))
    pulls = blocks.mean(1) / (blocks.std(1, ddof=1) / 20**0.5)
    row = calibration.statistics("mean", pulls, 20)
    assert row.expected == pytest.approx(1.057, abs=1e-3)
    assert abs(row.off[0]) < 4 and abs(row.off[1]) < 4
    few = pulls[:24]
    assert max(map(abs, calibration.statistics("mean", few, 20).off)) < 3
    assert calibration.statistics("mean", 2.0 * few, 20).off[1] > 4
    assert calibration.statistics("mean", 0.5 * few, 20).off[1] < -2.5
    assert calibration.statistics("mean", few + 1.0, 20).off[0] > 3


@pytest.mark.slow
@pytest.mark.timeout(1200)  # two minutes of one core; machines are shared
def test_errors_of_the_inverse_problem_cover_the_truth() -> None:
    """Of 24 noises: neither bias nor width is off by 3 standard deviations, in any of eleven quantities."""
    rows = calibration.inverse("omega_ccc", "hybrid_low_rank", seeds=range(24), bins=20, overrides=[])
    assert len(rows) == 11 and min(row.n for row in rows) >= 20
    for row in rows:
        assert max(map(abs, row.off)) < 3, row


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_energies_of_independent_trainings_scatter_as_their_errors_say() -> None:
    """χ² of 12 positronium trainings: 11 ± √22."""
    row = calibration.variational("positronium", range(12), ["task.evaluation_samples=20000"])
    assert abs(row.off[1]) < 3, row
