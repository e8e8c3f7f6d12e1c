"""The notebooks run from top to bottom, with short trainings."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
DATA = Path(os.environ.get("HADRONLAB_DATA", ROOT.parent / "shared" / "data"))
WITH_DATA = "06_from_raw_correlators_to_a_phase_shift"


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if path.stem == WITH_DATA and not (DATA / "xixi_raw").is_dir():
        pytest.skip("the public lattice files are not here")
    monkeypatch.setenv("HADRONLAB_NOTEBOOK_STEPS", "20")
    monkeypatch.setenv("HADRONLAB_DATA", str(DATA))
    notebook = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "commit notebooks without outputs"
    NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
