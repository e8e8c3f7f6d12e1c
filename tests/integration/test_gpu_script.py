"""benchmarks/gpu/run.sh names what it lacks; its parts are ended in time, and a number that differs is seen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

GPU = Path(__file__).parents[2] / "benchmarks" / "gpu"


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    """measure_all.py and record.py."""
    monkeypatch.syspath_prepend(GPU)
    import measure_all
    import record

    return measure_all, record


def run_script(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", str(GPU / "run.sh")], env=os.environ | environment, capture_output=True, text=True
    )


@pytest.mark.slow
def test_one_line_says_what_lacks(tmp_path: Path) -> None:
    """A Python without its packages; and one with all of them where there is no GPU."""
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)
    found = run_script(PYTHON=str(bare), OUT=str(tmp_path), PYTHONPATH="")
    assert found.returncode == 1 and not found.stdout
    assert (
        found.stderr.startswith("lacks: torch pytorch-lightning hydra-core") and found.stderr.count("\n") == 1
    )
    found = run_script(PYTHON=sys.executable, OUT=str(tmp_path), CUDA_VISIBLE_DEVICES="")
    assert found.returncode == 1 and not found.stdout
    assert found.stderr == "lacks: a CUDA GPU that torch can use (DEVICE=cpu makes a dry run)\n"


PARTS = {
    "print('no such thing'); raise SystemExit(3)": "failed with 3",
    "import time; time.sleep(60)": "ended after its 1 s",
    "record.same('energy', 1.0, 1.1, 0.05)": "ok, numbers disagree",
    "record.agree('energy', float('nan'), 0.05)": "ok, numbers disagree",
    "record.same('energy', 1.0, 1.01, 0.05)": "ok",
}


@pytest.mark.parametrize(("code", "status"), PARTS.items())
def test_a_part_that_goes_wrong_is_named(
    code: str, status: str, scripts: tuple[ModuleType, ModuleType], tmp_path: Path, monkeypatch: Any
) -> None:
    measure_all, _ = scripts
    out = tmp_path / "part.json"
    text = f"""
import json, sys
sys.modules["torch"] = type(sys)("torch")  # not needed, and slow
sys.path.insert(0, {str(GPU)!r})
from pathlib import Path
from record import Record
record = Record()
{code}
record.write(Path({str(out)!r}))
"""
    monkeypatch.setattr(
        measure_all.Part, "command", lambda self, device, out: [sys.executable, "-S", "-c", text]
    )
    limit = 1 if "sleep" in code else 60
    found = measure_all.run(measure_all.Part("part", limit), "cpu", tmp_path)
    assert found["status"] == status
    assert found["seconds"] < 30
    if status.startswith("failed"):
        assert found["said"] == "no such thing"


def test_the_whole_stays_under_eight_minutes(scripts: tuple[ModuleType, ModuleType]) -> None:
    measure_all, _ = scripts
    assert sum(part.limit for part in measure_all.PARTS) < 480 - 10  # ten seconds for the start
    for part in measure_all.PARTS:
        assert part.name == "tests" or (GPU / f"{part.name}.py").exists()
