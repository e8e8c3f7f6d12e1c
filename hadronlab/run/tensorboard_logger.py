"""TensorBoard's files of a run."""

from __future__ import annotations

from pytorch_lightning.loggers import TensorBoardLogger


class TensorBoardRun(TensorBoardLogger):
    """Writes in RUN/tensorboard and nowhere else: a setting of a run directory's names no path."""

    def __init__(self, save_dir: str) -> None:
        super().__init__(save_dir, name="tensorboard", version="")
