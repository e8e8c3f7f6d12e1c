"""The formulas of pages and tutorials are ones that the site can draw."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *(ROOT / "notebooks").glob("*.ipynb")])
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(\S(?:[^$\n]|\n(?!\n))*?)\$", re.DOTALL)


def text(page: Path) -> str:
    if page.suffix == ".md":
        return page.read_text(encoding="utf-8")
    cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_formulas(page: Path) -> None:
    math = pytest.importorskip("docutils.utils.math.latex2mathml")
    for in_block, in_line in FORMULA.findall(CODE.sub("", text(page))):
        try:
            math.tex2mathml(in_block or in_line)
        except (math.MathError, IndexError) as error:  # it raises either
            pytest.fail(f"{in_block or in_line}: {error}")
