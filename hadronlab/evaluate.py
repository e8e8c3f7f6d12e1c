"""Entry point: `python -m hadronlab.evaluate RUN_DIR` recomputes observables and figures of a finished run."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from hadronlab.errors import one_line_errors


def main() -> None:
    """Rebuild the task from the run's own configuration and newest checkpoint, and write its results again."""
    parser = argparse.ArgumentParser(prog="hadronlab-evaluate", description=__doc__)
    parser.add_argument("run_directory", type=Path)
    parser.add_argument(
        "--samples", type=int, help="vmc: samples of the evaluation (more of them, smaller errors)"
    )
    options = parser.parse_args()

    with one_line_errors():
        evaluate(options.run_directory, options.samples)


def evaluate(directory: Path, samples: int | None = None) -> Path:
    """Result file of the evaluation. Raises ConfigError where `directory` is not that of a run."""
    from hadronlab.runner.finish import finish
    from hadronlab.runner.launch import quiet_libraries
    from hadronlab.runner.restore import restore

    quiet_libraries()
    config, task, about = restore(directory, samples)
    result = directory / "result.json"
    seconds = json.loads(result.read_text())["wall_seconds"] if result.exists() else 0.0
    finish(config, task, directory, about, seconds)
    return result


if __name__ == "__main__":
    main()
