"""C++ is compiled where that can be done safely, and torch does its work elsewhere."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from hadronlab.config.cache_directory import private_directory
from hadronlab.kernels import library
from hadronlab.models.wavefunctions.compiled import hidden_layers
from hadronlab.models.wavefunctions.dense import DenseNetwork
from hadronlab.models.wavefunctions.hidden_layers import HiddenLayers


@pytest.fixture
def fresh() -> Iterator[None]:
    library.compiled.cache_clear()
    yield
    library.compiled.cache_clear()


@pytest.mark.parametrize("compiler", ["", "no-such-compiler", "false", "true"])
def test_without_a_working_compiler_torch_does_it(
    compiler: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh: None
) -> None:
    monkeypatch.setenv("CXX", compiler)
    monkeypatch.setenv("HADRONLAB_CACHE", str(tmp_path))
    with torch.no_grad():
        assert type(hidden_layers(DenseNetwork(2, [3], 1), torch.float64)) is HiddenLayers
    assert not list(tmp_path.rglob("*.so"))


@pytest.mark.slow
def test_what_others_can_write_to_is_not_executed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh: None, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HADRONLAB_CACHE", str(tmp_path))
    folder = private_directory("compiled")
    assert folder == tmp_path / "compiled" and folder.stat().st_mode & 0o077 == 0
    os.chmod(folder, 0o777)
    assert private_directory("compiled") is None
    capability = torch.backends.cpu.get_cpu_capability()
    if capability in library.FLAGS:  # compiled all the same, in a folder of its own that is gone afterwards
        caplog.set_level(logging.DEBUG)
        assert library.compiled("network", capability) is not None or "not compiled" in caplog.text
        assert not list(folder.iterdir())
