"""The two runs of the page *Start*, and what they print."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from generators.rooms import PACKAGE

SYSTEMS = ("separable", "D")


def write(folder: Path) -> None:
    """generated/first_run/SYSTEM: a run directory and, in terminal.txt, what the run printed. Kept until the code changes."""
    newest = max(path.stat().st_mtime for path in PACKAGE.rglob("*.py"))
    for system in SYSTEMS:
        directory = folder / "first_run" / system
        printed = directory / "terminal.txt"
        if not printed.exists() or printed.stat().st_mtime < newest:
            shutil.rmtree(directory, ignore_errors=True)
            shown = subprocess.run(
                [sys.executable, "-m", "hadronlab.train", f"system={system}", f"hydra.run.dir={directory}"],
                capture_output=True, text=True, check=True, env=os.environ | {"COLUMNS": "84"},
            ).stdout  # fmt: skip
            shown = shown.replace(str(directory), f"outputs/{system}/2025-01-31_12-00-00")
            printed.write_text(shown, encoding="utf-8")
