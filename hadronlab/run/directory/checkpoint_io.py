"""Checkpoints that are whole or absent, and that load without executing anything."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

from hadronlab import __version__
from hadronlab.errors import ConfigError, DataError
from hadronlab.run.directory.files import write_text, write_whole

log = logging.getLogger(__name__)

FORMAT = 2  # raised where a checkpoint of before cannot be read any more; 1 had no number


class WholeCheckpointIO(TorchCheckpointIO):
    """Writes to a temporary file, syncs, renames; reads plain containers and tensors only.

    storage_options of save_checkpoint: {"keep": the name under which the file that is replaced stands on}. settings: the
    run's config.yaml, which is written again where the directory was removed during the training. choices: of the run (see
    run/tuning.py), held by every checkpoint.
    """

    def __init__(self, settings: Path | None = None, choices: Mapping[str, int] | None = None) -> None:
        self._choices = dict(choices or {})
        self._settings = settings
        self._text = (
            settings.read_text(encoding="utf-8") if settings is not None and settings.exists() else ""
        )

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self._text and self._settings is not None and not self._settings.exists():
            write_text(self._settings, self._text)
            print(
                f"warning: {self._settings.parent} was removed during the training: it is made again, without what stood there",
                file=sys.stderr,
            )
        buffer = io.BytesIO()  # torch's own writer does not say that a disk is full in a way one can catch
        made = {"format": FORMAT, "version": __version__, "choices": self._choices}
        torch.save({**checkpoint, "hadronlab": made}, buffer)
        keep = (storage_options or {}).get("keep")
        write_whole(Path(path), lambda temporary: temporary.write_bytes(buffer.getbuffer()), keep)

    def load_checkpoint(
        self, path: Any, map_location: Any = "cpu", weights_only: bool | None = True
    ) -> dict[str, Any]:
        return load_checkpoint(Path(path))


def load_checkpoint(path: Path) -> dict[str, Any]:
    """The content of a checkpoint.

    Raises DataError where the file is torn, or holds more than plain data, and ConfigError where it has another format.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(f"{path}: not a whole checkpoint of plain tensors ({reason[:120]})") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: not a checkpoint, it holds a {type(content).__name__}")
    _check_format(path, content.get("hadronlab"))
    return content


def add_to_newest(directory: Path, content: Mapping[str, Any]) -> None:
    """Put `content` into the newest whole checkpoint in `directory`, if there is one. Raises OSError where it cannot be written."""
    path = newest_whole(directory)
    if path is not None:
        buffer = io.BytesIO()
        torch.save({**load_checkpoint(path), **content}, buffer)
        write_whole(path, lambda temporary: temporary.write_bytes(buffer.getbuffer()))


def _check_format(path: Path, maker: Any) -> None:
    """Raise ConfigError for a checkpoint of another format, and warn of one of another version."""
    made = maker if isinstance(maker, dict) else {"format": 1, "version": "before 0.1"}
    number, version = made.get("format"), made.get("version")
    if number != FORMAT:
        raise ConfigError(
            f"{path}: a checkpoint of hadronlab {version} (format {number}), and this is hadronlab {__version__} (format {FORMAT}): "
            "train it anew in another directory, or go on with the version that made it"
        )
    if version != __version__:
        log.warning("%s was made by hadronlab %s, and this is %s", path, version, __version__)
        print(
            f"warning: {path} was made by hadronlab {version}, and this is {__version__}: numbers may differ; "
            f"to go on as it began, install hadronlab=={version}",
            file=sys.stderr,
        )


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
