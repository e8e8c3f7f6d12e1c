"""Entry point: `python -m hadronlab.evaluate RUN_DIR` recomputes observables and figures of a finished run."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

from hadronlab.errors import Arguments, ConfigError, one_line_errors


def main() -> None:
    """Rebuild the task from the run's own configuration and newest checkpoint, and write its results again."""
    parser = Arguments(
        prog="hadronlab-evaluate", description="Compute the observables and figures of a run again."
    )
    parser.add_argument("run_directory", type=Path, metavar="RUN_DIR")
    parser.add_argument(
        "--samples", type=int, help="vmc: samples of the evaluation (more of them, smaller errors)"
    )
    parser.add_argument(
        "--max-time", metavar="DD:HH:MM:SS", help="vmc: time of the evaluation (default: trainer.max_time)"
    )
    options = parser.parse_args()

    from hadronlab.config.arguments import find_classes_here

    with one_line_errors():
        find_classes_here()
        evaluate(options.run_directory, options.samples, options.max_time)


def evaluate(directory: Path, samples: int | None = None, max_time: str | None = None) -> Path:
    """Result file of the evaluation, which `max_time` bounds, or else the run's `trainer.max_time`.

    What the training said (status, time, warnings) is kept. Raises ConfigError where `directory` is not that of a run.
    """
    from hadronlab.runner.finish import finish
    from hadronlab.runner.launch import quiet_libraries
    from hadronlab.runner.restore import restore
    from hadronlab.tasks.final_evaluation import bound_by

    if samples is not None and samples < 1:
        raise ConfigError(f"--samples={samples}: give 1 or more")
    quiet_libraries()
    logging.getLogger("hadronlab").addHandler(logging.NullHandler())  # the table shows the warnings
    config, task, about = restore(directory, samples)
    bound_by(task, max_time, config.trainer.max_time)
    result = directory / "result.json"
    known: dict[str, Any] = (
        json.loads(result.read_text(encoding="utf-8")) if result.exists() else {"status": "unfinished"}
    )
    about["status"] = known.get("status", "ok")
    notes = [w for w in known.get("warnings", []) if re.match(r"step \d+: ", w)]  # those of the guards
    finish(config, task, directory, about, known.get("wall_seconds", 0.0), notes)
    return result


if __name__ == "__main__":
    main()
