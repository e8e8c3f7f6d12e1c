"""The jobs of a sweep as their files tell of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hadronlab.sweeps.job_results import read_job


def test_a_reference_that_is_text_is_for_the_reader(tmp_path: Path) -> None:
    result = {
        "observables": {"binding_energy": {"value": 1.57, "error": None}},
        "reference": {"binding_energy": {"value": 1.6}, "effective_range": {"value": "0.5 to 0.6"}},
    }
    (tmp_path / "result.json").write_text(json.dumps(result))
    job = read_job(tmp_path)
    assert job.status == "ok" and job.references == {"binding_energy": 1.6}
    assert job.observables["binding_energy"].value == 1.57


@pytest.mark.parametrize("content", ["{torn", "[]", '{"observables": {"energy": 3}}'])
def test_a_damaged_result_is_a_failed_job(content: str, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(content)
    job = read_job(tmp_path)
    assert (job.status, job.reason) == ("failed", "result.json is damaged")
