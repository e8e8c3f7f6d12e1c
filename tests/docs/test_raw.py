"""The page *Raw correlators*: what it shows as Python runs, and the files are what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "raw.md"


def test_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its blocks with a small lattice: the ten lines, the writer, then the conversion and V_C, V_T."""
    ten_lines, writer, conversion = re.findall(
        r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    assert ten_lines.count("\n") <= 13
    monkeypatch.chdir(tmp_path)
    size, labels = 4, ["1000", "1010", "1020", "1030"]
    r = (np.arange(size) + 1) % size - 1
    square = (np.stack(np.meshgrid(r, r, r, indexing="ij")) ** 2).sum(0)
    fall = np.exp(-1.2 * np.arange(9, 12))[:, None, None, None, None, None]
    psi = fall * np.eye(4)[:, :, None, None, None] * (1 + np.exp(-square))

    def load(label: str) -> tuple[np.ndarray, np.ndarray]:
        weight = 1 + 0.01 * int(label[2])
        return weight * psi[None], weight * np.exp(-0.6 * np.arange(16))[None] * np.exp(
            0.01 * np.arange(16) ** 1.5
        )

    c4, c2 = (np.stack(arrays) for arrays in zip(*map(load, labels), strict=True))
    space: dict[str, Any] = {
        "labels": labels,
        "c4": c4,
        "c2": c2,
        "c2_backward": c2[..., -np.arange(16) % 16],
        "load": load,
    }
    potentials = []
    for block in (ten_lines, writer):
        exec(block.replace("48", str(size)), space)
        exec(conversion, space)
        Path("deuteron.h5").unlink()
        potentials.append(space["central"])
        assert np.abs(space["tensor"]).max() < 1e-6
    said = capsys.readouterr().out
    assert "C2 forward and backward" in said and "C2 forward\n" in said and "channels S, D" in said
    # both files hold the same numbers: the antiparticle's here are those of the particle
    np.testing.assert_allclose(*potentials, rtol=1e-9)
