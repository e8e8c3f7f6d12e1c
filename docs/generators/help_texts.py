"""What the commands say of themselves with --help."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMANDS = ("train", "evaluate", "sweep", "dashboard", "convert")


def write(folder: Path) -> None:
    """generated/help/COMMAND.txt for every command."""
    place = folder / "help"
    place.mkdir(exist_ok=True)
    for command in COMMANDS:
        shown = subprocess.run(
            [sys.executable, "-m", f"hadronlab.{command}", "--help"],
            capture_output=True, text=True, check=True, env=os.environ | {"COLUMNS": "100"},
        )  # fmt: skip
        (place / f"{command}.txt").write_text(shown.stdout, encoding="utf-8")
