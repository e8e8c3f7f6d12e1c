"""Entry point: `python -m hadronlab.evaluate RUN_DIR` recomputes observables and figures of a finished run."""

from __future__ import annotations

from pathlib import Path

from hadronlab.cli.commands import Arguments, command


@command()
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

    from hadronlab.run.evaluate import evaluate

    evaluate(options.run_directory, options.samples, options.max_time)


if __name__ == "__main__":
    main()
