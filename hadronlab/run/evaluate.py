"""Compute the observables and figures of a finished run again."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from hadronlab.errors import ConfigError
from hadronlab.run.finish import finish
from hadronlab.run.launch import quiet_libraries
from hadronlab.run.restore import restore
from hadronlab.tasks.final_evaluation import bound_by


def evaluate(
    directory: Path,
    samples: int | None = None,
    max_time: str | None = None,
    overrides: Sequence[str] = (),
    config_dir: Path | None = None,
) -> Path:
    """Result file of the evaluation, which `max_time` bounds, or else the run's `trainer.max_time`.

    overrides, config_dir: other observables than those of the run, see `with_observables`.

    What the training said (status, time, warnings) is kept. Raises ConfigError where `directory` is not that of a run.
    """
    if samples is not None and samples < 1:
        raise ConfigError(f"--samples={samples}: give 1 or more")
    quiet_libraries()
    logging.getLogger("hadronlab").addHandler(logging.NullHandler())  # the table shows the warnings
    config, task, about = restore(directory, samples, overrides, config_dir)
    OmegaConf.update(config, "figures", True, force_add=True)
    bound_by(task, max_time, config.trainer.max_time)
    result = directory / "result.json"
    known: dict[str, Any] = (
        json.loads(result.read_text(encoding="utf-8")) if result.exists() else {"status": "unfinished"}
    )
    about["status"] = known.get("status", "ok")
    notes = [w for w in known.get("warnings", []) if re.match(r"step \d+: ", w)]  # those of the guards
    finish(config, task, directory, about, known.get("wall_seconds", 0.0), notes)
    return result
