"""What the commands say of themselves with --help."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMANDS = {
    "train": ["train"], "evaluate": ["evaluate"], "sweep": ["sweep"], "dashboard": ["dashboard"],
    "average": ["average"], "export": ["export"], "convert": ["convert"], "convert_tables": ["convert", "tables"],
    "convert_raw": ["convert", "raw"], "luescher": ["luescher"], "femto": ["femto"],
}  # fmt: skip


def write(folder: Path) -> None:
    """generated/help/COMMAND.txt for every command."""
    place = folder / "help"
    place.mkdir(exist_ok=True)
    for name, command in COMMANDS.items():
        shown = subprocess.run(
            [sys.executable, "-m", f"hadronlab.{command[0]}", *command[1:], "--help"],
            capture_output=True, text=True, check=True, env=os.environ | {"COLUMNS": "84"},
        )  # fmt: skip
        (place / f"{name}.txt").write_text(shown.stdout, encoding="utf-8")
