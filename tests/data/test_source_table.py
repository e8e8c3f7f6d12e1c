"""Sources from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hadronlab.data.source_table import source_table
from hadronlab.errors import DataError
from hadronlab.physics.femtoscopy.sources import Gaussian


@pytest.mark.parametrize("separator", [" ", ", "])
def test_two_columns(tmp_path: Path, separator: str) -> None:
    r = torch.linspace(0.0, 15.0, 150, dtype=torch.float64)
    columns = np.stack([r.numpy(), Gaussian(1.3).density(r).numpy()], axis=1)
    np.savetxt(tmp_path / "s.csv", columns, delimiter=separator, header="r S")
    found = source_table(tmp_path / "s.csv")
    torch.testing.assert_close(found.density(r), Gaussian(1.3).density(r), rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("r S\n1 2\n", "lines `r S`"),
        ("1 2 3\n2 3 4\n", "two columns.*not 3"),
        ("1 1\n2 1\n3 1\n4 1\n5 1\n", "not 1: is S the density"),
        ("", "two columns"),
    ],
)
@pytest.mark.filterwarnings("ignore:loadtxt")
def test_bad_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "s.txt").write_text(text)
    with pytest.raises(DataError, match=rf"s\.txt: .*{message}"):
        source_table(tmp_path / "s.txt")
    with pytest.raises(DataError, match=r"none\.txt: cannot be read"):
        source_table(tmp_path / "none.txt")
