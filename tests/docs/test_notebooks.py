"""The notebooks are pages of the documentation, whose build runs them and holds their text to what they find."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs_and_is_a_page(path: Path) -> None:
    """One with outputs would be shown as it is, and not run."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    assert (ROOT / "docs" / "tutorials" / path.name).resolve() == path.resolve()
    assert path.stem in (ROOT / "docs" / "tutorials.md").read_text()
    assert "assert" in notebook.cells[-1].source, "end with what the text says, held to"
