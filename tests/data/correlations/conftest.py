"""One small measurement, and a way to store it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hadronlab.data.correlations.correlation_file import CorrelationFile

K = np.array([5.0, 15.0, 25.0, 40.0])  # MeV/c
EDGES = np.array([[0.0, 10.0], [10.0, 20.0], [20.0, 30.0], [30.0, 50.0]])
C = np.array([1.75, 1.5, 1.25, 1.125])
ERROR = np.array([0.25, 0.125, 0.0625, 0.03125])
SYSTEMATIC = np.array([0.5, 0.25, 0.125, 0.0625])


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., CorrelationFile]:
    """Writes `content` to a file of this name and gives it with settings."""

    def store(content: str | bytes, name: str = "mine.csv", **settings: object) -> CorrelationFile:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return CorrelationFile(str(path), **settings)  # type: ignore[arg-type]

    return store
