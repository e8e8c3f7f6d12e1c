"""Potentials from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hadronlab.data.potential_table import potential_table
from hadronlab.errors import DataError
from hadronlab.physics.forces.local_potentials import Gaussians


def test_two_columns(tmp_path: Path) -> None:
    r = np.arange(0.0, 4.0, 0.1)
    V = Gaussians([-60.0], [0.8])(torch.from_numpy(r)).numpy()
    np.savetxt(tmp_path / "v.csv", np.stack([r, V], 1), delimiter=",", header="r V")
    np.testing.assert_allclose(
        potential_table(tmp_path / "v.csv").local(torch.from_numpy(r)).numpy(), V, atol=1e-12
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("r V\n1 2\n", "give a potential as lines `r V`"),
        ("0 2 3\n2 3 4\n", "two columns, r in fm and V in MeV, not 3"),
        ("0 1\n2 1\n1 1\n4 1\n5 1\n", "increasing"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "v.txt").write_text(text)
    with pytest.raises(DataError, match=rf"v\.txt: .*{message}"):
        potential_table(tmp_path / "v.txt")
