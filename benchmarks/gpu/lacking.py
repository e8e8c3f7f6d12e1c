"""Names what hadronlab needs and this Python does not have."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

OPTIONAL = {"wandb"}  # only logger=wandb asks for it


def absent(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return True
    return False


project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
names = [re.split(r"[<>=!~\[ ;]", requirement)[0] for requirement in project["dependencies"]]
print(*(name for name in names if name not in OPTIONAL and absent(name)))
