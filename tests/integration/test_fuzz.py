"""A small share of benchmarks/fuzz_inputs.py, and what it found."""

from __future__ import annotations

import fuzz_inputs
import pytest


@pytest.mark.slow
def test_damaged_inputs_end_in_one_clear_line() -> None:
    total, uncaught = fuzz_inputs.fuzz(scale=0.03, seed=2, show=False)
    assert total > 350 and not uncaught, list(uncaught)[:5]
