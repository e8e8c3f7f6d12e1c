"""A small share of benchmarks/fuzz_inputs.py, and what it found."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


@pytest.mark.slow
def test_damaged_inputs_end_in_one_clear_line() -> None:
    file = Path(__file__).parents[2] / "benchmarks" / "fuzz_inputs.py"
    spec = importlib.util.spec_from_file_location("fuzz_inputs", file)
    assert spec is not None and spec.loader is not None
    fuzz_inputs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz_inputs)
    total, uncaught = fuzz_inputs.fuzz(scale=0.03, seed=2, show=False)
    assert total > 350 and not uncaught, list(uncaught)[:5]
