"""Checkpoints that are whole or absent, and that load without executing anything."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

from hadronlab.errors import DataError
from hadronlab.run.directory.files import write_whole

log = logging.getLogger(__name__)


class WholeCheckpointIO(TorchCheckpointIO):
    """Writes to a temporary file, syncs, renames; reads plain containers and tensors only.

    storage_options of save_checkpoint: {"keep": the name under which the file that is replaced stands on}.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()  # torch's own writer does not say that a disk is full in a way one can catch
        torch.save(checkpoint, buffer)
        keep = (storage_options or {}).get("keep")
        write_whole(Path(path), lambda temporary: temporary.write_bytes(buffer.getbuffer()), keep)

    def load_checkpoint(
        self, path: Any, map_location: Any = "cpu", weights_only: bool | None = True
    ) -> dict[str, Any]:
        return load_checkpoint(Path(path))


def load_checkpoint(path: Path) -> dict[str, Any]:
    """The content of a checkpoint. Raises DataError where the file is torn, or holds more than plain data."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(f"{path}: not a whole checkpoint of plain tensors ({reason[:120]})") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: not a checkpoint, it holds a {type(content).__name__}")
    return content


def newest_whole(directory: Path) -> Path | None:
    """The newest checkpoint in `directory` that loads; a torn one is skipped with a warning."""
    files = sorted(directory.glob("*.ckpt"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for file in files:
        try:
            load_checkpoint(file)
            return file
        except DataError as error:
            log.warning("skipping a torn checkpoint: %s", error)
            print(f"skipping a torn checkpoint: {file.name}")
    return None
