"""Run one composed configuration: check, build, train, observe, write."""

from __future__ import annotations

import logging
import time
import warnings
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from hadronlab.config.check import check
from hadronlab.runner.run_directory import locked, write_text

log = logging.getLogger(__name__)


def launch(config: DictConfig) -> float | None:
    """Run `config` in Hydra's output directory and return the task's objective (for a sweeper).

    Raises ConfigError or DataError for everything a user can mend.
    """
    from hydra.core.hydra_config import HydraConfig

    directory = Path(HydraConfig.get().runtime.output_dir)
    check(config)
    with locked(directory):
        write_text(directory / "config.yaml", OmegaConf.to_yaml(config, resolve=True))
        return train(config, directory)


def train(config: DictConfig, directory: Path) -> float | None:
    """Train the task of `config` in `directory`, write the results and print the path of result.json."""
    from hadronlab.runner.build import build_task, build_trainer
    from hadronlab.runner.checkpoint_io import newest_whole
    from hadronlab.runner.finish import finish
    from hadronlab.runner.report import start_table

    _quiet_libraries()
    started = time.monotonic()
    task = build_task(config)
    trainer = build_trainer(config, directory)
    about = {"system": config.system.name, "task": task.task, "model": type(task.model).__name__, "seed": config.seed}
    if not config.quiet:
        start_table({**about, **task.describe(), "run directory": str(directory)} | {"seed": str(config.seed)})
    checkpoint = newest_whole(directory / "checkpoints") if config.resume else None
    trainer.fit(task, train_dataloaders=task.steps(), ckpt_path=checkpoint, weights_only=True)
    return finish(config, task, directory, about, time.monotonic() - started)


def _quiet_libraries() -> None:
    """Lightning's advice about workers and batches does not concern a full-batch problem."""
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="pytorch_lightning")
    warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*")
